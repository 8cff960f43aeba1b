"""Segments that the forced alignment proposes: without the audio before the first token and behind
the last one. A proposal is shown, or written as CSV; only a reviewer's decision applies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from curate.artifacts.columns import DURATION_FIX, DURATION_US, OFFSET_S
from curate.profiles.opened import Json
from curate.reviews.decisions import Record, Segment
from curate.reviews.query import Query, Range
from curate.rules.overrides import Decision, Facet

if TYPE_CHECKING:
    from curate.reviews.session import ReviewSession

NAME: Final = "proposals.csv"
LEAD, TRAIL, EDGE = "align_lead_s", "align_trail_s", "align_edge"
MARGIN_S: Final = 0.3
"""Seconds that stay at either end: a CTC model places a token behind where its sound begins."""
LEAST_S: Final = 0.5
"""Seconds that a proposal takes from an end at least."""
LEAST_EDGE: Final = -3.0
"""`align_edge` below which it is not known where the text begins and ends (preset `alignment`)."""
_AT_ONCE: Final = 500


def proposed_segment(row: Mapping[str, Any]) -> tuple[Segment, str] | None:
    """The segment that the alignment of a row of the profile proposes, and the reason; None where
    it proposes none: nothing was aligned, the edges fit their audio badly, or at neither end
    LEAST_S is left over. A row whose segment is corrected already gets none.
    """
    names = (LEAD, TRAIL, EDGE, DURATION_US.name)
    values = [float(row[name]) for name in names if row.get(name) is not None]
    if len(values) < len(names) or row.get(DURATION_FIX.name) is not None:
        return None
    lead_s, trail_s, edge, duration_us = values
    cut = [spare if (spare := end - MARGIN_S) >= LEAST_S else 0.0 for end in (lead_s, trail_s)]
    if edge < LEAST_EDGE or not any(cut):
        return None
    offset_s = (row.get(OFFSET_S.name) or 0.0) + cut[0]
    segment = round(offset_s, 3), round(duration_us / 1e6 - sum(cut), 3)
    ends = (f"{lead_s:.2f} s before the first token", f"{trail_s:.2f} s after the last one")
    words = [words for words, seconds in zip(ends, cut, strict=True) if seconds]
    return (segment, f"alignment: {', '.join(words)}") if segment[1] > 0 else None


def proposal_json(row: Mapping[str, Any]) -> Json | None:
    """The proposal as a page is sent it."""
    proposed = proposed_segment(row)
    if proposed is None:
        return None
    (offset, duration), why = proposed
    return {"new_offset": offset, "new_duration": duration, "why": why}


def proposals(session: ReviewSession) -> Iterator[Decision]:
    """The proposals about all records whose segment nobody has decided about, in their order;
    `by` and `at` are empty, so that who imports them is named.
    """
    names = {metric.name for metric in session.metrics}
    if not {LEAD, TRAIL, EDGE} <= names:
        return
    ends = [Query(ranges=(Range(name, LEAST_S + MARGIN_S, None),)) for name in (LEAD, TRAIL)]
    rows = np.union1d(*(session.table.select(each).rows for each in ends)).tolist()
    for first in range(0, len(rows), _AT_ONCE):
        for record in session.records(rows[first : first + _AT_ONCE], (LEAD, TRAIL, EDGE)):
            if decision := _decision(session, record):
                yield decision


def _decision(session: ReviewSession, record: Record) -> Decision | None:
    proposed = proposed_segment(record.row)
    if proposed is None or record.content is None:
        return None
    if Facet.SEGMENT in session.log.facets(record):
        return None
    return session.log.proposed(record, *proposed)
