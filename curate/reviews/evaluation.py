"""An evaluation beside a profile's records: what a model made of each, and its error rates.

A prediction names the record it is of by the id that curation wrote beside it, and has its duration
or its text; one without an id is joined by its audio segment, duration and text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from curate.artifacts.columns import AUDIO_KEY, DURATION_US, MALFORMED, TEXT_KEY, record_id
from curate.errors import Fault, InputError, raise_all
from curate.errors.nearest import lacking, unreadable
from curate.evidence.joined import PREDICTIONS
from curate.evidence.same_record import SCHEMA, same, stated
from curate.formatting.units import plural
from curate.profiles.opened import RECORDS, Json
from curate.rules.overrides import contents_of
from curate.rules.overrides.identity import contents

RATES = ("wer", "cer")
"""The error rates of each prediction, which replace the metrics of these names."""
_HINT = "name an output of `train eval`"
_MOST_FAULTS = 20


@dataclass(frozen=True)
class Evaluation:
    """The predictions of one evaluation that are of records of a profile.

    `hypotheses` and `rates` are by row of the profile; a rate is null where the row has no
    prediction or its text no word. `unmatched` predictions are of no record of the profile;
    `unscored` rows of the evaluation have no prediction.
    """

    path: Path
    hypotheses: Mapping[int, str]
    rates: Mapping[str, pl.Series]
    unmatched: int
    unscored: int

    def words(self) -> str:
        """How much of it is of the profile, in a sentence."""
        return (
            f"evaluation {self.path}: "
            f"{plural(len(self.hypotheses), 'record', 'has/have')} a prediction, "
            f"{plural(self.unmatched, 'prediction', 'is/are')} of no record of this profile, "
            f"{plural(self.unscored, 'row', 'has/have')} no prediction"
        )

    def as_json(self) -> Json:
        """What the page shows of it."""
        return {"path": str(self.path), "words": self.words()}


def read_evaluation(path: Path, profile: Path) -> Evaluation:
    """The evaluation in a directory, joined to a profile. InputError for what is none, with its
    faults, and where none of its predictions is of a record of the profile.
    """
    predictions, unscored = _read(path)
    records = pl.scan_parquet(profile / RECORDS)
    rows = _by_id(records, predictions) + _by_content(records, predictions)
    if not rows:
        what = f"none of its predictions is of a record of {profile}"
        raise InputError.of(path, what, "evaluate manifests of this profile, or of a split of it")
    hypotheses = {row: str(predictions[at]["pred_text"]) for row, at in rows}
    height = int(records.select(pl.len()).collect().item())
    rates = {name: _rates(name, height, rows, predictions) for name in RATES}
    unmatched = len(predictions) - len({at for _, at in rows})
    return Evaluation(path, hypotheses, rates, unmatched, unscored)


Joined = list[tuple[int, int]]
"""Rows of the profile, each with the number of its prediction."""


def _rates(name: str, height: int, rows: Joined, predictions: list[dict[str, Any]]) -> pl.Series:
    known = pl.DataFrame(
        [(row, predictions[at].get(name)) for row, at in dict(rows).items()],
        schema={"row": pl.Int64(), name: pl.Float64()},
        orient="row",
    )
    every = pl.DataFrame({"row": pl.int_range(height, eager=True)})
    return every.join(known, on="row", how="left", maintain_order="left")[name]


def _by_id(records: pl.LazyFrame, predictions: list[dict[str, Any]]) -> Joined:
    named = [
        (name, at, *stated(row))
        for at, row in enumerate(predictions)
        for name in [_id(row)]
        if name is not None
    ]
    if not named:
        return []
    schema = {"id": pl.String(), "at": pl.Int64(), **SCHEMA}
    ids = pl.DataFrame(named, schema=schema, orient="row")
    known = records.select(record_id(), DURATION_US.name, TEXT_KEY.name).with_row_index("row")
    joined = known.join(ids.lazy(), on="id", how="inner").sort("row", "at").collect()
    return list(joined.filter(same(joined)).select("row", "at").iter_rows())


def _by_content(records: pl.LazyFrame, predictions: list[dict[str, Any]]) -> Joined:
    unnamed = [at for at, row in enumerate(predictions) if _id(row) is None]
    if not unnamed:
        return []
    given = contents_of([predictions[at] for at in unnamed])
    named = {int(each, 16): at for each, at in zip(given, unnamed, strict=True) if each}
    columns = (AUDIO_KEY, TEXT_KEY, DURATION_US, MALFORMED)
    known = contents(records.select(each.name for each in columns).collect())
    matches = pl.Series(known).is_in(pl.Series(list(named), dtype=pl.UInt64).implode())
    return [(int(row), named[int(known[row])]) for row in matches.arg_true() if known[row]]


def _id(row: Mapping[str, Any]) -> str | None:
    note = row.get("_curate")
    given = note.get("id") if isinstance(note, dict) else None
    return given if isinstance(given, str) else None


def _read(evaluation: Path) -> tuple[list[dict[str, Any]], int]:
    """The rows that have a prediction, and how many have none."""
    path = evaluation / PREDICTIONS
    if not path.is_file():
        raise InputError(lacking(evaluation, PREDICTIONS, _HINT))
    try:
        rows = list(_rows(path))
    except OSError as error:
        raise InputError(unreadable(path, error, _HINT)) from None
    faults = (row for row in rows if isinstance(row, Fault))
    raise_all(InputError, list(islice(faults, _MOST_FAULTS)))
    scored = [row for row in rows if not isinstance(row, Fault) and row["pred_text"] is not None]
    return scored, len(rows) - len(scored)


def _rows(path: Path) -> Iterator[dict[str, Any] | Fault]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                _check(row)
                yield row
            except (ValueError, TypeError, KeyError, RecursionError):
                what = "is not a prediction: pred_text, wer and cer"
                yield Fault(f"{path}:{number}", what, _HINT)


def _check(row: dict[str, Any]) -> None:
    """ValueError, TypeError or KeyError for what is no prediction."""
    text = row["pred_text"]
    if text is not None and not isinstance(text, str):
        raise TypeError("no text")
    for name in RATES:
        if row[name] is not None and not (math.isfinite(row[name]) and row[name] >= 0):
            raise ValueError("no rate")
