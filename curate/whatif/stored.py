"""A profile as it is stored: its records, how its manifests are read again, and single records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LANG,
    LINE,
    SOURCE,
    SPEAKER,
)
from curate.artifacts.profile import Profile
from curate.artifacts.records import MeasuredRecord
from curate.errors import ConfigError, CurateError, Fault, InputError, raise_all
from curate.metrics import groups_of
from curate.profiles.examples.excerpts import audio_filepath_of, shown_texts
from curate.profiles.opened import MAKE, RECORDS, open_profile, origins_of, records_of
from curate.profiles.records_table import ROW_GROUP
from curate.profiles.whole_input.conventions import exempted
from curate.rules.evaluate.groups import column_of
from curate.rules.file import RuleSet

_FIELDS = (SOURCE, LINE, BYTE_OFFSET, BYTE_LENGTH, DURATION_US, LANG, SPEAKER)


@dataclass(frozen=True, slots=True)
class Stored:
    """A profile directory that is open: its records, and profile.json."""

    folder: Path
    profile: Profile

    @property
    def records(self) -> Path:
        """One row per line of the manifests."""
        return self.folder / "records.parquet"

    def columns(self) -> Mapping[str, pl.DataType]:
        """The columns of the records with their types."""
        return pl.scan_parquet(self.records).collect_schema()

    def adapted(self, rules: RuleSet) -> RuleSet:
        """The rules as the profile's records can trigger them."""
        present = rules.of_languages(self.profile.languages)
        return exempted(present, self.profile.conventions)


class Example(NamedTuple):
    """A record to show: its row number, the metric that it is shown for, its verdict."""

    row: int
    metric: str
    verdict: str


def open_stored(folder: Path, *rule_sets: RuleSet) -> Stored:
    """The profile, if it has all that these rules need.

    InputError where `folder` is not a profile, ConfigError with every metric that is missing and
    the
    command that measures it.
    """
    stored = Stored(folder, open_profile(folder))
    try:
        present = stored.columns()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError.of(folder, f"holds no readable {RECORDS}: {error}", MAKE) from None
    faults = [
        Fault(
            rules.path,
            f"needs {', '.join(missing)}, which {folder} was made without",
            f"measure it: {_measuring(stored, missing)}",
        )
        for rules in rule_sets
        if (missing := [name for name in _needed(rules) if name not in present])
    ]
    raise_all(ConfigError, faults)
    return stored


def _needed(rules: RuleSet) -> list[str]:
    """The columns that the rules need, those for groups too."""
    return list(dict.fromkeys((*rules.measured, *(column_of(rule) for rule in rules.groups))))


def _measuring(stored: Stored, missing: Sequence[str]) -> str:
    """The command that makes the profile again with what is missing."""
    sources = " ".join(entry.source for entry in stored.profile.inputs)
    groups = sorted(groups_of(missing))
    with_ = f" --metrics {','.join(groups)}" if groups else ""
    return f"curate profile {sources}{with_} --out {stored.folder}"


def examples(
    stored: Stored, chosen: Sequence[Example]
) -> tuple[Mapping[Example, MeasuredRecord], list[str]]:
    """The records as people read them, and a warning where their manifest cannot be read."""
    metrics = sorted({one.metric for one in chosen})
    plan = pl.scan_parquet(stored.records)
    plan = plan.select(*dict.fromkeys((*(column.name for column in _FIELDS), *metrics)))
    rows = {
        row["_row"]: row
        for first, numbers in _by_row_group(one.row for one in chosen)
        for row in plan.slice(first, ROW_GROUP)
        .collect()
        .with_row_index("_row", first)[[number - first for number in numbers]]
        .iter_rows(named=True)
    }
    texts, warnings = records_at(stored, list(rows.values()))
    return {one: _shown(one, rows[one.row], texts) for one in chosen}, warnings


def _by_row_group(numbers: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
    """The first row of each group of rows as stored in which some of these lie; and those."""
    for group, some in groupby(sorted(set(numbers)), lambda number: number // ROW_GROUP):
        yield group * ROW_GROUP, list(some)


def records_at(
    stored: Stored, rows: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[int, Mapping[str, object]], list[str]]:
    """The original record of each row, by row number; those of a lost manifest are left out."""
    origins = origins_of(stored.profile)
    records: dict[int, Mapping[str, object]] = {}
    warnings = []
    for source in dict.fromkeys(row[SOURCE.name] for row in rows):
        here = [row for row in rows if row[SOURCE.name] == source]
        try:
            read = records_of(
                [tuple(row[column.name] for column in _FIELDS) for row in here], origins
            )
        except (CurateError, OSError) as error:
            warnings.append(f"texts are not shown: {error}".split("\n")[0])
            continue
        for row in here:
            place = (row[BYTE_OFFSET.name], row[BYTE_LENGTH.name])
            records[row["_row"]] = read[source, place]
    return records, warnings


def _shown(
    one: Example, row: Mapping[str, Any], texts: Mapping[int, Mapping[str, object]]
) -> MeasuredRecord:
    record = texts.get(one.row)
    excerpt = None if record is None else shown_texts(record, {one.metric})
    return MeasuredRecord(
        id=f"{row[SOURCE.name]}:{row[LINE.name]}",
        text=excerpt.text if excerpt else None,
        marks=excerpt.marks if excerpt else (),
        pred_text=excerpt.pred_text if excerpt else None,
        duration_s=row[DURATION_US.name] / 1e6,
        lang=row[LANG.name],
        speaker=row[SPEAKER.name],
        audio_filepath=audio_filepath_of(record or {}),
        value=row[one.metric],
        verdict=one.verdict,
    )
