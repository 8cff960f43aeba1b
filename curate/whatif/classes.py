"""The classes of rows that rule files cannot tell apart: to judge one of each is to judge all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from curate.operators import Batch, Node
from curate.ruleset import RuleSet
from curate.tags import malformed_rows
from curate.whatif.grade import Cells, Cuts, Keys, leaves, mix_in


@dataclass(frozen=True)
class Classes:
    """The cuts of each metric, and the conditions that are more than a comparison with a number."""

    cuts: Mapping[str, Cuts]
    further: tuple[Node, ...]

    @classmethod
    def of(cls, rule_sets: Sequence[RuleSet], rungs: Mapping[str, Sequence[float]]) -> Classes:
        """The classes that these rule files see; `rungs` are more cuts, which part no classes."""
        told: dict[str, list[float]] = {name: [] for name in rungs}
        further: dict[Node, None] = {}
        for leaf in _leaves(rule_sets):
            if isinstance(leaf, tuple):
                told.setdefault(leaf[0], []).extend(leaf[1])
            else:
                further[leaf] = None
        cuts = {name: Cuts.of(numbers, rungs.get(name, ())) for name, numbers in told.items()}
        return cls(cuts, tuple(further))

    def keys(self, rows: pl.DataFrame) -> tuple[Keys, Mapping[str, Cells]]:
        """A key for each row, the same for rows of one class; and its cell for each metric."""
        batch = Batch(rows)
        placed = {name: cuts.place(batch.numbers(name)) for name, cuts in self.cuts.items()}
        keys = malformed_rows(rows).astype(np.uint64) + np.uint64(1)
        for name, cells in placed.items():
            mix_in(keys, cells, self.cuts[name].classes)
        for node in self.further:
            truth = batch.decide(node)
            mix_in(keys, 1 + truth.yes.astype(np.int32) - truth.no, np.arange(3))
        return keys, placed


def _leaves(rule_sets: Sequence[RuleSet]) -> Iterator[tuple[str, list[float]] | Node]:
    for rules in rule_sets:
        for rule in rules.rules:
            for _, condition in rule.conditions():
                yield from leaves(rule.applied(condition))
