"""Looking at records: the first, or a fair sample, of those that a condition holds for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import REASON, TAGS, VERDICT
from curate.artifacts.records import ProfiledRecord
from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.manifest.origin import Origin
from curate.metrics import METRICS
from curate.profiles.opened import RECORDS, Row, open_profile, origins_of, records_of
from curate.profiles.own_fields import OwnFields
from curate.rules.expression import Batch, Node, names_in, parse
from curate.rules.expression.declare import Kind, vocabulary
from curate.statistics.splitmix import GOLDEN, splitmix64

_FIELDS = ("source", "line", "byte_offset", "byte_length", "duration_us", "lang", "speaker")
_BATCH = 122_880
Numbers = npt.NDArray[np.int64]


def look(
    folder: Path, count: int, where: str | None = None, seed: int | None = None
) -> list[ProfiledRecord]:
    """Up to `count` records of a profile, in input order: the first, or with a seed a sample.

    `where` is a condition in the language of rules, over metrics, fields, `verdict` and the
    columns that the profile was grouped by. ConfigError where it is none, InputError where
    `folder` is not a profile.
    """
    profile = open_profile(folder)
    plan = pl.scan_parquet(folder / RECORDS)
    fields, condition = OwnFields(folder), None
    if where:
        own = _own(fields, plan, where)
        condition = parse(where, parameter("where"), {**_further(plan), **own.kinds})
        plan = own.plan
    _demand_columns(plan, names_in(condition) if condition else ())
    hits = _hits(plan, condition)
    numbers = _first(hits, count) if seed is None else _sample(hits, count, seed)
    return _records(plan, numbers, fields, origins_of(profile))


class _Own(NamedTuple):
    """The records with the manifests' own fields that a condition names, and their kinds."""

    plan: pl.LazyFrame
    kinds: Mapping[str, Kind]


def _own(fields: OwnFields, plan: pl.LazyFrame, where: str) -> _Own:
    present = {*plan.collect_schema().names(), *vocabulary()}
    names = [name for name in _WORD.findall(_QUOTED.sub("", where)) if name not in present]
    own_names = [name for name in names if name not in _GRAMMAR]
    known = fields.kinds(own_names) if own_names else {}
    kinds: dict[str, Kind] = {name: known[name] for name in own_names if name in known}
    numbers: dict[str, Kind] = {
        name: "number" if kind == "truth" else kind for name, kind in kinds.items()
    }
    return _Own(fields.beside(plan, kinds), numbers)


_WORD = re.compile(r"[A-Za-z_]\w*")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_GRAMMAR = frozenset(("and", "or", "not", "in", "is", "null"))


def _demand_columns(plan: pl.LazyFrame, names: Iterable[str]) -> None:
    """ConfigError for metrics of groups that the profile was made without."""
    present = plan.collect_schema().names()
    missing = sorted(name for name in names if name not in present)
    hint = "profile again --metrics GROUP"
    faults = [Fault(parameter("where"), f"the profile has no {name!r}", hint) for name in missing]
    raise_all(ConfigError, faults)


def _further(plan: pl.LazyFrame) -> Mapping[str, Kind]:
    """Text columns that rules do not know, but that one may look by."""
    known = plan.collect_schema()
    texts: dict[str, Kind] = {
        name: "text" for name, dtype in known.items() if dtype == pl.String and name != REASON.name
    }
    return {VERDICT.name: "text", **texts}


def _hits(plan: pl.LazyFrame, condition: Node | None) -> Iterator[Numbers]:
    """Row numbers for which the condition holds, batch by batch."""
    rows = plan.select(pl.len()).collect().item()
    names = sorted(names_in(condition)) if condition else []
    for first in range(0, rows, _BATCH):
        size = min(_BATCH, rows - first)
        if condition is None:
            yield np.arange(first, first + size)
            continue
        frame = plan.slice(first, size).select(names)
        held = Batch(frame.with_columns(pl.col(pl.Enum).cast(pl.String)).collect())
        yield np.flatnonzero(held.decide(condition).yes) + first


def _first(hits: Iterator[Numbers], count: int) -> Numbers:
    first = np.empty(0, np.int64)
    while first.size < count and (more := next(hits, None)) is not None:
        first = np.concatenate((first, more))[:count]
    return first


def _sample(hits: Iterator[Numbers], count: int, seed: int) -> Numbers:
    """The rows with the smallest hashes: each row has the same chance, whatever the batches."""
    sampled = np.empty(0, np.int64)
    for more in hits:
        both = np.concatenate((sampled, more))
        sampled = both[np.argsort(_mix(both, seed), kind="stable")[:count]]
    return np.sort(sampled)


def _mix(rows: Numbers, seed: int) -> npt.NDArray[np.uint64]:
    """splitmix64 of row number and seed: the same on every machine and in every release."""
    start = (seed * 0xD1342543DE82EF95 + GOLDEN) % 2**64
    with np.errstate(over="ignore"):
        return splitmix64(rows.astype(np.uint64) * np.uint64(GOLDEN) + np.uint64(start))


def _records(
    plan: pl.LazyFrame, numbers: Numbers, fields: OwnFields, origins: Mapping[str, Origin]
) -> list[ProfiledRecord]:
    names = [metric.name for metric in METRICS if metric.name in plan.collect_schema()]
    verdict_columns = [VERDICT.name, TAGS.name, REASON.name]
    rows = list(_rows(plan.select(*_FIELDS, *verdict_columns, *names), numbers))
    for source in dict.fromkeys(row["source"] for row in rows):
        fields.demand_unchanged(source)
    lines: Sequence[Row] = [tuple(row[name] for name in _FIELDS) for row in rows]
    read = records_of(lines, origins)
    return [
        ProfiledRecord(
            id=f"{row['source']}:{row['line']}",
            verdict=row[VERDICT.name],
            tags=tuple(row[TAGS.name]),
            reason=row[REASON.name],
            lang=row["lang"],
            speaker=row["speaker"],
            metrics={name: row[name] for name in names},
            record=read[row["source"], (row["byte_offset"], row["byte_length"])],
        )
        for row in rows
    ]


def _rows(plan: pl.LazyFrame, numbers: Numbers) -> Iterator[Mapping[str, Any]]:
    """The rows of these ascending numbers. Of each batch only what lies between its first and its
    last is read, so that memory does not grow with the profile.
    """
    for _, group in groupby(numbers.tolist(), lambda number: number // _BATCH):
        of_batch = list(group)
        first, last = of_batch[0], of_batch[-1]
        frame = plan.slice(first, last - first + 1).collect()
        yield from frame[[number - first for number in of_batch]].iter_rows(named=True)
