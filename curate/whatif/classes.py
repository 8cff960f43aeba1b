"""The classes of rows that rule files treat alike: one row of each is evaluated for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Int32s, UInt64s
from curate.artifacts.columns import MALFORMED, OVERRIDE, VERDICT
from curate.artifacts.verdicts import VERDICTS
from curate.rules.evaluate import unread_verdicts
from curate.rules.expression import Batch, Node
from curate.rules.file import RuleSet
from curate.whatif.binning import BinEdges, leaves, mix_in, salts


def settling(records: Path) -> list[str]:
    """The columns that say which rows no rule can move: lines that are no records, and records of
    which a person has decided, if there are any.
    """
    table = pl.scan_parquet(records)
    if OVERRIDE.name not in table.collect_schema():
        return [MALFORMED.name]
    decided = table.select(OVERRIDE.expr.count()).collect().item()
    people = (OVERRIDE.name, VERDICT.name) if decided else ()
    return [MALFORMED.name, *people]


def settled(rows: pl.DataFrame) -> npt.NDArray[np.uint8]:
    """One more than the verdict (its place in VERDICTS) of rows that no rule can move; else 0."""
    verdicts = unread_verdicts(rows)
    codes = np.where(verdicts > 0, verdicts + np.uint8(1), np.uint8(0)).astype(np.uint8)
    if OVERRIDE.name in rows.columns and rows[OVERRIDE.name].null_count() < rows.height:
        # A corrected text leaves the verdict to the rules: TEXT_OVERRIDE holds it.
        decided = OVERRIDE.expr.is_not_null()
        people = rows.select(
            pl.when(decided).then(VERDICT.expr.to_physical().cast(pl.UInt8) + 1).otherwise(0)
        )
        codes = np.maximum(codes, people.to_series().to_numpy())
    return codes


@dataclass(frozen=True)
class Classes:
    """The edges of each metric, and the conditions that are more than a comparison with a
    number.
    """

    edges: Mapping[str, BinEdges]
    further: tuple[Node, ...]

    @classmethod
    def of(cls, rule_sets: Sequence[RuleSet], thresholds: Mapping[str, Sequence[float]]) -> Classes:
        """The classes that these rule files see; `thresholds` are more edges, which part no
        classes.
        """
        numbers_of: dict[str, list[float]] = {name: [] for name in thresholds}
        further: dict[Node, None] = {}
        for leaf in _leaves(rule_sets):
            if isinstance(leaf, tuple):
                numbers_of.setdefault(leaf[0], []).extend(leaf[1])
            else:
                further[leaf] = None
        edges = {
            name: BinEdges.of(numbers, thresholds.get(name, ()))
            for name, numbers in numbers_of.items()
        }
        return cls(edges, tuple(further))

    @property
    def conditions(self) -> int:
        """How many conditions part the classes: the numbers of their salts end below this."""
        return 1 + len(self.edges) + len(self.further)

    def keys(self, rows: pl.DataFrame) -> tuple[UInt64s, Mapping[str, Int32s]]:
        """A key for each row, the same for rows of one class; and its cell for each metric."""
        batch = Batch(rows)
        keys = np.zeros(rows.height, np.uint64)
        mix_in(keys, settled(rows), salts(0, np.arange(len(VERDICTS) + 1)))
        placed = {
            name: edges.place(batch.numbers(name), keys, which)
            for which, (name, edges) in enumerate(self.edges.items(), 1)
        }
        for which, node in enumerate(self.further, len(placed) + 1):
            truth = batch.decide(node)
            codes = 1 + truth.yes.view(np.uint8) - truth.no.view(np.uint8)
            mix_in(keys, codes, salts(which, np.arange(3)))
        return keys | np.uint64(1), placed


def _leaves(rule_sets: Sequence[RuleSet]) -> Iterator[tuple[str, list[float]] | Node]:
    for rules in rule_sets:
        for rule in rules.rules:
            for _, condition in rule.conditions():
                yield from leaves(rule.applied(condition))
