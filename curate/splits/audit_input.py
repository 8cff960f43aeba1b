"""One side of an audit: manifests, a split of a split directory, or a benchmark's texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from curate.artifacts.base import read_artifact
from curate.artifacts.columns import (
    AUDIO_CHANNEL,
    AUDIO_KEY,
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LANG,
    LINE,
    MALFORMED,
    OFFSET_S,
    RECORDING_KEY,
    SOURCE,
    SPEAKER,
)
from curate.artifacts.frames import Clips, Spans
from curate.artifacts.split import Split
from curate.errors import ConfigError, Fault, InputError, parameter, raise_all
from curate.manifest.audio_files import Bases, bases_of
from curate.manifest.mapping import ReadOptions
from curate.manifest.origin import Origin
from curate.manifest.read import find_sources, read_manifest
from curate.rules.routes import UNUSED
from curate.splits.lock import BORDERLINE_COPY, HELD_OUT
from curate.splits.near_duplicates import Work
from curate.splits.written_manifests import Drawn

COMPARED = (
    SOURCE, LINE, BYTE_OFFSET, BYTE_LENGTH, MALFORMED, AUDIO_KEY, RECORDING_KEY, SPEAKER, LANG,
    AUDIO_CHANNEL, OFFSET_S, DURATION_US,
)  # fmt: skip
MOST_SIDES = 32


@dataclass(frozen=True, slots=True)
class Dataset:
    """One side of an audit: manifests, or (`lines`) a list of texts, one a line.

    `against`: a benchmark, of which only texts count. `drawn`: of what a split wrote, where the
    audio paths of its lines begin. `audio_root`: where those of manifests do, if not at their
    folders.
    """

    name: str
    sources: Sequence[Origin]
    lines: Path | None = None
    against: bool = False
    drawn: Drawn | None = None
    audio_root: Path | None = None

    def frames(self, work: Work, fields: Sequence[str]) -> Iterator[pl.DataFrame]:
        """`work` over the side's rows (with these columns) and their texts, in order."""

        def of_clips(clips: Clips) -> pl.DataFrame:
            return work(clips.frame, clips.texts)

        if self.lines is not None:
            yield work(*_of_lines(self.lines, fields))
        for source in self.sources:
            for piece in read_manifest(source, of_clips, fields, root=self.audio_root):
                yield piece.frame

    def bases_at(self, rows: pl.DataFrame) -> Callable[[int], Bases]:
        """Where the relative audio path of each of the side's rows begins, by its number."""
        if self.drawn is not None and self.drawn.is_of(rows):
            drawn = self.drawn
            return lambda row: drawn.bases[drawn.of[row]]
        bases = {source.name: bases_of(source, self.audio_root) for source in self.sources}
        sources = rows[SOURCE.name]
        return lambda row: bases[sources[row]]


def find_sides(names: Sequence[str], against: Sequence[str], reading: ReadOptions) -> list[Dataset]:
    """The sides named: each argument one, a split directory one for each of its splits.

    Raises InputError with every name that cannot be read, ConfigError where there is nothing to
    compare.
    """
    sides = [side for name in names for side in _manifests(name, reading)]
    sides += [_benchmark(name, reading) for name in against]
    if len(sides) < 2:
        only_side = "".join(f": {side.name} is the only dataset with records" for side in sides)
        raise ConfigError.of(
            "curate audit", f"needs two datasets to compare{only_side}",
            f"name two manifests, a split directory, or a benchmark with {parameter('against')}",
        )  # fmt: skip
    if len(sides) > MOST_SIDES:
        raise ConfigError.of("curate audit", f"compares up to {MOST_SIDES} datasets", "name fewer")
    return _with_distinct_names(sides)


def _manifests(name: str, reading: ReadOptions) -> list[Dataset]:
    if not (Path(name) / Split.file).is_file():
        drawn = Drawn.read(Path(name))
        return [Dataset(name, find_sources([name], reading), None, False, drawn, reading.root)]
    outputs = read_artifact(Path(name), Split).outputs
    apart = {*UNUSED, HELD_OUT, BORDERLINE_COPY}
    files = [Path(name) / each.file for each in outputs if each.name not in apart]
    return [
        Dataset(str(path), find_sources([str(path)]), drawn=Drawn.read(path))
        for path in files
        if path.stat().st_size
    ]


def _benchmark(name: str, reading: ReadOptions) -> Dataset:
    path = Path(name)
    if reading.format is None and path.suffix == ".txt" and path.is_file():
        return Dataset(name, [], path, True)
    return Dataset(name, find_sources([name], reading), None, True)


def _with_distinct_names(sides: Sequence[Dataset]) -> list[Dataset]:
    """Sides by the shortest names that tell them apart."""
    short = [Path(side.name).name for side in sides]
    names = short if len(set(short)) == len(short) else [side.name for side in sides]
    again = sorted({name for name in names if names.count(name) > 1})
    raise_all(ConfigError, [Fault(name, "is named twice", "name it once") for name in again])
    return [replace(side, name=name) for name, side in zip(names, sides, strict=True)]


def _of_lines(path: Path, fields: Sequence[str]) -> tuple[pl.DataFrame, Spans]:
    """A list of texts as rows without audio."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.of(path, f"is not a list of texts: {error}", "write UTF-8") from None
    texts = [line.rstrip("\r") for line in lines]
    used_numbers = [number for number, text in enumerate(texts) if text.strip()]
    frame = pl.DataFrame(
        {SOURCE.name: [str(path)] * len(used_numbers), LINE.name: [k + 1 for k in used_numbers]}
    )
    absent = [column for column in COMPARED if column not in (SOURCE, LINE)]
    nothing = [column.name for column in absent]
    columns = {column.name: column.dtype for column in absent}
    return frame.with_columns(
        *(pl.lit(None, columns.get(name, pl.String())).alias(name) for name in (*nothing, *fields))
    ), Spans.of([texts[number] for number in used_numbers])
