"""The log of decisions as a review session sees it: what others add to it meanwhile counts at once.

A decision is checked against the log, and added to it, under one lock. So what a reviewer has not
seen yet is never undone or set aside by them: see `Changed`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from curate.artifacts import append_log
from curate.artifacts.columns import AUDIO_KEY
from curate.files.state import FileState
from curate.profiles.opened import Json
from curate.rules.overrides import Decision, Facet, Overrides, line_of, parse, undone

Segment = tuple[float, float]
"""Where a segment starts in its audio file, and how long it lasts, seconds."""


class Refused(ValueError):  # noqa: N818 - answered to the client
    """What cannot be done with a record, in words."""


class Changed(Refused):
    """Somebody else has decided about the record since it was shown."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the profile with the record of its line, which is empty where there is none.

    `content` is what its decisions name it by; None where nothing can be decided about it, and
    `why_not` says why.
    """

    row: Mapping[str, Any]
    record: Mapping[str, Any]
    content: str | None
    why_not: str = ""


class DecisionLog:
    """The decisions of one log, and of one reviewer who adds to it. Safe for many threads.

    `written` counts what this session has added.
    """

    def __init__(self, path: Path, reviewer: str) -> None:
        self.path, self.reviewer, self.written = path, reviewer, 0
        self._counting = threading.Lock()
        self._known: tuple[FileState | None, Overrides] = None, Overrides()
        append_log.check_writable(path)
        self.overrides()

    def overrides(self) -> Overrides:
        """What is in the log now; others may have added to it. ConfigError for a bad log."""
        state = append_log.log_state(self.path)
        if state is None:
            return Overrides()
        if state != self._known[0]:
            content = append_log.read(self.path)
            self._known = state, Overrides(parse(self.path, content, self._known[1].log))
        return self._known[1]

    def decided(self) -> int:
        """How many records something is decided about, of this profile or another."""
        return len({each.key for each in self.overrides().standing.decisions})

    def facets(self, record: Record) -> Mapping[Facet, Decision]:
        """What is decided about a record, by facet."""
        return _about(self.overrides(), record)[0]

    def shown(self, record: Record) -> Json:
        """What is decided about a record, by facet; the history of its decisions, and `seen`: what
        `decide` and `undo` want to know of the one who was shown this.
        """
        decided, history = _about(self.overrides(), record)
        return {
            "decided": facets_json(decided),
            "history": [_event(each, state) for each, state in history],
            "seen": _last_line(history),
        }

    def decide(
        self,
        record: Record,
        decision: str,
        seen: int | None = None,
        text: str | None = None,
        segment: Segment | None = None,
        why: str = "",
    ) -> None:
        """Add a decision, on disk when this returns. ConfigError for what is no decision; Changed
        where the last line about the record is not the one that was `seen` (None: not checked).
        """
        new = replace(self._new(record, decision, why, now()), text=text)
        if segment is not None:
            new = replace(new, new_offset=segment[0], new_duration=segment[1])
        line_of(new)
        self._add(record, seen, lambda history: new)

    def proposed(self, record: Record, segment: Segment, why: str) -> Decision:
        """The trim that gives a record this segment, as a proposal: by nobody, and not added."""
        new = replace(self._new(record, "trim", why, ""), by="")
        return replace(new, new_offset=segment[0], new_duration=segment[1])

    def decide_all(self, records: Sequence[Record], decision: str, why: str) -> int:
        """Add a decision about each record that nothing is decided about yet, all or none on disk
        when this returns; how many were added. The lines share one time.
        """
        at = now()
        new = [(each, self._new(each, decision, why, at)) for each in records if each.content]

        def undecided(_: Sequence[Decision]) -> list[Decision]:
            overrides = self._known[1]
            return [line for record, line in new if not _about(overrides, record)[0]]

        return self.extend(undecided)

    def extend(self, compose: Callable[[Sequence[Decision]], Iterable[Decision]]) -> int:
        """Add the decisions that are composed of those in the log, under one lock, all or none;
        how many there are.
        """
        with append_log.exclusive(self.path) as log:
            if log.state != self._known[0]:
                self._known = log.state, Overrides(parse(self.path, log.read(), self._known[1].log))
            known = self._known[1].log
            lines = [line_of(each) for each in compose(known.decisions if known else ())]
            if lines:
                log.append(*lines)
        with self._counting:
            self.written += len(lines)
        return len(lines)

    def undo(self, record: Record, seen: int | None) -> None:
        """Take back the last decision about a record, whatever it set and whoever made it."""

        def undo_of(history: History) -> Decision:
            standing = [each for each, state in history if state in {"stands", "superseded"}]
            if not standing:
                raise Refused("it has no decision")
            return undone(standing[-1], self.reviewer, now())

        undo_of(_about(self.overrides(), record)[1])  # before a log is made for nothing
        self._add(record, seen, undo_of)

    def _add(
        self, record: Record, seen: int | None, compose: Callable[[History], Decision]
    ) -> None:
        with append_log.exclusive(self.path) as log:
            if log.state != self._known[0]:
                self._known = log.state, Overrides(parse(self.path, log.read(), self._known[1].log))
            _, history = _about(self._known[1], record)
            if seen is not None and _last_line(history) != seen:
                raise Changed(_changed_words(history))
            log.append(line_of(compose(history)))
        with self._counting:
            self.written += 1

    def _new(self, record: Record, decision: str, why: str, at: str) -> Decision:
        offset = record.record.get("offset")
        return Decision(
            decision,
            self.reviewer,
            at,
            audio_filepath=str(record.record["audio_filepath"]),
            offset=float(offset) if isinstance(offset, int | float) else None,
            content=record.content,
            why=why,
        )


History = list[tuple[Decision, str]]
"""The lines about one record, in order, and what became of each: it `stands`, is `superseded` or
`undone`, or is itself an `undo`.
"""


def _about(overrides: Overrides, record: Record) -> tuple[Mapping[Facet, Decision], History]:
    if record.content is None:
        return {}, []
    named = int(record.row[AUDIO_KEY.name]), record.content, duration_us(record.record)
    decided, lines = overrides.about(*named), overrides.history(*named)
    undone_lines = overrides.standing.undone_lines
    return decided, [(each, _state(each, decided, undone_lines)) for each in lines]


def duration_us(record: Mapping[str, Any]) -> int:
    """The duration of a record as its manifest has it, whole microseconds."""
    return round(float(record["duration"]) * 1e6)


def _state(each: Decision, decided: Mapping[Facet, Decision], undone_lines: frozenset[int]) -> str:
    if each.decision == "undo" or each.line in undone_lines:
        return "undo" if each.decision == "undo" else "undone"
    return "stands" if each in decided.values() else "superseded"


def _last_line(history: History) -> int:
    return history[-1][0].line if history else 0


def _changed_words(history: History) -> str:
    if not history:
        return "the log has changed since this record was shown: reload the record"
    last = history[-1][0]
    return f"{last.by} has decided meanwhile ({last.decision}): reload the record"


def facets_json(decided: Mapping[Facet, Decision]) -> Json:
    """What is decided about a record, by facet; a facet that nobody set is null."""
    return {facet.value: _decision_json(decided.get(facet)) for facet in Facet}


def _event(each: Decision, state: str) -> Json:
    return {**(_decision_json(each) or {}), "line": each.line, "state": state}


def _decision_json(decision: Decision | None) -> Json | None:
    if decision is None:
        return None
    names = ("decision", "by", "at", "why", "text", "new_offset", "new_duration")
    return {name: getattr(decision, name) for name in names}


def now() -> str:
    """The time, as decisions have it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
