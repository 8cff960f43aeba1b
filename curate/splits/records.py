"""The records of a profile as a split reads them: what every step needs at once, texts as codes,
and the other columns when they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
import polars.selectors as cs

from curate.artifacts.columns import (
    AUDIO_CHANNEL,
    AUDIO_KEY,
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LANG,
    MALFORMED,
    NORMAL_KEY,
    OFFSET_S,
    RECORDING_KEY,
    SOURCE,
    SPEAKER,
    TEXT_KEY,
    VERDICT,
    VERDICT_TYPE,
)
from curate.errors import ConfigError, Fault, InputError, parameter, raise_all
from curate.errors.nearest import lacking, suggest
from curate.profiles.rows import scan, schema
from curate.splits.codes import CODED
from curate.splits.coverage import SESSIONS
from curate.splits.line_edits import UNRATED
from curate.splits.request import SplitRequest
from curate.splits.strata import GENDER
from curate.text.ids import SPEAKER_FIELDS

_NEEDED = (
    *(
        column.name
        for column in (
            SOURCE, BYTE_OFFSET, BYTE_LENGTH, MALFORMED, AUDIO_KEY, RECORDING_KEY,
            AUDIO_CHANNEL, TEXT_KEY, NORMAL_KEY, LANG, OFFSET_S, DURATION_US, VERDICT,
        )
    ),
    "char_rate",
    "chars",
    "words",
    "word_len",
    UNRATED.name,
)  # fmt: skip
_OWN = frozenset({"split", "route", "group", "us", "known", "rows", "stratum"})
"""Columns that are added to the records while they are split."""
FEW_SOURCES = 32
"""Up to so many manifests, each is a stratum of its own, unless the strata are named."""
_PART: Final = 1 << 19
"""Rows of columns that are read a part at a time."""


@dataclass(frozen=True, slots=True)
class StoredRecords:
    """records.parquet of a profile: its columns are read when they are needed."""

    path: Path

    @classmethod
    def of(cls, profile: Path) -> StoredRecords:
        """InputError where the directory is no profile."""
        path = profile / "records.parquet"
        if not path.is_file():
            raise InputError(lacking(profile, "records.parquet", "run curate profile first"))
        return cls(path)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._schema)

    @property
    def _schema(self) -> Mapping[str, pl.DataType]:
        return schema(self.path)

    def scan(self) -> pl.LazyFrame:
        """All columns; nothing is read but of a small table in `rows_in_memory`. An earlier
        release's profile knows fewer verdicts.
        """
        plan = scan(self.path)
        is_current = self._schema[VERDICT.name] == VERDICT_TYPE
        return plan if is_current else plan.with_columns(VERDICT.expr.cast(VERDICT_TYPE))

    def read(self, names: Sequence[str]) -> pl.DataFrame:
        """These columns, row for row."""
        return self.scan().select(names).collect()

    def count(self, name: str) -> int:
        """How many rows have a value in a column."""
        return int(self.scan().select(pl.col(name).count()).collect().item())

    def parts(self, names: Sequence[str], rows: int) -> Iterator[tuple[int, pl.DataFrame]]:
        """These columns some rows at a time, and the number of each part's first row."""
        plan = self.scan().select(names)
        for first in range(0, rows, _PART):
            yield first, plan.slice(first, _PART).collect()

    def read_coded(self, names: Sequence[str]) -> pl.DataFrame:
        """These columns, texts as codes (see `curate.splits.codes`)."""
        plan = self.scan().select(names).with_columns(cs.string().cast(CODED))
        rows = plan.collect(engine="streaming")
        for name in names:  # one after the other: both forms of all would be twice as much
            rows = rows.with_columns(rows[name].rechunk())
        return rows


def read_records(
    stored: StoredRecords, request: SplitRequest, input_fields: Sequence[str], by_source: bool
) -> tuple[pl.DataFrame, list[str], list[str]]:
    """The columns that splitting needs, and the columns of strata and groups.

    `input_fields` are the fields that the profile keeps of its manifests because the user
    requested them; `by_source`: whether a few manifests are strata of their own.
    """
    present = stored.columns
    _refuse_absent({"by": request.by, "group": request.group}, present, input_fields)
    groups = list(request.group) or [
        SPEAKER.name,
        *_filled(stored, [c for c in SESSIONS if c in present]),
    ]
    optional = [GENDER] if GENDER in present else []
    people = [name for name in SPEAKER_FIELDS if name in present and SPEAKER.name in groups]
    columns = [*_NEEDED, *request.by, *groups, *people, *optional]
    absent = [name for name in columns if name not in present]
    if absent:
        raise InputError.of(stored.path, f"has no column {absent[0]!r}", "profile again")
    rows = stored.read_coded(list(dict.fromkeys(columns)))
    few = by_source and 1 < rows[SOURCE.name].n_unique() <= FEW_SOURCES
    strata = list(request.by) or [LANG.name, *([SOURCE.name] if few else [])]
    return rows, strata, groups


def _refuse_absent(
    named: Mapping[str, Sequence[str]], present: Sequence[str], input_fields: Sequence[str]
) -> None:
    known = {"lang", *SPEAKER_FIELDS, "source", *SESSIONS, GENDER, *input_fields}
    faults = [
        Fault(
            parameter(field),
            f"the profile has no column {name!r}",
            f"{suggest(name, [each for each in present if each in known])}; or profile with "
            f"{parameter('by')} {name}, if the manifest has that field",
        )
        for field, names in named.items()
        for name in dict.fromkeys(names)
        if name not in present
    ]
    faults += [
        Fault(
            parameter(field),
            f"{name!r} is a name of the split's own columns",
            "give the field another name in the manifests, and profile them again",
        )
        for field, names in named.items()
        for name in dict.fromkeys(names)
        if name in _OWN
    ]
    raise_all(ConfigError, faults)


def _filled(stored: StoredRecords, columns: Sequence[str]) -> list[str]:
    return [name for name in columns if stored.count(name)]
