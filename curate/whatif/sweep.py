"""One pass over the stored records: what the rules flag together, and what each limit would flag.

Sums are of whole rows and microseconds, and examples are the first of their kind, so neither
threads nor batches change anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from curate.arrays import Int32s, Int64s
from curate.artifacts.columns import DURATION_US
from curate.environment.cores import thread_count
from curate.rules.evaluate import evaluate_each, malformed_rows
from curate.rules.expression import Batch
from curate.rules.file import RuleSet
from curate.whatif.binning import BinEdges, Kinds, count, mix_in, salts
from curate.whatif.classes import Classes, settled, settling
from curate.whatif.grouped import BORDERLINE, Failing, failing
from curate.whatif.threshold_grid import ThresholdGrid

_BATCH = 122_880
_NO_ROW = np.iinfo(np.int64).max

Kind = tuple[int, tuple[int, ...], tuple[bool, ...]]
"""0, what each rule says (an index into VERDICTS, 0 for nothing), and whether it applies at all:
the rules for records, then those for groups, which speak of all rows of a failing group. Of rows
that no rule can move, one more than their verdict, and nothing else."""


@dataclass
class Sweep:
    """Counts of a sweep: kinds of rows in the order of their first row, (rows, microseconds) of
    each, and for each counted metric three tables of kind by cell: rows, microseconds, number of
    the first row (-1).
    """

    rules: RuleSet
    edges: Mapping[str, BinEdges]
    kinds: dict[Kind, int] = field(default_factory=dict)
    amounts: list[tuple[int, int]] = field(default_factory=list)
    tables: dict[str, tuple[Int64s, Int64s, Int64s]] = field(default_factory=dict)

    def room(self) -> None:
        """Make the tables large enough for the kinds there are."""
        self.amounts += [(0, 0)] * (len(self.kinds) - len(self.amounts))
        for name, edges in self.edges.items():
            old = self.tables.get(name)
            have = old[0].shape[0] if old else 0
            if have < len(self.kinds):
                more = (max(16, 2 * len(self.kinds)) - have, edges.cells)
                fresh = (np.zeros(more, np.int64), np.zeros(more, np.int64), np.full(more, -1))
                both = zip(old, fresh, strict=True) if old else None
                self.tables[name] = tuple(map(np.concatenate, both)) if both else fresh  # type: ignore[assignment]

    def add(self, other: Sweep) -> None:
        """Add the counts of a pass over other rows."""
        for kind in other.kinds:
            self.kinds.setdefault(kind, len(self.kinds))
        self.room()
        for kind, at in other.kinds.items():
            mine = self.kinds[kind]
            self.amounts[mine] = _sum(self.amounts[mine], other.amounts[at])
            for name, (rows, us, first) in other.tables.items():
                here = self.tables[name]
                here[0][mine] += rows[at]
                here[1][mine] += us[at]
                firsts = np.stack([here[2][mine], first[at]])
                least = np.where(firsts < 0, _NO_ROW, firsts).min(axis=0)
                here[2][mine] = np.where(least == _NO_ROW, -1, least)


def sweep(
    records: Path,
    rules: RuleSet,
    grids: Sequence[ThresholdGrid],
    threads: int | None = None,
    none_failed: bool = False,
) -> Sweep:
    """Evaluate the rules on every row and count what the grids need. Columns must be there.
    `none_failed`: see `failing`.
    """
    classes, groups = classes_of(rules, grids), failing(records, rules, none_failed)
    thresholds = {grid.rule.metric for grid in grids}
    threads = threads or thread_count()
    total = int(pl.scan_parquet(records).select(pl.len()).collect().item())
    with ThreadPoolExecutor(threads) as pool:
        shares = [range(at * _BATCH, total, threads * _BATCH) for at in range(threads)]
        passes = [_Pass(records, rules, classes, groups, thresholds) for _ in shares]
        parts = list(pool.map(_Pass.over, passes, shares))
    swept = Sweep(rules, counted_edges(classes, grids))
    for part in parts:
        swept.add(part)
    return swept


def classes_of(rules: RuleSet, grids: Sequence[ThresholdGrid]) -> Classes:
    """The classes that the rules see, with the thresholds of the grids as further edges."""
    thresholds: dict[str, list[float]] = {}
    for grid in grids:
        thresholds.setdefault(grid.rule.metric, []).extend(grid.thresholds.tolist())
    return Classes.of([rules], thresholds)


def counted_edges(classes: Classes, grids: Sequence[ThresholdGrid]) -> dict[str, BinEdges]:
    """The edges of the metrics that the grids are about."""
    return {name: classes.edges[name] for name in dict.fromkeys(g.rule.metric for g in grids)}


class _Pass:
    """One thread's pass: the classes of its rows so far, and its counts."""

    def __init__(
        self, records: Path, rules: RuleSet, classes: Classes, groups: Failing, counted: set[str]
    ) -> None:
        fixed = settling(records)
        names = dict.fromkeys((*rules.names, DURATION_US.name, *fixed, *groups.columns))
        self.source = pl.scan_parquet(records).select(*names)
        self.rules, self.classes, self.groups = rules, classes, groups
        self.swept = Sweep(rules, {name: classes.edges[name] for name in counted})
        self.kinds = Kinds()

    def over(self, firsts: range) -> Sweep:
        """The batches that begin at these rows."""
        for first in firsts:
            self._batch(self.source.slice(first, _BATCH).collect(), first)
        return self.swept

    def _batch(self, rows: pl.DataFrame, first: int) -> None:
        us = rows[DURATION_US.name].fill_null(0).to_numpy()
        keys, placed = self.classes.keys(rows)
        for which, mask in enumerate(self.groups.masks(rows), self.classes.conditions):
            mix_in(keys, mask.view(np.uint8), salts(which, np.arange(2)))
        keys |= np.uint64(1)
        kinds = self.kinds.of(keys, lambda fresh: self._learn(rows[fresh]))
        self.swept.room()
        self._note(kinds, us)
        for name, tables in self.swept.tables.items():
            count(kinds, placed[name], us, first, *tables)

    def _learn(self, rows: pl.DataFrame) -> list[int]:
        """The kind of each of these rows, by the rules themselves."""
        batch, malformed, rules = Batch(rows), malformed_rows(rows), self.rules
        fixed = settled(rows).tolist()
        failed = self.groups.masks(rows)
        codes_by_rule = np.zeros((rows.height, len(rules.rules) + len(failed)), np.int64)
        applies = np.ones(codes_by_rule.shape, np.bool_)
        for at, (rule, codes) in enumerate(evaluate_each(batch, malformed, rules)):
            codes_by_rule[:, at] = codes
            if rule.where:
                applies[:, at] = batch.decide(rule.where.node).yes
        for at, mask in enumerate(failed, len(rules.rules)):
            codes_by_rule[:, at] = mask * BORDERLINE
        kinds = [
            (verdict, (), ()) if verdict else (0, tuple(codes), tuple(where))
            for verdict, codes, where in zip(
                fixed, codes_by_rule.tolist(), applies.tolist(), strict=True
            )
        ]
        known = self.swept.kinds
        return [known.setdefault(kind, len(known)) for kind in kinds]

    def _note(self, kinds: Int32s, us: Int64s) -> None:
        rows = np.bincount(kinds, minlength=len(self.swept.kinds))
        spent = np.zeros(rows.size, np.int64)
        np.add.at(spent, kinds, us)
        amounts = zip(
            self.swept.amounts, zip(rows.tolist(), spent.tolist(), strict=True), strict=True
        )
        self.swept.amounts = [_sum(one, other) for one, other in amounts]


def _sum(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]
