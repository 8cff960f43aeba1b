"""One decision about one record, and the strict reading of the line that holds it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from curate.errors import Fault
from curate.errors.nearest import suggest
from curate.manifest.strict import Malformed, parse_line

DECISIONS: Mapping[str, str] = {
    "keep": "the record is clean, regardless of the rules",
    "borderline": "it trains, and never measures",
    "reject": "it is rejected",
    "text": "its text is corrected, and the rules are applied to the corrected text",
    "trim": "its segment is corrected: it starts at `new_offset`, and lasts `new_duration`",
    "undo": "the last decision about it is undone, whatever it set",
}
"""What can be decided, and what it means."""


class Facet(StrEnum):
    """A property of a record that decisions set. Each is set on its own: a decision about one
    leaves the others as they are.
    """

    VERDICT = "verdict"
    TEXT = "text"
    SEGMENT = "segment"


VERDICT_OF: Mapping[str, str] = {"keep": "clean", "borderline": "borderline", "reject": "bad"}
"""The verdict of a record so decided."""

_CONTENT = re.compile(r"[0-9a-f]{16}")
SEGMENT = ("new_offset", "new_duration")
NUMBERS = ("offset", "duration", *SEGMENT)
"""Keys whose values are seconds."""
_TEXTS = ("id", "audio_filepath", "content", "text", "by", "at", "why")
Key = tuple[str, float, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of the log.

    The record is named by `audio_filepath` with `offset` (seconds; none is 0), as its manifest has
    them, or by `id` (`source:line`). `content` (see `content_of`) is of what was decided about:
    where it is given, a record that has changed since is not touched; with `id` it is required.
    `duration` (seconds) is a weaker form of the same. `text` is the corrected text, of `text`,
    `keep` or `borderline`: the latter two set both facets then. `new_offset` and `new_duration`
    (seconds in the audio file) are the corrected segment, of `trim`. `by` says who, `at` when (ISO
    8601 with a time zone), `why` may be empty. `line` is where it is in the log; 0 for one that is
    not there yet.
    """

    decision: str
    by: str
    at: str
    audio_filepath: str | None = None
    offset: float | None = None
    duration: float | None = None
    id: str | None = None
    content: str | None = None
    text: str | None = None
    new_offset: float | None = None
    new_duration: float | None = None
    why: str = ""
    line: int = 0

    @property
    def key(self) -> Key:
        """What decisions about the same record, with the same content, have in common."""
        named = f"id {self.id}" if self.audio_filepath is None else f"audio {self.audio_filepath}"
        return named, self.offset or 0.0, self.content or ""

    @property
    def facets(self) -> tuple[Facet, ...]:
        """What the decision sets; nothing for an undo."""
        sets = {
            Facet.VERDICT: self.decision in VERDICT_OF,
            Facet.TEXT: self.text is not None,
            Facet.SEGMENT: self.decision == "trim",
        }
        return tuple(facet for facet in Facet if sets[facet])

    @property
    def record(self) -> str:
        """The record for people."""
        return self.id or f"{self.audio_filepath} at {self.offset or 0:g} s"

    def as_line(self) -> str:
        """The decision as a line of the log, without its newline."""
        given = {
            name: getattr(self, name) for name in KEYS if getattr(self, name) not in (None, "")
        }
        return json.dumps(given, ensure_ascii=False, allow_nan=False)


KEYS = tuple(field.name for field in fields(Decision) if field.name != "line")
"""The keys that a line may have."""


def undone(decision: Decision, by: str, at: str, why: str = "") -> Decision:
    """The decision that takes the last one about the same record back."""
    return replace(
        decision,
        decision="undo",
        by=by,
        at=at,
        why=why,
        text=None,
        duration=None,
        new_offset=None,
        new_duration=None,
        line=0,
    )


def parse_decision(line: bytes, number: int) -> Decision | list[str]:
    """The decision of a line, or everything that is wrong with it."""
    try:
        stated = parse_line(line)
    except Malformed as fault:
        return [str(fault)]
    if wrong := list(_wrong(stated)):
        return wrong
    numbers = {name: float(str(stated[name])) for name in NUMBERS if name in stated}
    texts = {name: str(stated[name]) for name in ("decision", *_TEXTS) if name in stated}
    return Decision(**texts, **numbers, line=number)  # type: ignore[arg-type]


def faults_of(decision: Decision) -> list[Fault]:
    """What is wrong with a decision that a program made; none where it may be appended."""
    parsed = parse_decision(decision.as_line().encode(), 0)
    return [] if isinstance(parsed, Decision) else [Fault("decision", what) for what in parsed]


def _wrong(stated: Mapping[str, object]) -> Iterator[str]:
    unknown = [key for key in stated if key not in KEYS]
    yield from (f"unknown key '{key}' ({suggest(key, KEYS)})" for key in unknown)
    for name in _TEXTS:
        value = stated.get(name, "?")
        if not isinstance(value, str) or (not value and name != "why"):
            yield f"'{name}' is a text"
    for name in NUMBERS:
        value = stated.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not _sane(value):
            yield f"'{name}' is a number of seconds"
    for name in ("decision", "by", "at"):
        if name not in stated:
            yield f"no '{name}': a decision needs `decision`, `by` and `at`"
    yield from _wrong_decision(stated)
    yield from _wrong_segment(stated)
    yield from _wrong_record(stated)
    at = stated.get("at", "")
    if isinstance(at, str) and at and not _is_time(at):
        yield f"'at' is not a time with a time zone, such as 2026-11-26T10:00:00Z: '{at}'"


def _wrong_decision(stated: Mapping[str, object]) -> Iterator[str]:
    decision, text = stated.get("decision"), stated.get("text")
    if "decision" in stated and decision not in DECISIONS:
        yield f"'decision' cannot be '{decision}' ({suggest(str(decision), tuple(DECISIONS))})"
    if decision == "text" and text is None:
        yield "decision 'text' without the corrected 'text'"
    if decision in {"reject", "trim", "undo"} and text is not None:
        yield f"decision '{decision}' with a 'text', which would go nowhere"


def _wrong_segment(stated: Mapping[str, object]) -> Iterator[str]:
    given = [name for name in SEGMENT if name in stated]
    if stated.get("decision") != "trim":
        yield from (f"'{name}' goes with decision 'trim'" for name in given)
    elif len(given) < len(SEGMENT):
        yield "decision 'trim' needs 'new_offset' and 'new_duration'"
    else:
        offset, duration = (stated[name] for name in SEGMENT)
        if isinstance(offset, int | float) and offset < 0:
            yield "'new_offset' is 0 or more"
        if isinstance(duration, int | float) and round(duration * 1e6) <= 0:
            yield "'new_duration' is more than 0"


def _wrong_record(stated: Mapping[str, object]) -> Iterator[str]:
    by_id, by_audio = "id" in stated, "audio_filepath" in stated
    if by_id == by_audio:
        yield "a record is named by 'audio_filepath' (with 'offset'), or by 'id': by one of them"
    elif by_id and "content" not in stated:
        yield "'id' without 'content': the line may hold another record later"
    if by_id and not by_audio and ("offset" in stated or "duration" in stated):
        yield "'offset' and 'duration' go with 'audio_filepath'"
    content = stated.get("content")
    if isinstance(content, str) and content and not _CONTENT.fullmatch(content):
        yield "'content' is 16 hexadecimal digits, as `curate rules explain --json` gives them"


def _sane(value: float) -> bool:
    return abs(value) < 1e7 and math.isfinite(value)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
