"""Rule files carry examples; they are run before any data is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from curate.artifacts.columns import DESCRIBED_BY, REASON, VERDICT
from curate.errors import Fault
from curate.metrics import METRICS
from curate.rules.evaluate.verdicts import tag_batch
from curate.rules.file import Rule, RuleSet

Measure = Callable[[Sequence[Mapping[str, object]]], pl.DataFrame]
"""Records, as a manifest has them, to a frame with a row for each: record and metric columns."""

AUDIO = {"audio_filepath": "example.wav"}
"""An example need not name a file to be a record."""

GIVEN = frozenset({"duplicates", "near_duplicates", "audio", "signal", "vad", "scores", "voices"})
"""Groups of metrics that need the whole input, audio or a model: an example says them itself."""


class ExampleCheck(NamedTuple):
    """How many examples were run, and a fault for each whose verdict was another."""

    run: int
    faults: tuple[Fault, ...]


def check_examples(rules: RuleSet, measure: Measure) -> ExampleCheck:
    """Evaluate each example by its own rule only."""
    examples = [example for rule in rules.rules for example in rule.examples]
    if not examples:
        return ExampleCheck(0, ())
    records = [{**AUDIO, **example.record} for example in examples]
    measured = measure(records)
    assert measured.height == len(examples), "a row for each example, in order"
    measured = measured.with_columns(_given(records, rules.names))
    faults: list[Fault] = []
    first = 0
    for rule in rules.rules:
        rows = measured.slice(first, len(rule.examples))
        faults.extend(_mismatches(rule, tag_batch(rows, rules.only(rule.id))))
        first += len(rule.examples)
    return ExampleCheck(len(examples), tuple(faults))


def _given(records: Sequence[Mapping[str, object]], names: Sequence[str]) -> list[pl.Series]:
    """What no record shows by itself, as the examples say it; null where they do not."""
    types = {
        **{metric.name: metric.dtype for metric in METRICS if metric.group in GIVEN},
        **{column.name: column.dtype for group in GIVEN for column in DESCRIBED_BY.get(group, ())},
    }
    return [
        pl.Series(name, [record.get(name) for record in records], types[name])
        for name in names
        if name in types
    ]


def _mismatches(rule: Rule, tagged: pl.DataFrame) -> Iterator[Fault]:
    outcomes = zip(rule.examples, tagged[VERDICT.name], tagged[REASON.name], strict=True)
    for example, verdict, reason in outcomes:
        if verdict != example.verdict:
            because = f" ({reason})" if reason else ""
            what = f"rule '{rule.id}' finds this example {verdict}{because}, not {example.verdict}"
            yield Fault(example.at, what, "correct the example or the rule")
