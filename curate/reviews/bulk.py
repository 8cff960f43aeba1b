"""One decision about all records that a query is about, previewed before it is made, and undone as
one.

In the log it is a line for each record, like any other decision; lines of one such decision share
author, time and comment, which begins with MARK.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from curate.formatting.units import US_PER_HOUR, plural
from curate.profiles.opened import Json
from curate.reviews.decisions import Refused, now
from curate.reviews.query import Query
from curate.reviews.session import ReviewSession
from curate.rules.overrides import Decision, last_of_records

MARK: Final = "all of "
MOST_RECORDS: Final = 10_000
"""Records that one decision may be about: more are a matter for a rule."""
_WAIT_S: Final = 20.0
Batch = tuple[str, str, str]
"""What the lines of one such decision share: by, at, why."""


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """A decision about all records of a query; `words` describe the query, `count` is how many the
    preview has shown.
    """

    query: Query
    decision: str
    words: str
    comment: str = ""
    count: int | None = None

    @property
    def why(self) -> str:
        """The comment of its lines."""
        return f"{MARK}{self.words or 'the records'}{f': {self.comment}' if self.comment else ''}"


def preview(session: ReviewSession, request: BulkRequest) -> Json:
    """How many records, and hours, a decision would be about, and how many it would leave."""
    rows, us, left = _amounts(session, request.query)
    return {"rows": rows, "hours": us / US_PER_HOUR, "left": left, "most": MOST_RECORDS}


def decide_all(session: ReviewSession, request: BulkRequest) -> Json:
    """Add the decision about each record; how many were written.

    Records about which something is decided already are left as they are, and so are lines that
    are no records. Refused where there are none, too many, or others than the preview has shown.
    """
    rows, _, _ = _amounts(session, request.query)
    if not 0 < rows <= MOST_RECORDS:
        limit = f"at most {MOST_RECORDS:,} at once: narrow the filters, or write a rule"
        why = limit if rows else "widen the filters"
        raise Refused(f"{plural(rows, 'record')} to decide; {why}")
    if request.count is not None and rows != request.count:
        now = plural(rows, "record")
        raise Refused(f"{now} to decide now, not {request.count:,}: preview it again")
    selection = session.table.select(_undecided(session, request.query), _WAIT_S)
    records = session.records([int(row) for row in selection.rows])
    written = session.log.decide_all(records, request.decision, request.why)
    return {"written": written, "left": len(records) - written}


def batches(session: ReviewSession) -> list[Json]:
    """The decisions of this kind in the log, the last one first: how many lines, and how many of
    them still are the last word about their record.
    """
    log = session.log.overrides().log
    decisions = log.decisions if log else ()
    last = last_of_records(decisions)
    counted: dict[Batch, list[int]] = {}
    kinds: dict[Batch, str] = {}
    for each in _of_batches(decisions):
        counts = counted.setdefault(_batch(each), [0, 0])
        kinds[_batch(each)] = each.decision
        counts[0] += 1
        counts[1] += last.get(each.key) is each
    return [
        {"by": by, "at": at, "why": why, "decision": kinds[by, at, why], "lines": lines, "last": n}
        for (by, at, why), (lines, n) in reversed(counted.items())
    ]


def undo_all(session: ReviewSession, batch: Batch) -> Json:
    """Undo each decision of a batch that still is the last word about its record."""
    log = session.log

    def undone(decisions: Sequence[Decision]) -> Iterable[Decision]:
        last = last_of_records(decisions)
        lines = [
            replace(each, decision="undo", by=log.reviewer, at=now(), why="", line=0)
            for each in _of_batches(decisions)
            if _batch(each) == batch and last.get(each.key) is each
        ]
        if not lines:
            raise Refused("nothing of it is left to undo")
        return lines

    return {"written": log.extend(undone)}


def bulk_request(sent: Mapping[str, Any], query: Query) -> BulkRequest:
    """The request that a page has sent. Refused where it is none."""
    decision, count = sent.get("decision"), sent.get("count")
    if decision not in {"keep", "borderline", "reject"}:
        raise Refused(f"{decision!r} cannot be decided of many records")
    if count is not None and type(count) is not int:
        raise Refused("'count' is a number of records")
    words, comment = (" ".join(str(sent.get(name) or "").split()) for name in ("words", "comment"))
    return BulkRequest(query, str(decision), words[:500], comment[:500], count)


def _amounts(session: ReviewSession, query: Query) -> tuple[int, int, int]:
    """Rows and microseconds to decide about, and the rows that are left as they are."""
    browser = session.table.browser
    everything = session.table.select(query, _WAIT_S)
    undecided = session.table.select(_undecided(session, query), _WAIT_S)
    if not (everything.complete and undecided.complete):
        raise Refused("the search is not complete yet: try again in a moment")
    rows, us = browser.tally(undecided.rows)
    return rows, us, everything.rows.size - rows


def _undecided(session: ReviewSession, query: Query) -> Query:
    """The part of a query that nothing is decided about, and that are records."""
    if query.keys is not None and not query.other_keys:
        return replace(query, keys=(), other_keys=False, sort=None)
    return replace(
        query, keys=session.decided_keys(), other_keys=True, sort=None, records_only=True
    )


def _of_batches(decisions: Iterable[Decision]) -> Iterable[Decision]:
    return (each for each in decisions if each.why.startswith(MARK))


def _batch(decision: Decision) -> Batch:
    return decision.by, decision.at, decision.why
