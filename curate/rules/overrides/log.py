"""The log of decisions: read strictly, appended to safely, and what of it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from curate.artifacts import append_log
from curate.errors import ConfigError, Fault, raise_all
from curate.rules.overrides.decision import Decision, Facet, Key, faults_of, parse_decision


class Log(NamedTuple):
    """A log as it was read: its name, its content's hash, all its decisions in order, and how many
    bytes and line ends it has.
    """

    name: str
    sha256: str
    decisions: tuple[Decision, ...]
    size: int = 0
    ends: int = 0


class Standing(NamedTuple):
    """The decisions that stand in at least one facet, in the order of the log; how many stand in
    none, since later ones set the same; and the lines of those that were undone.
    """

    decisions: tuple[Decision, ...]
    superseded: int
    undone_lines: frozenset[int]

    @property
    def undone(self) -> int:
        """How many decisions were undone."""
        return len(self.undone_lines)


def read(path: str | Path) -> Log:
    """The log at `path`. ConfigError with every fault at its line, InputError where none is there.

    Blank lines say nothing.
    """
    return parse(path, append_log.read(path, "it is made by the first decision"))


def parse(path: str | Path, content: bytes, before: Log | None = None) -> Log:
    """The log of this content. ConfigError with every fault at its line of `path`.

    `before` is what an earlier reading gave: where the content begins with it, only what was
    appended since is parsed.
    """
    known = before if before is not None and _begins_with(content, before) else Log("", "", ())
    decisions = list(known.decisions)
    faults: list[Fault] = []
    for number, line in append_log.numbered_lines(content[known.size :], known.ends + 1):
        decision = parse_decision(line, number)
        if isinstance(decision, Decision):
            decisions.append(decision)
        else:
            cut = append_log.is_cut_short(content, number)
            hint = f"{append_log.CUT_SHORT}: delete it" if cut else ""
            faults += [Fault(f"{path}:{number}", what, hint) for what in decision]
    faults += _undo_faults(decisions, str(path))
    raise_all(ConfigError, faults)
    digest = hashlib.sha256(content).hexdigest()
    return Log(str(path), digest, tuple(decisions), len(content), content.count(b"\n"))


def _begins_with(content: bytes, log: Log) -> bool:
    begin = content[: log.size]
    return begin.endswith(b"\n") and hashlib.sha256(begin).hexdigest() == log.sha256


def standing(decisions: Iterable[Decision]) -> Standing:
    """What stands: for each facet of a record the last decision that sets it; an undo takes back
    the last decision about the record that has not been taken back yet, whatever it set.
    """
    stacks, undone = kept_and_undone(decisions)
    last = [each for stack in stacks.values() for each in _standing_of(stack)]
    superseded = sum(map(len, stacks.values())) - len(last)
    return Standing(
        tuple(sorted(last, key=lambda decision: decision.line)), superseded, frozenset(undone)
    )


def last_of_records(decisions: Iterable[Decision]) -> Mapping[Key, Decision]:
    """For each record the last decision that no undo has taken back."""
    stacks, _ = kept_and_undone(decisions)
    return {key: stack[-1] for key, stack in stacks.items() if stack}


def kept_and_undone(
    decisions: Iterable[Decision],
) -> tuple[Mapping[Key, Sequence[Decision]], Sequence[int]]:
    """The decisions about each record that no undo has taken back, in the order of the log, and the
    lines of those that were undone.
    """
    stacks: dict[Key, list[Decision]] = {}
    undone: list[int] = []
    for each in decisions:
        stack = stacks.setdefault(each.key, [])
        if each.decision != "undo":
            stack.append(each)
        elif stack:
            undone.append(stack.pop().line)
    return stacks, undone


def _standing_of(stack: Sequence[Decision]) -> list[Decision]:
    """Those of the decisions about one record that stand in some facet, the last one first.

    One that holds for a certain duration sets aside only those that hold for the same.
    """
    effective = []
    covered: set[tuple[Facet, float | None]] = set()
    for each in reversed(stack):
        free = [
            facet
            for facet in each.facets
            if covered.isdisjoint({(facet, None), (facet, each.duration)})
        ]
        covered.update((facet, each.duration) for facet in free)
        if free:
            effective.append(each)
    return effective


def append(path: str | Path, decision: Decision) -> None:
    """Add a decision to the log, which is made where there is none; on disk when this returns.

    Several programs may append at once. A last line that was cut short is ended first, and will be
    a fault at its line for the next reading. ConfigError for a decision that could not be read, for
    an undo of what another program has undone meanwhile, and for a log that cannot be written.
    """
    line = line_of(decision)
    with append_log.exclusive(path) as log:
        if decision.decision == "undo":
            before = parse(path, log.read()).decisions
            raise_all(ConfigError, _undo_faults([*before, decision], str(path)))
        log.append(line)


def line_of(decision: Decision) -> bytes:
    """The line of a decision. ConfigError for one that could not be read again."""
    raise_all(ConfigError, faults_of(decision))
    return decision.as_line().encode()


def _undo_faults(decisions: Iterable[Decision], name: str) -> list[Fault]:
    depth: dict[Key, int] = {}
    faults = []
    for each in decisions:
        depth[each.key] = depth.get(each.key, 0) + (-1 if each.decision == "undo" else 1)
        if depth[each.key] < 0:
            depth[each.key] = 0
            hint = "an undo names the record, and its content, as the decision did"
            where = f"{name}:{each.line}" if each.line else name
            faults.append(Fault(where, "there is nothing to undo", hint))
    return faults
