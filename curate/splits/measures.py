"""What each part of a split can measure: the whole, each stratum, each value of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from curate.artifacts.columns import DURATION_BIN, DURATION_US
from curate.artifacts.leaks import Value
from curate.artifacts.split import Measure, MeasuredPart, SplitStratum, StratumPart
from curate.rules.routes import POOL, TRAIN
from curate.splits.assign import Assignment
from curate.splits.coverage import KNOWN
from curate.splits.lock import STRATUM, WEIGHT
from curate.splits.precision import Metric, precision

ALL = "(all)"
"""What `by` is for a split as a whole."""

_SUMMED = ("rows", "words", "units", "spaceless", KNOWN)
_SPACELESS = pl.col("word_len").is_null() & (pl.col("words") > 0)
"""Whether a row is in a script that writes no spaces between words."""
_UNITS = pl.when(_SPACELESS).then(pl.col("chars")).otherwise(pl.col("words")).cast(pl.Int64)
"""What errors are counted over: words, or characters in such a script, as `train eval` has it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Sums of some rows of a split; `squares` is the sum of the groups' squared units."""

    us: int = 0
    rows: int = 0
    words: int = 0
    units: int = 0
    spaceless: int = 0
    known: int = 0
    groups: int = 0
    squares: int = 0

    @property
    def s(self) -> float:
        """Seconds."""
        return self.us / 1e6


@dataclass(frozen=True, slots=True)
class _Sums:
    """By the values of a column: parts of named splits, train's time and rows, clean groups."""

    parts: Mapping[tuple[str, Value], Part]
    train_us: Mapping[Value, int]
    train_rows: Mapping[Value, int]
    clean_groups: Mapping[Value, int]

    def part(self, name: str, value: Value) -> Part:
        """What a split has of a value."""
        return self.parts.get((name, value), Part())


def compute_measures(
    done: Assignment, by: Sequence[str]
) -> tuple[tuple[SplitStratum, ...], tuple[Measure, ...]]:
    """Every stratum with each split's part, and what each split can measure, by the columns `by`
    and the duration class.
    """
    sums = _per_group(done.rows, [STRATUM.name, *by, DURATION_BIN])
    return tuple(_strata(done, sums, by)), tuple(_measures(done, sums, by))


def _per_group(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """What is counted below, summed up once by group and these columns: many times fewer rows."""
    return rows.group_by("split", "route", "group", *dict.fromkeys(columns)).agg(
        WEIGHT.expr.is_not_null().any().alias("named"),
        pl.col(KNOWN).sum().cast(pl.Int64),
        pl.col(DURATION_US.name).sum(),
        pl.len().cast(pl.Int64).alias("rows"),
        pl.col("words").sum().cast(pl.Int64),
        _UNITS.sum().alias("units"),
        _SPACELESS.sum().cast(pl.Int64).alias("spaceless"),
    )


def _sum_by(rows: pl.DataFrame, column: str) -> _Sums:
    per_group = (
        rows.filter("named")
        .group_by("split", column, "group")
        .agg(pl.col(DURATION_US.name).sum().alias("us"), pl.col(_SUMMED).sum())
    )
    sums = per_group.group_by("split", column).agg(
        pl.col("us", *_SUMMED).sum(),
        pl.len().cast(pl.Int64).alias("groups"),
        (pl.col("units") ** 2).sum().alias("squares"),
    )
    train = (
        rows.filter(pl.col("split") == TRAIN)
        .group_by(column)
        .agg(pl.col(DURATION_US.name).sum(), pl.col("rows").sum())
    )
    clean = rows.filter(pl.col("route") == POOL).group_by(column).agg(pl.col("group").n_unique())
    parts = {(each.pop("split"), each.pop(column)): each for each in sums.to_dicts()}
    return _Sums(
        {place: Part(**each) for place, each in parts.items()},
        dict(train.select(column, DURATION_US.name).iter_rows()),
        dict(train.select(column, "rows").iter_rows()),
        dict(clean.iter_rows()),
    )


def _strata(done: Assignment, rows: pl.DataFrame, by: Sequence[str]) -> Iterator[SplitStratum]:
    sums = _sum_by(rows, STRATUM.name)
    names = sorted(each.name for each in done.targets)
    for number, row in enumerate(done.strata.iter_rows(named=True)):
        yield SplitStratum(
            stratum={column: row[column] for column in (*by, DURATION_BIN)},
            clean_s=round(row["available_s"], 6),
            clean_groups=sums.clean_groups.get(number, 0),
            train_s=sums.train_us.get(number, 0) / 1e6,
            train_rows=sums.train_rows.get(number, 0),
            splits={
                name: _stratum_part(
                    sums.part(name, number), _due_s(done, name, number), row["available_s"]
                )
                for name in names
            },
        )


def _due_s(done: Assignment, name: str, stratum: int) -> float | None:
    return round(float(done.due_s[name][stratum]), 6) if name in done.due_s else None


def _stratum_part(part: Part, due_s: float | None, available_s: float) -> StratumPart:
    return StratumPart(
        **dict(_measured(part)),
        target_s=due_s,
        deviation_s=None if due_s is None else round(part.s - due_s, 6),
        weight=round(available_s / part.s, 6) if part.s else None,
    )


def _measured(part: Part) -> MeasuredPart:
    """What an error rate of the part tells: CER where most rows are written without spaces."""
    metric: Metric = "cer" if 2 * part.spaceless > part.rows else "wer"
    measured = precision(part.units, part.groups, part.squares, metric)
    half_width = _rounded(measured.half_width, 4)
    return MeasuredPart(
        s=part.s,
        rows=part.rows,
        known_rows=part.known,
        words=part.words,
        metric=metric,
        units=part.units,
        groups=part.groups,
        design_effect=_rounded(measured.design_effect, 2),
        wer_half_width=half_width if metric == "wer" else None,
        cer_half_width=half_width if metric == "cer" else None,
        smallest_difference=_rounded(measured.smallest_difference, 4),
        measurable=measured.measurable,
        lower_bound=part.known < part.rows,
    )


def _measures(done: Assignment, rows: pl.DataFrame, by: Sequence[str]) -> Iterator[Measure]:
    """The whole of each split, then its parts by the values of each stratum column."""
    names = sorted(each.name for each in done.targets)
    whole = rows.with_columns(pl.lit("all").alias(ALL))
    for column in (ALL, *by, DURATION_BIN):
        sums = _sum_by(whole, column)
        for value in sorted(sums.clean_groups, key=lambda value: (value is None, str(value))):
            for name in names:
                yield Measure(
                    **dict(_measured(sums.part(name, value))),
                    split=name,
                    by=column,
                    value=value,
                    clean_groups=sums.clean_groups[value],
                )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
