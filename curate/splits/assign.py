"""From judged records to one split for every row: draw, then hold out whatever would leak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.columns import AUDIO_KEY, DURATION_US, NORMAL_KEY, RECORDING_KEY
from curate.routes import MALFORMED, POOL, REJECTED, TRAIN, route
from curate.splits.draw import Pool, draw, order
from curate.splits.groups import components
from curate.splits.targets import Target, Targets, allocate

HELD_OUT = "held_out"
DRAWN = ("test", "eval")
"""The final test is drawn first: it has the first claim on rare strata."""

DURATION_EDGES_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Assignment:
    """`rows`: the records with columns group, stratum, route and split added, in input order.

    `strata`: one row per stratum (clean seconds available); `due_us` has what each split was due
    of each stratum.
    """

    rows: pl.DataFrame
    strata: pl.DataFrame
    targets: Sequence[Target]
    due_us: Mapping[str, npt.NDArray[np.int64]]


def duration_bin() -> pl.Expr:
    """Duration classes as stratum labels, such as `2-5 s`."""
    lows = (0.0, *DURATION_EDGES_S[:-1])
    label = pl.lit(f"{DURATION_EDGES_S[-1]:g}+ s")
    for low, high in reversed(list(zip(lows, DURATION_EDGES_S, strict=True))):
        below = DURATION_US.expr < round(high * 1e6)
        label = pl.when(below).then(pl.lit(f"{low:g}-{high:g} s")).otherwise(label)
    return pl.when(DURATION_US.expr.is_not_null()).then(label).alias("duration_bin")


def assign(
    records: pl.DataFrame, targets: Targets, seed: int, by: Sequence[str], group: Sequence[str]
) -> Assignment:
    """Give every record its split: train, eval, test, held_out, rejected or malformed."""
    rows = records.with_columns(route(), duration_bin())
    rows = rows.with_columns(pl.Series("group", components(rows, [*group, RECORDING_KEY.name])))
    rows, strata = _number_strata(rows, [*by, "duration_bin"])
    pool = _pool(rows)
    available = np.zeros(strata.height)
    clean = rows["route"].eq(POOL).to_numpy()
    np.add.at(
        available, rows["stratum"].to_numpy()[clean], rows[DURATION_US.name].to_numpy()[clean] / 1e6
    )
    aims = targets.within(float(available.sum()))
    offered = order(_group_names(rows), seed)
    taken = np.zeros(pool.first.size - 1, np.bool_)
    split_of_group = np.full(taken.size, TRAIN, dtype=object)
    due: dict[str, npt.NDArray[np.int64]] = {}
    for aim in sorted(aims, key=lambda aim: _drawing_order(aim.name)):
        due[aim.name] = np.rint(allocate(available, aim.target_s) * 1e6).astype(np.int64)
        chosen = draw(pool, offered, due[aim.name], round(aim.target_s * 1e6), taken)
        taken |= chosen
        split_of_group[chosen] = aim.name
    drawn = pl.Series("drawn", split_of_group[rows["group"].to_numpy()].tolist(), dtype=pl.String)
    placed = _hold_out(rows.with_columns(drawn), [aim.name for aim in aims])
    return Assignment(placed, strata.with_columns(pl.Series("available_s", available)), aims, due)


def _drawing_order(name: str) -> int:
    return DRAWN.index(name) if name in DRAWN else len(DRAWN)


def _number_strata(rows: pl.DataFrame, columns: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Number the strata of the rows that may be trained on, ordered by their values."""
    strata = (
        rows.filter(pl.col("route").is_in([POOL, TRAIN]))
        .select(columns)
        .unique()
        .sort(columns, nulls_last=True)
        .with_row_index("stratum")
        .with_columns(pl.col("stratum").cast(pl.Int64))
    )
    numbered = rows.join(
        strata, on=list(columns), how="left", nulls_equal=True, maintain_order="left"
    )
    return numbered.with_columns(pl.col("stratum").fill_null(-1)), strata


def _pool(rows: pl.DataFrame) -> Pool:
    clean = rows.with_row_index("row").filter(pl.col("route") == POOL).sort("group", "row")
    groups = int(rows["group"].max() or 0) + 1  # type: ignore[arg-type]
    counts = np.bincount(clean["group"].to_numpy(), minlength=groups)
    return Pool(
        rows=clean["row"].cast(pl.Int64).to_numpy(),
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        stratum=rows["stratum"].to_numpy(),
        duration_us=rows[DURATION_US.name].fill_null(0).to_numpy(),
        cost_us=_costs(rows, groups),
    )


def _costs(rows: pl.DataFrame, groups: int) -> npt.NDArray[np.int64]:
    """What would be held out if a group were taken, microseconds per group.

    Its own rows that are not clean, and every row elsewhere with a text of its clean rows.
    """
    usable = rows.filter(pl.col("route").is_in([POOL, TRAIN]))
    own = (
        usable.filter(pl.col("route") == TRAIN)
        .group_by("group")
        .agg(pl.col(DURATION_US.name).sum().alias("us"))
    )
    everywhere = usable.group_by(NORMAL_KEY.name).agg(
        pl.col(DURATION_US.name).sum().alias("everywhere_us")
    )
    here = usable.group_by("group", NORMAL_KEY.name).agg(
        pl.col(DURATION_US.name).sum().alias("here_us"),
        (pl.col("route") == POOL).any().alias("clean"),
    )
    elsewhere = (
        here.filter(pl.col("clean"))
        .join(everywhere, on=NORMAL_KEY.name)
        .group_by("group")
        .agg((pl.col("everywhere_us") - pl.col("here_us")).sum().alias("us"))
    )
    costs = np.zeros(groups, np.int64)
    for part in (own, elsewhere):
        np.add.at(costs, part["group"].to_numpy(), part["us"].to_numpy())
    return costs


def _group_names(rows: pl.DataFrame) -> list[str]:
    """A name for each group that does not depend on the order of rows: its least audio key."""
    named = rows.group_by("group").agg(pl.col(AUDIO_KEY.name).min()).sort("group")
    return [str(key) for key in named[AUDIO_KEY.name]]


def _hold_out(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The final split of each row; what shares a group or a text with eval or test is held out."""
    first = pl.col("drawn").is_in(list(names))
    placed = rows.with_columns(
        pl.when(pl.col("route").is_in([REJECTED, MALFORMED]))
        .then(pl.col("route"))
        .when((pl.col("route") == TRAIN) & first)
        .then(pl.lit(HELD_OUT))
        .otherwise(pl.col("drawn"))
        .alias("split")
    )
    claimed: list[str] = []
    for name in sorted(names, key=_drawing_order):
        placed = _yield_texts(placed, claimed, [name])
        claimed.append(name)
    return _yield_texts(placed, claimed, [TRAIN])


def _yield_texts(
    rows: pl.DataFrame, claimed: Sequence[str], yielding: Sequence[str]
) -> pl.DataFrame:
    """Hold out rows of `yielding` splits whose text stands in a `claimed` split."""
    keys = rows.filter(pl.col("split").is_in(list(claimed)))[NORMAL_KEY.name].unique()
    leaking = pl.col("split").is_in(list(yielding)) & NORMAL_KEY.expr.is_in(keys.implode())
    return rows.with_columns(
        pl.when(leaking).then(pl.lit(HELD_OUT)).otherwise(pl.col("split")).alias("split")
    )
