"""splits.lock.parquet: every assignment, so that a grown corpus only adds to its splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from curate.artifacts.columns import (
    AUDIO_KEY,
    BYTE_LENGTH,
    DURATION_US,
    LANG,
    LINE,
    NORMAL_KEY,
    OFFSET_S,
    SOURCE,
    TAGS,
    TEXT_KEY,
    VERDICT,
    Column,
)
from curate.errors import ConfigError, InputError, parameter
from curate.files.parquet_room import room_for
from curate.formatting.units import plural
from curate.rules.routes import TRAIN, UNUSED
from curate.splits.codes import CODED

LOCK = "splits.lock.parquet"
HELD_OUT = "held_out"
BORDERLINE_COPY = "eval_borderline"
LOCKED = Column("locked", pl.String(), "the split that an earlier lock gave the record; else null")
STRATUM = Column("stratum", pl.Int32(), "the record's stratum: a place in split.json's strata")
WEIGHT = Column(
    "weight",
    pl.Float64(),
    "clean seconds of the stratum that a second of this record represents; null outside a split",
)
CHANGED = Column("changed", pl.Boolean(), "whether the line written is another than the original")

_GROUP_ROWS = 122_880
"""Rows that are compressed together: named, so that threads change no byte."""

_KEYS = (AUDIO_KEY.name, TEXT_KEY.name, DURATION_US.name)
_ORDINARY = (TRAIN, *UNUSED, HELD_OUT)


@dataclass(frozen=True, slots=True)
class Lock:
    """An earlier lock, applied to a corpus. Rows, by what became of them.

    `fallen` are those of named splits that are no longer clean, by split and verdict; `gone` those
    that the corpus no longer has, by split; `new_rows` those that the lock does not know.
    """

    path: Path
    fallen: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    gone: Mapping[str, int] = field(default_factory=dict)
    new_rows: int = 0


def _resplit_hint() -> str:
    draws = f"{parameter('resplit')} draws new splits"
    return f"{draws}; results on the old splits are then not comparable"


def write_lock(
    rows: pl.DataFrame, records: pl.LazyFrame, path: Path, further: Sequence[str]
) -> None:
    """Every assignment, in input order; what a later run and `curate shard` need of each row, and
    those columns of `further` that are there and have none of these names.

    `rows` are the records with their splits, row for row; other columns pass by from `records`.
    """
    columns = (
        SOURCE, LINE, BYTE_LENGTH, AUDIO_KEY, TEXT_KEY, NORMAL_KEY, LANG, OFFSET_S, DURATION_US,
        TAGS,
    )  # fmt: skip
    names = [column.name for column in columns]
    made = rows.lazy().select(
        pl.col("split").cast(pl.String), STRATUM.expr, WEIGHT.expr, BORDERLINE_COPY, CHANGED.expr
    )
    there = {*records.collect_schema()} - {*names, VERDICT.name, *made.collect_schema()}
    others = [name for name in further if name in there]
    copied = [*names, VERDICT.expr.cast(pl.String)]
    parts = [records.select(copied), made, *([records.select(others)] if others else [])]
    with room_for(path):
        pl.concat(parts, how="horizontal").sink_parquet(
            path, compression="zstd", row_group_size=_GROUP_ROWS, engine="streaming"
        )


def apply_lock(path: Path, records: pl.DataFrame) -> tuple[pl.DataFrame, Lock]:
    """The records with LOCKED, and what became of the lock's rows.

    InputError where the file is no lock; ConfigError where it is that of another corpus: no row in
    common, or a record of a named split with another text or duration.
    """
    lock = _read(path)
    named = lock.filter(~pl.col("split").is_in(_ORDINARY))
    distinct = lock.sort(pl.col("split").is_in(_ORDINARY), "split").unique(
        _KEYS, keep="first", maintain_order=True
    )
    joined = records.join(
        distinct.select(*_KEYS, LOCKED.expr), on=list(_KEYS), how="left", maintain_order="left"
    )
    if not joined[LOCKED.name].count():
        raise ConfigError.of(
            path, "is the lock of another corpus: no record in common", _resplit_hint()
        )
    _refuse_changed(path, named, records)
    stand = joined.filter(~LOCKED.expr.is_in(_ORDINARY))
    fallen = stand.filter(VERDICT.expr.cast(pl.String) != "clean")
    missing = named.join(records.select(_KEYS), on=list(_KEYS), how="anti")
    return joined.with_columns(LOCKED.expr.cast(CODED)), Lock(
        path,
        {
            name: _counts(fallen.filter(LOCKED.expr == name)[VERDICT.name])
            for name in sorted(fallen[LOCKED.name].unique())
        },
        _counts(missing["split"]),
        joined[LOCKED.name].null_count() - joined.filter(pl.col("malformed").is_not_null()).height,
    )


def moved(old: Path, new: Path) -> dict[str, int]:
    """By split, how many records of the named splits of an old lock are elsewhere by a new one.

    Those that are no longer clean had to go, and those that are gone are no matter here.
    """
    named = _read(old).filter(~pl.col("split").is_in(_ORDINARY)).unique(_KEYS)
    now = pl.read_parquet(new, columns=[*_KEYS, VERDICT.name, "split"])
    both = now.join(named.select(*_KEYS, LOCKED.expr), on=list(_KEYS))
    elsewhere = (pl.col("split") != LOCKED.expr) & (VERDICT.expr == "clean")
    return _counts(both.filter(elsewhere)[LOCKED.name])


def _read(path: Path) -> pl.DataFrame:
    columns = [*_KEYS, SOURCE.name, LINE.name, "split"]
    try:
        lock = pl.read_parquet(path, columns=columns)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError.of(
            path, "is not a lock that curate split wrote", str(error)[:80]
        ) from None
    return lock.filter(AUDIO_KEY.expr.is_not_null()).with_columns(
        pl.col("split").cast(pl.String).alias(LOCKED.name)
    )


def _refuse_changed(path: Path, named: pl.DataFrame, records: pl.DataFrame) -> None:
    """A record of eval that is another one now is no record to compare models on."""
    here = named.join(records.select(_KEYS[0]).unique(), on=_KEYS[0], how="semi")
    changed = here.join(records.select(_KEYS), on=list(_KEYS), how="anti")
    if changed.height:
        source, line, split = changed.row(0, named=False)[3:6]
        raise ConfigError.of(
            path,
            f"{plural(changed.height, 'record')} of its splits have another text or duration now, "
            f"such as {source}:{line} of {split}",
            f"put them back as they were, or {_resplit_hint()}",
        )


def _counts(values: pl.Series) -> dict[str, int]:
    counted = values.cast(pl.String).value_counts().sort(values.name)
    return {str(value): int(count) for value, count in counted.iter_rows()}


def lock_warnings(lock: Lock) -> list[str]:
    """Warnings about a lock that was applied."""
    warnings = []
    for name, verdicts in lock.fallen.items():
        parts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
        warnings.append(
            f"{name}: locked records that are no longer clean are excluded from it: {parts}"
        )
    warnings += [f"{name}: {count} locked records are gone" for name, count in lock.gone.items()]
    return warnings
