"""Every row that a run will read, of the shards and of each validation set, before it starts:
`check_rows(sets, rules)`.

The rules are those of NeMo's data loader and prompt, without NeMo: a test holds both to the same
rows. Rows pass in a stream; only texts that could exceed the decoder are tokenized, in batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from train.artifacts.rows import Action, CheckedSet, RowProblem
from train.plan.rows.kinds import KINDS
from train.plan.rows.record import Record
from train.plan.rows.rules import RowRules
from train.plan.rows.source import RowSet, sets_of

__all__ = ["CheckedRows", "RowSet", "check_rows", "sets_of"]

MOST_NAMED = 10
"""So many rows of a kind are named; the rest is counted."""


@dataclass(slots=True)
class _Problem:
    """The rows of one kind in one set: the first problem in words, and the first places."""

    what: str
    rows: int = 0
    seconds: float = 0.0
    places: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def add(self, record: Record) -> None:
        self.rows += 1
        self.seconds += record.duration_s
        if self.rows <= MOST_NAMED:
            self.places.append(record.place)
        self.ids.append(record.id)


@dataclass(frozen=True)
class CheckedRows:
    """What the check of all rows gave: each set with its problems, and the ids to set aside."""

    sets: tuple[CheckedSet, ...] = ()
    aside: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def problems(self) -> Iterator[tuple[CheckedSet, RowProblem]]:
        """Every problem with its set."""
        for checked in self.sets:
            for problem in checked.problems:
                yield checked, problem


def check_rows(sets: Iterable[RowSet], rules: RowRules, max_missing: float) -> CheckedRows:
    """Check each row of each set. `max_missing` is the largest share of a set, [0, 1], that is set
    aside for a kind; rows beyond are refused.
    """
    results = [_check(each, rules, max_missing) for each in sets]
    return CheckedRows(
        tuple(checked for checked, _ in results),
        {checked.name: aside for checked, aside in results},
    )


def _check(rows: RowSet, rules: RowRules, max_missing: float) -> tuple[CheckedSet, frozenset[str]]:
    problems: dict[str, _Problem] = {}
    count, seconds, has_text = 0, 0.0, False
    for record, problems_of_row in rules.check(rows):
        count += 1
        seconds += record.duration_s
        has_text = has_text or bool(record.text.strip())
        for code, what in problems_of_row.items():
            problems.setdefault(code, _Problem(what)).add(record)
    if count and not has_text:
        problems["no-text"] = _Problem("every transcript is empty", count, seconds, [rows.source])
    actions = {code: _action(code, p.rows, count, max_missing) for code, p in problems.items()}
    aside = [problems[code].ids for code, action in actions.items() if action == "set aside"]
    checked = CheckedSet(
        name=rows.name,
        source=rows.source,
        rows=count,
        hours=round(seconds / 3600, 6),
        problems=tuple(
            RowProblem(
                code=code,
                action=actions[code],
                rows=problems[code].rows,
                hours=round(problems[code].seconds / 3600, 6),
                what=problems[code].what,
                places=tuple(problems[code].places),
            )
            for code in KINDS
            if code in problems
        ),
    )
    return checked, frozenset(chain(*aside))


def _action(code: str, rows: int, total: int, max_missing: float) -> Action:
    policy = KINDS[code].policy
    few = policy == "few" and rows <= max_missing * total
    return "set aside" if few or policy == "any" else "refused"
