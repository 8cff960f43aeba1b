"""Two profiles compared, as `curate diff` shows them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from curate.artifacts.diff import Diff, Pair
from curate.cli.render.terminal import number, plain_table
from curate.formatting.units import hours
from curate.terminal.command import printable


def tables(diff: Diff) -> Sequence[Table]:
    """What two profiles differ in: amounts, rules whose share changed, and drift."""
    amounts = plain_table("A against B", "what|A rows|B rows|A length|B length")
    a, b = diff.a, diff.b
    whole = Pair(a_rows=a.rows, a_hours=a.hours, b_rows=b.rows, b_hours=b.hours)
    _add_pair(amounts, whole, "all")
    for each in diff.verdicts:
        _add_pair(amounts, each, each.verdict)
    for stratum in diff.strata.get("lang", ()):
        _add_pair(amounts, stratum, f"lang {stratum.value or '-'}")
    rules = plain_table("rules", "rule|verdict|A rows|B rows|A length|B length")
    for rule in diff.rules:
        if rule.a_rows or rule.b_rows:
            _add_pair(rules, rule, rule.rule, rule.severity)
    drift = plain_table("drift, the largest first", "metric|A median|B median|A p99|B p99|KS|PSI")
    for metric in diff.metrics:
        quantiles = (metric.a_p50, metric.b_p50, metric.a_p99, metric.b_p99)
        values = map(number, (*quantiles, metric.ks, metric.psi))
        drift.add_row(Text(printable(metric.name)), *values)
    return [amounts, rules, drift]


def _add_pair(table: Table, pair: Pair, *names: str) -> None:
    amounts = (f"{pair.a_rows:,}", f"{pair.b_rows:,}", hours(pair.a_hours), hours(pair.b_hours))
    table.add_row(*(Text(printable(name)) for name in names), *amounts)
