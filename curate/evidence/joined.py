"""Predictions joined to the records that they are of: errors beside metrics, verdicts, tags."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.arrays import Floats, Int64s
from curate.artifacts.columns import (
    DURATION_US,
    LANG,
    RECORDING_KEY,
    SPEAKER,
    TAGS,
    TEXT_KEY,
    VERDICT,
    record_id,
)
from curate.errors import Fault, InputError, raise_all
from curate.errors.nearest import lacking
from curate.evidence.same_record import SCHEMA, same, stated
from curate.rules.file import RuleSet
from curate.statistics.bootstrap import FEWEST, Bootstrap, Clusters

PREDICTIONS = "predictions.jsonl"
EDGES_S = (2.0, 5.0, 10.0, 20.0)
"""Duration classes within which tagged rows are held against clean ones."""


@dataclass(frozen=True)
class ScoredRows:
    """Rows with their errors; `unmatched` predictions are of no record of the profile."""

    frame: pl.DataFrame
    unmatched: int

    @cached_property
    def words(self) -> Floats:
        """Words of each reference."""
        return self.frame["ref_words"].cast(pl.Float64).to_numpy()

    @cached_property
    def errors(self) -> Floats:
        """Word errors of each row."""
        return self.frame["word_errors"].cast(pl.Float64).to_numpy()

    @cached_property
    def stratum(self) -> Int64s:
        """The number of each row's language and duration class."""
        bins = np.searchsorted(EDGES_S, self.frame[DURATION_US.name].to_numpy() / 1e6)
        langs = self.frame[LANG.name].rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
        strata: Int64s = langs * (len(EDGES_S) + 1) + bins
        return strata

    @cached_property
    def clean(self) -> Int64s:
        """The rows in which no rule triggered."""
        clean = self.frame[VERDICT.name].cast(pl.String).eq("clean")
        row_numbers: Int64s = clean.arg_true().to_numpy()
        return row_numbers

    def tagged(self, tag: str) -> Int64s:
        """The rows with this tag and no other: no other rule triggered."""
        is_only_tag = pl.col(TAGS.name).list.len() == 1
        bears = pl.col(TAGS.name).list.contains(tag)
        row_numbers: Int64s = (
            self.frame.select(is_only_tag & bears).to_series().arg_true().to_numpy()
        )
        return row_numbers

    @cached_property
    def bootstrap(self) -> Bootstrap:
        """Draws of speakers, or of recordings where too few speakers are known."""
        recordings = [f"recording {key}" for key in self.frame[RECORDING_KEY.name]]
        speakers = zip(self.frame[SPEAKER.name], recordings, strict=True)
        named = [other if name is None else f"speaker {name}" for name, other in speakers]
        clusters = Clusters.named("speaker", named)
        return Bootstrap(
            clusters if clusters.count >= FEWEST else Clusters.named("row", recordings)
        )


def join(evaluation: Path, profile: Path, rules: RuleSet) -> ScoredRows:
    """The scored rows of an evaluation that are records of the profile."""
    scored = pl.DataFrame(
        list(_scored(evaluation / PREDICTIONS)),
        schema={"id": pl.String(), "word_errors": pl.Int64(), "ref_words": pl.Int64(), **SCHEMA},
        orient="row",
    )
    records = pl.scan_parquet(profile / "records.parquet")
    present = records.collect_schema().names()
    metric_names = dict.fromkeys(name for rule in rules.rules for name in (rule.metric,) if name)
    needed = (DURATION_US, LANG, SPEAKER, RECORDING_KEY, VERDICT, TAGS, TEXT_KEY)
    names = dict.fromkeys([*(column.name for column in needed), *metric_names])
    scored_rows = (
        records.select(record_id(), *(name for name in names if name in present))
        .join(scored.lazy(), on="id", how="inner")
        .sort("id")
        .collect()
    )
    scored_rows = scored_rows.filter(same(scored_rows)).drop(*SCHEMA)
    if not scored_rows.height:
        what = f"none of its predictions is of a record of {profile}"
        raise InputError.of(evaluation, what, "evaluate the manifests that came of this profile")
    return ScoredRows(scored_rows, scored.height - scored_rows.height)


def _scored(path: Path) -> Iterator[tuple[str, int, int, int | None, int | None]]:
    """Id, word errors, reference words, duration and key of the text of each row that has a
    prediction.
    """
    hint = "write it with `train eval` on manifests that `curate shard` wrote"
    if not path.is_file():
        raise InputError(lacking(path.parent, PREDICTIONS, hint))
    faults: list[Fault] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            row = _read(line)
            counts = _counts(row)
            if counts is None:
                faults.append(
                    Fault(f"{path}:{number}", "is not a prediction with its counts", hint)
                )
            elif row.get("pred_text") is not None:
                yield *counts, *stated(row)
    raise_all(InputError, faults[:20])


def predictions_of(evaluation: Path, ids: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
    """The predictions of these records, as they are; `join` has shown that they are such."""
    predictions = {}
    with (evaluation / PREDICTIONS).open("rb") as file:
        for line in file:
            row = _read(line)
            counts = _counts(row)
            if counts is not None and counts[0] in ids and row.get("pred_text") is not None:
                predictions[counts[0]] = row
    return predictions


def _read(line: bytes) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _counts(row: Mapping[str, Any]) -> tuple[str, int, int] | None:
    note = row.get("_curate")
    named = note.get("id") if isinstance(note, dict) else None
    counts: Sequence[Any] = (row.get("word_errors"), row.get("ref_words"))
    if row.get("pred_text") is None and isinstance(named, str):
        return named, 0, 0
    if isinstance(named, str) and all(isinstance(each, int) for each in counts):
        return named, counts[0], counts[1]
    return None
