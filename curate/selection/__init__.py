"""`curate select`: hours to train on by a score, or toward a target, beside random hours that a
claim is tested by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from curate.arrays import Bools, Floats, Int64s, UInt64s
from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LANG,
    MALFORMED,
    SOURCE,
    VERDICT,
)
from curate.artifacts.profile import Input, Profile
from curate.artifacts.selection import Choice, SelectedStratum, Selection, SelectionTarget
from curate.environment.versions import versions
from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.errors.nearest import suggest
from curate.formatting.units import US_PER_HOUR
from curate.profiles.named import hours
from curate.rules.routes import POOL, ROUTES, TRAIN
from curate.selection.choose import choose
from curate.selection.toward import score_toward
from curate.splits.line_edits import FIX_NAMES, UNRATED
from curate.splits.records import StoredRecords
from curate.splits.write import write_lines
from curate.statistics.splitmix import GOLDEN, splitmix64

SELECTED, RANDOM = "selected", "random"
LIBRARIES = ("asr-curate", "polars", "numpy")
OUTPUT_FILES = frozenset({f"{SELECTED}.jsonl", f"{RANDOM}.jsonl", Selection.file})
_ROW, _SCORE, _STRATUM = "(row)", "(score)", "(stratum)"
"""The numbers of a row and of its stratum, and its score, under names that no field of a manifest
has.
"""
SIMILARITY = "target_similarity"
"""The name of the score by which a target is selected toward."""
Best = Literal["highest", "lowest"]


@dataclass(frozen=True, slots=True)
class SelectRequest:
    """How many hours, by which end of which metric; each stratum gives its share of them.

    `toward`: a manifest, by the likeness of texts to which (SIMILARITY) is chosen instead.
    """

    hours: float
    metric: str
    best: Best
    by: tuple[str, ...] = ()
    seed: int = 0
    toward: str = ""


def select_records(profile: Path, folder: Path, request: SelectRequest, command: str) -> Selection:
    """Write selected.jsonl, random.jsonl and select.json into `folder` (which exists).

    Usable are the rows that a split may train on: clean, borderline, unknown. Raises ConfigError
    where the metric or a column of strata is not in the profile, or no usable row has the metric;
    InputError where the manifests are no longer those profiled.
    """
    facts, stored = read_artifact(profile, Profile), StoredRecords.of(profile)
    by = _checked(request, stored, facts)
    rows = _usable(stored, request, by)
    noise = splitmix64(rows[_ROW].to_numpy().astype(np.uint64) * GOLDEN + np.uint64(request.seed))
    inputs = {entry.source: entry for entry in facts.inputs}
    score, target = _scores(request, rows, noise, inputs)
    if np.isnan(score).all():
        what = f"no usable row has a {request.metric!r}"
        raise ConfigError.of(_named(request), what, "see the metric's nulls on the profile's page")
    us = rows[DURATION_US.name].to_numpy()
    strata = _numbered(rows, by)
    signed = -score if request.best == "highest" else score
    best, random = choose(signed, us, strata, noise, round(request.hours * US_PER_HOUR))
    write_lines(_outputs(rows, best, random), [SELECTED, RANDOM], inputs, folder)
    unscored = np.isnan(score)
    made = Selection(
        command=command,
        versions=versions(LIBRARIES),
        rules=facts.rules,
        seed=request.seed,
        metric=request.metric,
        best=request.best,
        toward=target,
        requested_hours=request.hours,
        usable_rows=rows.height,
        usable_hours=hours(int(us.sum())),
        unscored_rows=int(unscored.sum()),
        unscored_hours=hours(int(us[unscored].sum())),
        selected=Choice(
            file=f"{SELECTED}.jsonl", rows=int(best.sum()), hours=hours(int(us[best].sum()))
        ),
        random=Choice(
            file=f"{RANDOM}.jsonl", rows=int(random.sum()), hours=hours(int(us[random].sum()))
        ),
        shared_hours=hours(int(us[best & random].sum())),
        strata=_strata(rows.with_columns(pl.Series(_SCORE, score)), by, request, best, random),
        warnings=_warnings(request, us.sum(), us[~unscored].sum()),
    )
    write_artifact(folder, made)
    return made


def _numbered(rows: pl.DataFrame, by: Sequence[str]) -> Int64s:
    """The number of each row's stratum, from 0 in the order of their values."""
    known = rows.select(by).unique().sort(by).with_row_index(_STRATUM)
    joined = rows.select(by).join(known, on=by, how="left", nulls_equal=True, maintain_order="left")
    return joined[_STRATUM].cast(pl.Int64).to_numpy()


