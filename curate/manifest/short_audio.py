"""A warning where audio files are shorter than the records that name them state, by a sample.

The files are those that are looked for on disk; of those that exist, the headers are read.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from curate.formatting.units import first_and_more, plural
from curate.manifest.absent_audio import SampledAudio
from curate.manifest.audio_files import bases_of
from curate.manifest.corrections import audio_place
from curate.manifest.mapping import PATTERN, fields_of
from curate.manifest.mp4_length import stated_seconds
from curate.manifest.origin import Origin
from curate.manifest.overruns import OVERRUN_S
from curate.manifest.path_sample import PathSample


class StatedLengths(NamedTuple):
    """Audio files of an input whose headers were read: how many are `known`, and the `short` ones
    with where their records end and how long they are, in seconds. `column` is that which the
    mapping reads as duration.
    """

    source: str
    known: int = 0
    short: Sequence[tuple[str, float, float]] = ()
    column: str | None = None

    @classmethod
    def of(
        cls, origin: Origin, sample: PathSample, looked_for: SampledAudio, root: Path | None
    ) -> Self:
        """Read the headers of the files that were looked for and exist; without one that can be
        read, a file counts for nothing. `root` is where relative paths begin, if named.
        """
        if not sample.ends:
            return cls(origin.name)
        ends: dict[str, float] = {}
        for path, end in zip(sample.paths, sample.ends, strict=True):
            ends[path] = max(end, ends.get(path, 0.0))
        bases = bases_of(origin, root)
        measured = stated_seconds([audio_place(path, bases) for path in looked_for.present])
        known = [
            (path, ends[path], seconds)
            for path, seconds in zip(looked_for.present, measured, strict=True)
            if seconds is not None
        ]
        short = [each for each in known if each[1] > each[2] + OVERRUN_S]
        column = fields_of(origin).get("duration")
        is_column = column is not None and not column.startswith(PATTERN)
        return cls(origin.name, len(known), short, column if is_column else None)


def short_audio_warnings(stated: Iterable[StatedLengths], rejecting: str) -> list[str]:
    """The warning about inputs with audio that is shorter than stated; none where there are none.
    `rejecting` is the command that rejects such records.
    """
    affected = [each for each in stated if each.short]
    if not affected:
        return []
    first = first_and_more([each.source for each in affected], "input")
    short = [file for each in affected for file in each.short]
    verb = "is" if len(short) == 1 else "are"
    files = plural(sum(each.known for each in affected), "audio file")
    name, end, length = short[0]
    lacking = sum(end - length for _, end, length in short)
    what = (
        f"{len(short):,} of {files} examined {verb} shorter than stated, such as {name} "
        f"({end:.10g} s stated, {length:.10g} s in the file), {lacking:.3g} s in all"
    )
    hint = f"{rejecting} rejects such records"
    column = next((each.column for each in affected if each.column is not None), None)
    if column is not None:
        mapping = shlex.join(["--map", f"duration={column}"])
        hint = f"--measure-duration in place of {mapping} takes the lengths of the files, or {hint}"
    return [f"{first}: {what}; {hint}"]
