"""From records with verdicts to one split for every row: choose groups, hold out whatever would
leak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Floats
from curate.artifacts.columns import (
    AUDIO_KEY,
    DURATION_BIN,
    DURATION_US,
    NORMAL_KEY,
    RECORDING_KEY,
    VERDICT,
)
from curate.artifacts.split import Feasible
from curate.environment.execution import Progress, no_progress
from curate.rules.routes import TRAIN, route
from curate.splits.codes import CODED, named
from curate.splits.drawing import draw_targets
from curate.splits.feasible import feasible_request
from curate.splits.groups import components
from curate.splits.lock import BORDERLINE_COPY, HELD_OUT, LOCKED, STRATUM, WEIGHT
from curate.splits.moves import FREE, TO_TRAIN, TORN, State
from curate.splits.pool import Pool, build, mixed
from curate.splits.strata import duration_bin, number_strata
from curate.splits.targets import Target, Targets

Ints = npt.NDArray[np.int64]
_ROUTED, _HELD, _TRAIN = -3, -2, -1
"""Where a row goes that no split has: where its verdict sends it, held out, or to train."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """`rows`: the records with group, stratum, route and split added, in input order; after
    `finish` with weight and the mark of the borderline copy too.

    `strata`: one row per stratum (clean seconds available); `due_s` has what each split was due
    of each stratum. `held_us` of `usable_us` microseconds are held out; `longest_us` is the longest
    clean record's. `feasible`: where a size cannot be met, the sizes and options that can; None
    where all are met, and where no split can be drawn.
    """

    rows: pl.DataFrame
    strata: pl.DataFrame
    targets: Sequence[Target]
    due_s: Mapping[str, Floats]
    held_us: int
    usable_us: int
    longest_us: int
    feasible: Feasible | None = None

    @property
    def available_s(self) -> Floats:
        """Seconds of each stratum that may be in any split."""
        return self.strata["available_s"].to_numpy()

    @property
    def reference_s(self) -> Mapping[str, Floats]:
        """What each split should hold of each stratum: what was due, or where nothing was drawn its
        part of all that may be in any split.
        """
        if self.due_s:
            return self.due_s
        us = self.rows.group_by("split").agg(pl.col(DURATION_US.name).sum())
        achieved_s = {name: value / 1e6 for name, value in us.iter_rows()}
        whole_s = max(float(self.available_s.sum()), 1e-9)
        return {
            each.name: self.available_s * (achieved_s.get(each.name, 0.0) / whole_s)
            for each in self.targets
        }

    @property
    def held_s(self) -> float:
        """Seconds that are held out."""
        return self.held_us / 1e6

    @property
    def held_share(self) -> float:
        """The share of the usable hours that is held out."""
        return round(self.held_us / max(self.usable_us, 1), 6)


def assign(
    records: pl.DataFrame,
    targets: Targets,
    seed: int,
    by: Sequence[str],
    group: Sequence[str],
    on_draw: Progress = no_progress,
) -> Assignment:
    """Give every record its split: train, eval, test, others named, held_out, rejected, malformed.

    A record that LOCKED gives a split keeps it as long as it is clean. `on_draw`: see `choose`.
    """
    if LOCKED.name not in records.columns:
        records = records.with_columns(pl.lit(None, CODED).alias(LOCKED.name))
    rows = records.with_columns(route(), duration_bin())
    rows = rows.with_columns(pl.Series("group", components(rows, [*group, RECORDING_KEY.name])))
    rows, strata = number_strata(rows, [*by, DURATION_BIN])
    barred = rows.filter(LOCKED.expr == TRAIN)[NORMAL_KEY.name]
    pool = build(rows, by, strata.height, seed, barred if barred.len() else None)
    drawn = draw_targets(pool, rows, targets, on_draw)
    placed = _placed(rows, drawn.pool, drawn.state, [each.name for each in drawn.targets])
    return Assignment(
        rows=placed,
        strata=strata.with_columns(pl.Series("available_s", pool.available_us / 1e6)),
        targets=drawn.targets,
        due_s=drawn.due_s,
        held_us=held_us(placed),
        usable_us=int(pool.rows.us.sum()),
        longest_us=int(pool.rows.us[pool.rows.clean].max(initial=0)),
        feasible=feasible_request(pool, rows, targets, drawn),
    )


def held_us(rows: pl.DataFrame) -> int:
    """Microseconds that are held out."""
    return int(rows.filter(pl.col("split") == HELD_OUT)[DURATION_US.name].sum())


def finish(done: Assignment, seed: int, of_eval: pl.Expr) -> Assignment:
    """The assignment, whose splits are final, with weights and the borderline copy.

    `of_eval`: which of the rows that are held out belong to eval.
    """
    names = [each.name for each in done.targets]
    weighed = _weighed(done.rows, done.available_s, names)
    return replace(done, rows=_mark_borderline(weighed, seed, of_eval), held_us=held_us(done.rows))


def _placed(rows: pl.DataFrame, pool: Pool, state: State, names: Sequence[str]) -> pl.DataFrame:
    """The final split of each row; what shares a group or a text with a named split is held out."""
    number = rows["group"].to_numpy()[pool.row]
    chosen = state.split[number]
    texts = pool.rows.text
    claimed = np.zeros(texts.size, np.bool_)
    claimed[texts >= 0] = state.claim[texts[texts >= 0]] >= 0
    locked = rows[LOCKED.name].gather(pool.row)
    codes = {HELD_OUT: _HELD, TRAIN: _TRAIN, **{name: at for at, name in enumerate(names)}}
    known = locked.replace_strict(codes, default=None, return_dtype=pl.Int16)
    before = known.fill_null(_ROUTED).to_numpy()
    to_train = (chosen == FREE) | (chosen == TO_TRAIN) | ((chosen == TORN) & (before == _TRAIN))
    place = np.where(to_train & ~claimed & (before != _HELD), np.int16(_TRAIN), np.int16(_HELD))
    place = np.where(state.inside, np.where(chosen >= 0, chosen, before), place)
    code = np.full(rows.height, _ROUTED, np.int16)
    code[pool.row] = place
    drawn = named("split", [None, HELD_OUT, TRAIN, *names], code - np.int16(_ROUTED))
    return rows.with_columns(drawn.fill_null(rows["route"]))


def _weighed(rows: pl.DataFrame, available_s: Floats, names: Sequence[str]) -> pl.DataFrame:
    """With WEIGHT: the stratum's clean seconds over those that the split has of it."""
    places = rows["split"].is_in(list(names)).fill_null(False).arg_true()
    mine = rows.select(pl.col("split", STRATUM.name, DURATION_US.name).gather(places))
    got_us = mine.select(pl.col(DURATION_US.name).sum().over("split", STRATUM.name)).to_series()
    weights = pl.Series(available_s * 1e6, dtype=pl.Float64).gather(mine[STRATUM.name]) / got_us
    of_rows = pl.repeat(None, rows.height, dtype=pl.Float64, eager=True)
    return rows.with_columns(of_rows.scatter(places, weights).alias(WEIGHT.name))


def _mark_borderline(rows: pl.DataFrame, seed: int, of_eval: pl.Expr) -> pl.DataFrame:
    """Mark borderline rows that belong to eval, at most as many hours as eval has.

    They are held out anyway, and good for measuring what borderline data does; the copy is taken
    in the order of the mixed keys, so that it is a fair sample where there are more.
    """
    in_eval = (rows["split"] == "eval").fill_null(False)
    most_us = int(rows[DURATION_US.name].filter(in_eval).sum())
    is_candidate = (pl.col("split") == HELD_OUT) & (VERDICT.expr == "borderline") & of_eval
    places = rows.select(is_candidate.fill_null(False)).to_series().arg_true()
    keys, us = (rows[name].gather(places).to_numpy() for name in (AUDIO_KEY.name, DURATION_US.name))
    order = np.argsort(mixed(keys, seed), kind="stable")
    within_size = places.to_numpy()[order][np.cumsum(us[order]) <= most_us]
    mark = np.zeros(rows.height, np.bool_)
    mark[within_size] = True
    return rows.with_columns(pl.Series(BORDERLINE_COPY, mark))
