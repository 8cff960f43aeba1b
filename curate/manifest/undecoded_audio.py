"""A warning about audio that NeMo reads by ffmpeg, and that can be neither analysed nor stored."""

from __future__ import annotations

from collections.abc import Sequence

from curate.formatting.units import plural
from curate.manifest.origin import Origin
from curate.manifest.strict import parse_line
from curate.nemo.ffmpeg_kinds import CONVERT, SUFFIXES


def undecoded_audio(origin: Origin, lines: Sequence[bytes]) -> str | None:
    """The warning about NeMo lines of an input that name such audio, by its suffix; None of others.

    No file is opened.
    """
    names = (str(parse_line(line)["audio_filepath"]) for line in lines)
    undecoded = list(dict.fromkeys(name for name in names if name.lower().endswith(SUFFIXES)))
    if not undecoded:
        return None
    what = f"{plural(len(undecoded), 'audio file')} of a kind that only ffmpeg reads"
    effect = "it is not analysed, and curate shard leaves it out"
    return f"{origin.name}: {what} ({undecoded[0]}): {effect}; {CONVERT}"