def _outputs(rows: pl.DataFrame, best: Bools, random: Bools) -> pl.DataFrame:
    """The rows of both choices in input order, so that the manifests are read once; a row of both
    is there twice.
    """
    chosen = [
        rows.filter(pl.Series(mask)).with_columns(split=pl.lit(name))
        for name, mask in ((SELECTED, best), (RANDOM, random))
    ]
    return pl.concat(chosen).sort(_ROW, maintain_order=True)


def _checked(request: SelectRequest, stored: StoredRecords, facts: Profile) -> list[str]:
    """The columns of strata. ConfigError with all that the profile has not."""
    columns, metrics = stored.columns, [metric.name for metric in facts.metrics]
    faults = []
    if not request.toward and request.metric not in metrics:
        what = f"the profile has no metric {request.metric!r}"
        faults.append(Fault(_named(request), what, suggest(request.metric, metrics)))
    for name in request.by:
        if name not in columns:
            what = f"the profile has no column {name!r}"
            faults.append(Fault(parameter("by"), what, suggest(name, columns)))
    raise_all(ConfigError, faults)
    return list(request.by) or [LANG.name]


def _named(request: SelectRequest) -> str:
    return parameter("toward" if request.toward else request.best)


def _scores(
    request: SelectRequest, rows: pl.DataFrame, noise: UInt64s, inputs: Mapping[str, Input]
) -> tuple[Floats, SelectionTarget | None]:
    """The score of each row, NaN where it has none; and the target, where there is one."""
    if request.toward:
        return score_toward(request.toward, rows, noise, inputs)
    return rows[request.metric].cast(pl.Float64).fill_null(np.nan).to_numpy(), None


def _usable(stored: StoredRecords, request: SelectRequest, by: Sequence[str]) -> pl.DataFrame:
    """Rows that may be trained on, in input order, with what their lines need."""
    trains = [verdict for verdict, route in ROUTES.items() if route in {POOL, TRAIN}]
    needed = [SOURCE.name, BYTE_OFFSET.name, BYTE_LENGTH.name, MALFORMED.name, LANG.name]
    needed += [DURATION_US.name, UNRATED.name, *by]
    needed += [] if request.toward else [request.metric]
    fixes = [name for name in FIX_NAMES if name in stored.columns]
    needed += fixes
    plan = stored.scan().with_row_index(_ROW)
    usable = plan.filter(VERDICT.expr.cast(pl.String).is_in(trains))
    rows = usable.select(_ROW, *dict.fromkeys(needed)).collect()
    return rows.drop(name for name in fixes if not rows[name].count())


def _strata(
    rows: pl.DataFrame, by: Sequence[str], request: SelectRequest, best: Bools, random: Bools
) -> tuple[SelectedStratum, ...]:
    """Every stratum, the largest first."""
    keys = [pl.col(name).alias(f"({at})") for at, name in enumerate(by)]  # fields have any name
    chosen = rows.select(
        *keys,
        DURATION_US.expr.alias("us"),
        pl.col(_SCORE).alias("score"),
        pl.Series("best", best),
        pl.Series("random", random),
    )
    spent, taken = pl.col("us"), pl.col("score").filter("best")
    summed = (
        chosen.group_by(chosen.columns[: len(by)])
        .agg(
            spent.sum(),
            spent.filter("best").sum().alias("best_us"),
            spent.filter("random").sum().alias("random_us"),
            taken.min() if request.best == "highest" else taken.max(),
        )
        .sort("us", *chosen.columns[: len(by)], descending=[True, *(False for _ in by)])
    )
    return tuple(
        SelectedStratum(
            stratum=dict(zip(by, values, strict=True)),
            usable_hours=hours(us),
            hours=hours(best_us),
            random_hours=hours(random_us),
            last_score=last,
        )
        for *values, us, best_us, random_us, last in summed.iter_rows()
    )


def _warnings(request: SelectRequest, usable_us: int, scored_us: int) -> tuple[str, ...]:
    if scored_us >= request.hours * US_PER_HOUR:
        return ()
    scored, usable = hours(scored_us), hours(usable_us)
    return (
        f"{request.hours:g} h requested; {scored:.4g} h of {usable:.4g} usable have a "
        f"{request.metric}, and all of them are selected",
    )
