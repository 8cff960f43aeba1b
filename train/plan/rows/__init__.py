"""Every row that a run will read, of the shards and of each validation set, before it starts:
`check_rows(sets, rules)`.

The rules are those of NeMo's data loader and prompt, without NeMo: a test holds both to the same
rows. Rows pass in a stream; only texts that could exceed the decoder are tokenized, in batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from train.artifacts.rows import Action, CheckedSet, RowProblem
from train.plan.rows.kinds import KINDS
from train.plan.rows.record import Problems, Record
from train.plan.rows.rules import RowRules
from train.plan.rows.source import RowSet, sets_of

__all__ = ["CheckedRows", "RowSet", "check_rows", "sets_of"]

MOST_NAMED = 10
"""So many rows of a kind are named; the rest is counted."""


@dataclass(slots=True)
class _Problem:
    """The rows of one kind in one set: the first problem in words, and the first places."""

    code: str
    what: str
    rows: int = 0
    seconds: float = 0.0
    places: list[str] = field(default_factory=list)
    seconds_by_id: dict[str, float] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        self.rows += 1
        self.seconds += record.duration_s
        if self.rows <= MOST_NAMED:
            self.places.append(record.place)
        if KINDS[self.code].policy != "refuse":
            self.seconds_by_id[record.id] = record.duration_s

    def record(self, actions: Mapping[str, Action]) -> RowProblem:
        return RowProblem(
            code=self.code,
            action=actions.get(self.code, "refused"),
            rows=self.rows,
            hours=round(self.seconds / 3600, 6),
            what=self.what,
            places=tuple(self.places),
        )


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
    tally = _Tally(rows)
    for record, problems in rules.check(rows):
        tally.add(record, problems)
    tally.add_whole()
    actions = {code: _action(code, p.rows, tally.rows, max_missing) for code, p in tally.items()}
    aside: dict[str, float] = {}
    for code, problem in tally.items():
        aside |= problem.seconds_by_id if actions[code] == "set aside" else {}
    tally.add_emptied(len(aside))
    named = (tally.problems[code].record(actions) for code in KINDS if code in tally.problems)
    checked = CheckedSet(
        name=rows.name,
        source=rows.source,
        rows=tally.rows,
        hours=round(tally.seconds / 3600, 6),
        used_rows=tally.rows - len(aside),
        used_hours=round((tally.seconds - sum(aside.values())) / 3600, 6),
        problems=tuple(named),
    )
    return checked, frozenset(aside)


class _Tally:
    """The rows of a set, and its problems by code."""

    def __init__(self, rows: RowSet) -> None:
        self.rows = 0
        self.seconds = 0.0
        self.problems: dict[str, _Problem] = {}
        self._set = rows
        self._has_text = False

    def items(self) -> list[tuple[str, _Problem]]:
        return list(self.problems.items())

    def add(self, record: Record, problems: Problems) -> None:
        self.rows += 1
        self.seconds += record.duration_s
        self._has_text = self._has_text or bool(record.text.strip())
        for code, what in problems.items():
            self.problems.setdefault(code, _Problem(code, what)).add(record)

    def add_whole(self) -> None:
        """Note a set without any transcript."""
        if self.rows and not self._has_text:
            self._add_set("no-text", "every transcript is empty")

    def add_emptied(self, aside: int) -> None:
        """Note a validation set whose rows are all set aside."""
        if self.rows and aside == self.rows and self._set.outside == "durations":
            self._add_set("none-left", "every row is set aside")

    def _add_set(self, code: str, what: str) -> None:
        places = [self._set.source]
        self.problems[code] = _Problem(code, what, self.rows, self.seconds, places)


def _action(code: str, rows: int, total: int, max_missing: float) -> Action:
    policy = KINDS[code].policy
    few = policy == "few" and rows <= max_missing * total
    return "set aside" if few or policy == "any" else "refused"
