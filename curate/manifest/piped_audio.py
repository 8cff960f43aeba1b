"""Recordings of Kaldi directories that are commands (`sox a.sph -t wav - |`): none is ever run, so
that nothing reads their audio.
"""

from __future__ import annotations

from collections.abc import Iterable

from curate.formatting.units import plural
from curate.manifest.kaldi import FORMAT, first_words
from curate.manifest.origin import Origin, command_of, is_command
from curate.manifest.spool import is_local

_SHOWN = 80
"""Characters of a command that are shown."""


def piped_warnings(origins: Iterable[Origin]) -> list[str]:
    """A warning for each Kaldi directory with recordings that are commands, and what to do."""
    warnings = []
    for origin in origins:
        if origin.format != FORMAT or "wav.scp" not in origin.beside or not is_local(origin.name):
            continue
        (script,) = origin.beside["wav.scp"]
        piped = [(key, place) for key, place in first_words(script) if is_command(place)]
        if piped:
            recording, command = piped[0]
            shown = command if len(command) <= _SHOWN else f"{command[:_SHOWN]}..."
            warnings.append(
                f"{script}: {plural(len(piped), 'recording', 'is a command/are commands')}, "
                f"such as {recording} ({shown.strip()}): none is run here, and the path of their "
                f"records, {command_of(recording)}, leads to no file; run each once with its "
                f"output in a file (COMMAND > DIR/{recording}.wav), and name that in wav.scp"
            )
    return warnings
