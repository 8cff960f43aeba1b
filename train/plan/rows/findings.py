"""Findings about rows: what the run refuses, and what it sets aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from curate.formatting.units import duration, plural
from train.artifacts.plan import Finding
from train.artifacts.rows import CheckedSet, RowProblem
from train.plan.rows import CheckedRows
from train.plan.rows.kinds import KINDS


def row_findings(rows: CheckedRows) -> Iterator[Finding]:
    """A finding for each kind of problem in each set; durations of training are a check's own."""
    for checked, problem in rows.problems():
        if problem.code != "dropped":
            yield _finding(checked, problem)


def superseded(rows: CheckedRows, findings: Iterable[Finding]) -> frozenset[str]:
    """Codes of checks of a sample that need not be made; that one text is near the limit stays."""
    if not rows.sets:
        return frozenset()
    exact = KINDS.keys() - {"dropped", "too-long"}
    return frozenset(exact) | {finding.code for finding in findings}


def _finding(checked: CheckedSet, problem: RowProblem) -> Finding:
    kind = KINDS[problem.code]
    count = f"{problem.rows:,} of {plural(checked.rows, 'row')} ({duration(hours=problem.hours)})"
    refused = problem.action == "refused"
    return Finding(
        level="error" if refused else "warning",
        code=problem.code,
        what=f"{checked.name}: {count}{'' if refused else ' are set aside'}: {problem.what}",
        why=kind.why,
        hint=kind.hint,
        places=problem.places,
    )
