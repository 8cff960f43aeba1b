"""The whole command that reads Kaldi data directories: with durations that are missing, and where
the audio is.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from curate.errors.typed import OptionWords
from curate.manifest.chunks import read_head
from curate.manifest.corrections import MEASURE
from curate.manifest.headers import NO_FILE
from curate.manifest.hints.given import stem_of, whole_command
from curate.manifest.hints.nearby import are_there, placed_near
from curate.manifest.kaldi import TIMES, first_words
from curate.manifest.origin import Origin, is_command

_LOOKED_AT = 20
"""Recordings that are looked for."""
_SHOWN = 80
"""Characters of a command that are shown."""
MEASURED: OptionWords = ("--measure-duration",)
_ABOVE = 4
"""Folders above a directory in which paths of wav.scp may begin."""
_AROUND = 3
"""Folders, the directory itself among them, of which those in them are looked into too: corpora may
stand beside each other further above.
"""


def kaldi_command(root: str, named: Sequence[str]) -> str:
    """The command that reads the directories `named`, which are in the folder `root`."""
    return whole_command(named, _options(named), stem_of(str(Path(root).resolve())))


def kaldi_hint(origin: Origin, reason: str) -> str:
    """The command that reads a directory of which no line is a record for this reason, or what
    gives durations of recordings that are commands; empty where nothing is known that would help.
    """
    directory = os.path.dirname(origin.name) or "."  # noqa: PTH120 - as it is written
    if hint := _commands_hint(origin, directory):
        return hint
    options = [each for each in _options([directory]) if each != MEASURED or not _measures(origin)]
    is_missing = reason.startswith("no duration")
    if not options or not (is_missing or NO_FILE.startswith(reason)):
        return ""
    what = (
        f"{MEASURED[0]} reads durations from the audio" if is_missing else "its audio is elsewhere"
    )
    return f"{what}: {whole_command([directory], options, stem_of(os.path.realpath(directory)))}"


def _commands_hint(origin: Origin, directory: str) -> str:
    """What helps where no recording is a file whose length could be read; empty of others."""
    scripts = origin.beside.get("wav.scp", ())
    places = [place for script in scripts for _, place in first_words(script) if place.strip()]
    if not places or any(name in origin.beside for name in TIMES):
        return ""
    if not all(map(is_command, places)):
        return ""
    shown = places[0].strip()
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    makes = f"utils/data/get_reco2dur.sh {shlex.quote(directory)}"
    return (
        f"the recordings of {scripts[0]} are commands, such as {shown}, which are not run, so that "
        f"{MEASURED[0]} has no audio to read: Kaldi's own {makes} runs them and writes reco2dur, "
        "which is read then; or put paths of audio files in place of the commands"
    )


def _measures(origin: Origin) -> bool:
    return MEASURE in origin.beside


def _options(named: Sequence[str]) -> list[OptionWords]:
    """What measures missing durations, and says where the audio is."""
    directories = list(map(Path, named))
    is_timed = all(any((each / name).is_file() for name in TIMES) for each in directories)
    place = next((place for each in directories if (place := _place(each))), None)
    return [*([] if is_timed else [MEASURED]), *([] if place is None else [place])]


def _place(directory: Path) -> OptionWords | None:
    """The option that says where the audio of a directory is; None where it is found without, and
    where it is in no folder around.
    """
    lines = read_head(str(directory / "wav.scp")).decode(errors="replace").split("\n")[:_LOOKED_AT]
    given = [words[1].strip() for line in lines if len(words := line.split(None, 1)) == 2]
    paths = [each for each in given if not is_command(each)]
    if not paths or are_there(paths, str(directory)):
        return None
    relative = [each for each in paths if not Path(each).is_absolute()]
    around = [directory.absolute(), *directory.absolute().parents][: _ABOVE + 1]
    for above in around:
        if any((above / each).is_file() for each in relative):
            return "--audio-root", _as_typed(above, directory)
    for above in around[:_AROUND]:
        folder = _as_typed(above, directory)
        if (near := placed_near(paths, folder)) is not None:
            return near
    return None


def _as_typed(folder: Path, directory: Path) -> str:
    """A folder above a directory, from the working folder where the directory is named so."""
    if directory.is_absolute() or not folder.is_relative_to(Path.cwd()):
        return str(folder)
    return str(folder.relative_to(Path.cwd()))
