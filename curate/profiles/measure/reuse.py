"""What an older profile of the same manifests saves: rows that need not be measured again.

`measured.json`, beside the records, says of which files they are and by which code they were
measured. A file is taken as unchanged where size, times and inode are; where those differ, or are
too fresh to be trusted, its content is hashed and compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl

from curate.artifacts.base import read_artifact, write_artifact
from curate.errors import InputError
from curate.manifest.nemo_lines import NEMO
from curate.manifest.origin import Origin
from curate.manifest.path_sample import most_of_each
from curate.manifest.spool import is_local
from curate.metrics.measure import Settings
from curate.profiles.audio.depth import AUDIO_CACHE, GROUPS_OF, values_of
from curate.profiles.measure.code_version import all_code, measuring_code
from curate.profiles.measure.source import Source
from curate.profiles.measure.unchanged import is_current
from curate.profiles.statistics.counts import Counted

if TYPE_CHECKING:
    from curate.artifacts.measured import Measured, MeasuredInput

BATCH = 122_880


class ReusedRows(Protocol):
    """Rows that need not be measured again: an older profile's, or pieces measured elsewhere."""

    @property
    def sources(self) -> Mapping[str, tuple[int, Source]]:
        """For each source its first row, and what was read of it."""

    @property
    def has_verdicts(self) -> bool:
        """Whether the rows carry the verdicts that are requested."""

    @property
    def audio_caches(self) -> Sequence[Path]:
        """Tables of results of audio analysis (curate.profiles.audio.cache)."""

    def rows(self, sources: Sequence[Source]) -> Iterator[pl.DataFrame]:
        """The measured rows of these sources, one source after the other."""

    def counted(self, source: Source) -> Counted | None:
        """What was counted of a source's rows, where that is known."""

    def table(self, source: Source) -> Path | None:
        """A records table of only this source's rows, where there is one."""


@dataclass(frozen=True, slots=True)
class Old:
    """A profile to take rows from: for each source its first row, and what was read of it.

    `audio_columns` are columns that rows must have, null where the audio was not analysed.
    """

    records: Path
    sources: Mapping[str, tuple[int, Source]] = field(default_factory=dict)
    audio_columns: Mapping[str, pl.DataType] = field(default_factory=dict)
    has_verdicts: bool = False

    @property
    def audio_caches(self) -> Sequence[Path]:
        """The one beside the records."""
        return [self.records.with_name(AUDIO_CACHE)] if self.records.name else []

    def rows(self, sources: Sequence[Source]) -> Iterator[pl.DataFrame]:
        """The measured rows of unchanged sources, in order; adjacent sources in one read."""
        plan = pl.scan_parquet(self.records)
        absent = self.audio_columns.keys() - plan.collect_schema().names()
        plan = plan.with_columns(
            pl.lit(None, self.audio_columns[name]).alias(name) for name in absent
        )
        for first, end in self._stretches(sources):
            for at in range(first, end, BATCH):
                yield plan.slice(at, min(BATCH, end - at)).collect()

    def _stretches(self, sources: Sequence[Source]) -> list[tuple[int, int]]:
        """First row and end of each unbroken stretch of the older records."""
        stretches: list[tuple[int, int]] = []
        for source in sources:
            first, _ = self.sources[source.name]
            if stretches and stretches[-1][1] == first:
                first, _ = stretches.pop()
            stretches.append((first, self.sources[source.name][0] + source.rows))
        return stretches

    def counted(self, source: Source) -> None:
        """Nothing: verdicts are no part of it, but rows may have been counted with others."""

    def table(self, source: Source) -> None:
        """None: all sources are in one."""


def find_old(
    folder: Path | None, origins: Sequence[Origin], by: Sequence[str], settings: Settings
) -> Old:
    """The sources among `origins` whose rows in the profile at `folder` still hold.

    They do where all that is requested now was measured then, by the same code and settings.
    What depends on the whole input (the group `duplicates`) is counted again in any case; what is
    known of audio files is stored apart (curate.profiles.audio.cache).
    """
    if folder is None:
        return Old(Path())
    from curate.artifacts.measured import Measured

    records = folder / "records.parquet"
    try:
        measured, written = read_artifact(folder, Measured), records.stat()
        if measured.records_bytes != written.st_size or not _fits(measured, by, settings):
            return Old(records)
        by_name = {origin.name: origin for origin in origins if reusable(origin)}
        reusable_sources = {
            source.name: (first, source)
            for source, first in _reusable(measured.sources, by_name, written.st_mtime_ns)
            if _has_sample(source, len(measured.sources), len(origins))
        }
        return Old(records, reusable_sources, values_of(settings.groups))
    except (InputError, OSError):  # no profile, or one of another version
        return Old(records)


def _fits(measured: Measured, by: Sequence[str], settings: Settings) -> bool:
    """Whether all that is requested now was measured then, by the same code and settings."""
    needed = settings.groups - GROUPS_OF["vad"]  # audio is analysed again, or not at all
    return (
        needed <= set(measured.groups)
        and set(by) <= set(measured.by)
        and measured.phrases == settings_name(settings)
        and measured.measuring == measuring_code()
        and measured.audio_root == _root(settings)
    )


def _root(settings: Settings) -> str | None:
    """Where relative audio paths begin, which decides which of them mean the same file."""
    return None if settings.audio.root is None else str(settings.audio.root)


def reusable(origin: Origin) -> bool:
    """Whether all that its rows come from is one local file of lines.

    What other formats read beside it (durations, recordings, tars) is not watched: they are
    measured again each time.
    """
    return origin.format == NEMO.name and not origin.beside and is_local(origin.name)


def _reusable(
    entries: Sequence[MeasuredInput], by_name: Mapping[str, Origin], written_ns: int
) -> Iterator[tuple[Source, int]]:
    """The sources that are as they were, and the first row of each."""
    first = 0
    for entry in entries:
        source = Source.of(entry)
        same = by_name.get(source.name) == source.origin
        if same and is_current(source, entry, written_ns):
            yield source, first
        first += source.rows


def _has_sample(source: Source, inputs_then: int, inputs_now: int) -> bool:
    """Whether a source that was one of so many inputs has the audio paths that are taken of one of
    so many: a sample that may have been thinned more is taken again.
    """
    then = most_of_each(inputs_then)
    return most_of_each(inputs_now) <= then or len(source.sample.paths) <= then // 2


def settings_name(settings: Settings) -> str:
    """One name for the phrases that were looked for, the tokenizer, and the normaliser."""
    name = settings.tokenizer.name if settings.tokenizer else ""
    named = json.dumps([settings.phrases.name, name, settings.normaliser.named().as_json()])
    given = named.encode()
    return hashlib.blake2b(given, digest_size=16).hexdigest()


def write_measured(
    folder: Path, sources: Sequence[Source], by: Sequence[str], settings: Settings
) -> None:
    """Write beside the records of which files they are, and what was measured."""
    from curate.artifacts.measured import Measured

    measured = Measured(
        measuring=measuring_code(),
        all_code=all_code(),
        by=tuple(by),
        groups=tuple(sorted(settings.groups)),
        phrases=settings_name(settings),
        audio_root=_root(settings),
        records_bytes=(folder / "records.parquet").stat().st_size,
        sources=tuple(source.as_measured() for source in sources),
    )
    write_artifact(folder, measured)


def same_code(folder: Path) -> bool:
    """Whether the profile at `folder` was made by the code that runs now, all of it."""
    from curate.artifacts.measured import Measured

    try:
        return read_artifact(folder, Measured).all_code == all_code()
    except InputError:
        return False
