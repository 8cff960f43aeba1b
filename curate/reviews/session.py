"""A profile on the session: its records a page at a time, their audio, and what is decided of
them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.artifacts.columns import (
    AUDIO_CHANNEL,
    AUDIO_KEY,
    DURATION_US,
    MALFORMED,
    TEXT_KEY,
    VERDICT,
)
from curate.audio.clip import Clip, load_clip
from curate.audio.faults import Unusable
from curate.formatting.units import US_PER_HOUR
from curate.metrics import METRICS
from curate.profiles.duck import Records
from curate.profiles.examples.excerpts import metrics_of_rules, metrics_of_tags
from curate.profiles.opened import RECORDS, Json, open_profile
from curate.reviews.against import differences
from curate.reviews.agreement import disputed
from curate.reviews.browse import Place, shared
from curate.reviews.decisions import (
    DecisionLog,
    Record,
    Refused,
    Segment,
    duration_us,
    facets_json,
)
from curate.reviews.groups import Groups
from curate.reviews.histogram import Histograms
from curate.reviews.proposals import proposal_json
from curate.reviews.query import Query
from curate.reviews.requests import PageRequest
from curate.reviews.table import (
    NOTHING_BESIDE,
    Beside,
    RecordTable,
    Selection,
    identified,
    text_of,
)
from curate.reviews.views import Views
from curate.reviews.words import Words
from curate.rules.overrides import Decision, Facet, content_of, contents_of
from curate.rules.overrides.identity import audio_keys, contents, shown
from curate.text.marks import marks_of

MOST_TEXT = 20_000
"""Characters of a transcript that are shown; longer ones cannot be reviewed."""
LISTED_TEXT = 200
_CHANGED = "the manifest has changed since it was profiled: profile it again"
_UNREAD = (
    "the line cannot be read: start the session in the folder in which the manifest was profiled, "
    "or profile it again where it has changed"
)


class ReviewSession:
    """One profile and one log of decisions, for one reviewer. Thread-safe."""

    def __init__(
        self,
        folder: Path,
        records: Records,
        log: Path,
        reviewer: str,
        root: Path | None = None,
        allowed: Sequence[Path] = (),
        beside: Beside = NOTHING_BESIDE,
    ) -> None:
        self.folder, self.profile = folder, open_profile(folder)
        self.log = DecisionLog(log, reviewer)
        self.views = Views(log, reviewer)
        self._root, self._allowed = root or self.profile.audio_root, allowed
        self.table = RecordTable(folder, self.profile, records, beside)
        self.histograms = Histograms(folder / RECORDS, self.profile, self.table)
        self.words = Words(folder, self.profile, self.table)
        self.groups = Groups(folder, self.table)
        self._counts = metrics_of_rules(self.profile.rules_hit)
        self._folders = {entry.source: Path(entry.folder) for entry in self.profile.inputs}
        self.metrics = tuple(m for m in METRICS if m.name in self.table.browser.columns)
        self._tallies: dict[Query, tuple[int, int]] = {}

    def start(self) -> None:
        """Read the texts in advance, beside the requests, so that the first search finds them; what
        histograms count; and the words of a small profile.
        """
        self.table.search.start()
        self.histograms.start()
        self.words.start()

    def close(self) -> None:
        """Stop what runs beside the requests."""
        self.words.close()
        self.groups.close()
        self.table.search.close()
        self.histograms.close()

    def tally(self, selection: Selection) -> tuple[int, int]:
        """(rows, microseconds) of a selection that is complete."""
        query = selection.query
        if query not in self._tallies:
            if len(self._tallies) > 1000:
                self._tallies.clear()
            self._tallies[query] = self.table.browser.tally(selection.rows)
        return self._tallies[query]

    def decided_keys(self) -> tuple[int, ...]:
        """Audio keys of the records that something is decided about."""
        return tuple(sorted(self.log.overrides().audio_keys))

    def disputed_keys(self) -> tuple[int, ...]:
        """Audio keys of the records to which reviewers gave different verdicts."""
        named = [each for each in disputed(self.decisions()) if each.audio_filepath is not None]
        return tuple(sorted({key for keys in audio_keys(named) for key in keys}))

    def decisions(self) -> Sequence[Decision]:
        """All decisions of the log, in its order."""
        log = self.log.overrides().log
        return log.decisions if log else ()

    def page(
        self, selection: Selection, after: Place | None, count: int, columns: Sequence[str] = ()
    ) -> tuple[list[Json], Place | None]:
        """The next records behind a place, for a list; and the place where they end, if any."""
        rows, end = self.table.page(selection, after, count, columns)
        lines = self.table.lines(rows)
        decided = self._decided(rows, lines)
        listed = [
            {
                **identified(row),
                "values": {name: row[name] for name in columns},
                "text": text_of(line)[:LISTED_TEXT],
                "readable": bool(line),
                "decided": facets_json(decided.get(at, {})),
            }
            for at, (row, line) in enumerate(zip(rows, lines, strict=True))
        ]
        return listed, end

    def answer(self, request: PageRequest) -> Json:
        """A page of records, how many there are, and how far a search has come: none are listed
        before it is complete.
        """
        selection = self.table.select(request.query)
        share = {"searched": selection.searched, "loaded": selection.loaded}
        if not selection.complete:
            return {"records": [], "after": None, "rows": selection.rows.size, **share}
        listed, end = self.page(selection, request.after, request.count, request.columns)
        rows, us = self.tally(selection)
        return {
            "records": listed,
            "after": None if end is None else json.dumps(end),
            "rows": rows,
            "hours": us / US_PER_HOUR,
            "decided": self.log.decided(),
            "decided_listed": self._decided_among(selection),
            **share,
        }

    def _decided_among(self, selection: Selection) -> int:
        """How many of a selection's rows something is decided about."""
        if not (keys := self.decided_keys()):
            return 0
        return shared(selection.rows, self.table.browser.of(Query(keys=keys)))

    def record(self, number: int) -> Record:
        """One record. Refused where there is no such row."""
        records = self.records([number], [metric.name for metric in self.metrics])
        if not records:
            raise Refused(f"there is no row {number}")
        return records[0]

    def records(self, numbers: Sequence[int], columns: Sequence[str] = ()) -> list[Record]:
        """The records of these rows, those that there are, with further columns of their rows."""
        rows = self.table.browser.details(numbers, columns)
        stated = [_record_of(line) for line in self.table.lines(rows)]
        current = contents_of(stated)
        known = map(shown, contents(_identity(rows)))
        return [_record(*each) for each in zip(rows, stated, current, known, strict=True)]

    def describe(self, number: int) -> Json:
        """All that is shown of one record."""
        record = self.record(number)
        row, text = record.row, str(record.record.get("text") or "")
        shown_text = text[:MOST_TEXT]
        others = (self._hypothesis(record), record.record.get("pred_text_2"))
        first, second = (other[:MOST_TEXT] if isinstance(other, str) else None for other in others)
        return {
            **identified(row),
            "text": shown_text,
            "readable": record.why_not != _UNREAD,
            "text_chars": len(text),
            "text_fix": row["text_fix"],
            "segment_fix": row["duration_fix"] is not None,
            "marks": marks_of(shown_text, metrics_of_tags(row["tags"] or (), self._counts)),
            **differences(shown_text, first),
            "second": differences(shown_text, second),
            "audio": str(record.record.get("audio_filepath", "")),
            "offset_s": row["offset_s"] or 0.0,
            "metrics": [
                {"name": metric.name, "unit": metric.unit, "value": row[metric.name]}
                for metric in self.metrics
                if row[metric.name] is not None
            ],
            **self.log.shown(record),
            "proposal": proposal_json(row),
            "why_not": record.why_not,
        }

    def _hypothesis(self, record: Record) -> object:
        """The recogniser's text of a record: that of the evaluation, where one is open."""
        evaluation = self.table.evaluation
        if evaluation is None:
            return record.record.get("pred_text")
        return evaluation.hypotheses.get(record.row["row"])

    def clip(self, number: int) -> Clip:
        """The audio of a record. Unusable or Refused where there is none to play."""
        record = self.record(number)
        if not record.record:
            raise Refused(record.why_not)
        row = record.row
        folder = self._root or self._folders[row["source"]]
        name = str(record.record["audio_filepath"])
        if name.startswith(f"{row['source']}#"):
            raise Unusable("inside an archive: its own tools read it", "archived")
        seconds = row["duration_us"] / 1e6
        channel = row.get(AUDIO_CHANNEL.name)
        offset_s = row["offset_s"] or 0.0
        return load_clip(name, folder, self._allowed, offset_s, seconds, channel=channel)

    def decide(
        self,
        number: int,
        decision: str,
        text: str | None = None,
        why: str = "",
        seen: int | None = None,
        segment: Segment | None = None,
    ) -> Json:
        """Add a decision to the log, on disk when this returns; all that is shown then.

        Refused where nothing can be decided, ConfigError for what is no decision, Changed where
        somebody has decided since what was `seen`.
        """
        self.log.decide(self._decidable(number), decision, seen, text, segment, why)
        return self.describe(number)

    def undo(self, number: int, seen: int | None = None) -> Json:
        """Take back the last decision about a record, whatever it set and whoever made it; all
        that is shown then.
        """
        self.log.undo(self._decidable(number), seen)
        return self.describe(number)

    def _decidable(self, number: int) -> Record:
        record = self.record(number)
        if record.content is None:
            raise Refused(record.why_not)
        return record

    def _decided(
        self, rows: Sequence[Mapping[str, Any]], lines: Sequence[bytes]
    ) -> Mapping[int, Mapping[Facet, Decision]]:
        """By place in the list, what is decided about each row."""
        if not rows:
            return {}
        overrides = self.log.overrides()
        decisions = dict(overrides.decided(_identity(rows)))
        for at, row in enumerate(rows):
            if _is_fixed(row):
                decisions.pop(at, None)
                stated = _record_of(lines[at])
                content = content_of(stated)
                if content is not None:
                    key = int(row[AUDIO_KEY.name])
                    decisions[at] = overrides.about(key, content, duration_us(stated))
        return decisions


def _record(
    row: Mapping[str, Any], stated: Mapping[str, Any], content: str | None, known: str
) -> Record:
    """A row with the record of its line, unless the line is not what was profiled."""
    if row[VERDICT.name] == "untranscribed":
        return Record(row, stated, None, "nobody has transcribed the audio: its text is null")
    if row[MALFORMED.name] is not None:
        return Record(row, {}, None, f"the line is not a valid record: {row[MALFORMED.name]}")
    if content is None or (not _is_fixed(row) and content != known):
        return Record(row, {}, None, _CHANGED if stated else _UNREAD)
    return Record(row, stated, content)


def _is_fixed(row: Mapping[str, Any]) -> bool:
    """Whether a row was measured by another text or segment than its line has."""
    return row["text_fix"] is not None or row["duration_fix"] is not None


def _identity(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The columns that decisions are matched by."""
    columns = (AUDIO_KEY, TEXT_KEY, DURATION_US, MALFORMED)
    return pl.DataFrame(
        {each.name: [row[each.name] for row in rows] for each in columns},
        schema={each.name: each.dtype for each in columns},
    )


def _record_of(line: bytes) -> Mapping[str, Any]:
    """The record of a line; empty where it is none."""
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
