"""The JSON of Whisper, WhisperX, faster-whisper, whisper.cpp and Transformers: a list of segments.

What a segment says of itself (`avg_logprob`, `no_speech_prob`, `compression_ratio`) stays a field
of its record; the probabilities of its words become their mean, `confidence`, and the metrics of
words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from curate.artifacts.score_fields import SCORE_FIELD
from curate.manifest.captions.format import whole_format
from curate.manifest.captions.lines import Cursor, Span, decode_text
from curate.manifest.captions.segment import record_of, segment
from curate.manifest.chunks import read_head
from curate.manifest.sniff import Look
from curate.manifest.strict import Malformed, Record
from curate.manifest.word_scores import word_values

_LISTS = ("segments", "chunks", "transcription")
"""Where the segments are: Whisper's, Transformers' and whisper.cpp's."""
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
_SPACE = re.compile(r"[ \t\n\r]*")
_LIST = re.compile(r'"(?:segments|chunks|transcription)"\s*:\s*\[\s*[{\]]')
_HEAD = 1 << 16
"""Bytes that an input is recognised by; here more are read of one JSON object that is longer."""
_SNIFFED = 16 << 20
"""Bytes in which the segments must begin: behind them all of the text may stand."""
_OTHER = frozenset(
    {
        "id", "seek", "start", "end", "text", "timestamp", "timestamps", "offsets", "tokens",
        "words", "speaker", "language", "offset", "duration", "audio_filepath", "lang",
    }
)  # fmt: skip
"""Keys that become other fields, or are none of a record."""


class _Element(NamedTuple):
    """An element of the list of segments and its place; or the rest of the text, and its fault."""

    start: int
    end: int
    value: object
    fault: str = ""


class _Scanner:
    """Reads one JSON object, of which it gives the elements of a list with their places.

    `others` are its other values, known when all is read.
    """

    def __init__(self, text: str) -> None:
        self.others: dict[str, object] = {}
        self._text, self._at, self._end = text, 0, 0

    def elements(self) -> Iterator[_Element]:
        """The segments; where the JSON breaks, what is behind the last one is one more."""
        try:
            self._expect("{")
            while not self._accept("}"):
                key = self._value()
                self._expect(":")
                if key in _LISTS and self._accept("["):
                    yield from self._list()
                else:
                    self.others[str(key)] = self._value()
                if self._next() != "}":
                    self._expect(",")
            if self._next():
                raise json.JSONDecodeError("Extra data", self._text, self._at)
        except json.JSONDecodeError as error:
            place = f"line {error.lineno} column {error.colno}"
            yield self._rest(f"the JSON cannot be read to its end ({error.msg}, {place})")
        except (ValueError, RecursionError) as error:  # a number of 4,300 digits; too deep
            yield self._rest(f"the JSON cannot be read to its end ({error})")

    def _list(self) -> Iterator[_Element]:
        while not self._accept("]"):
            self._next()
            start = self._at
            value = self._value()
            self._end = self._at
            yield _Element(start, self._end, value)
            if self._next() != "]":
                self._expect(",")

    def _rest(self, fault: str) -> _Element:
        return _Element(self._end, len(self._text), None, fault)

    def _next(self) -> str:
        """The next character that is no space; empty at the end."""
        match = _SPACE.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._text[self._at : self._at + 1]

    def _accept(self, mark: str) -> bool:
        """Whether a mark comes next, which is then passed."""
        is_next = self._next() == mark
        self._at += is_next
        return is_next

    def _expect(self, mark: str) -> None:
        if not self._accept(mark):
            raise json.JSONDecodeError(f"Expecting {mark!r}", self._text, self._at)

    def _value(self) -> object:
        self._next()
        value, self._at = _DECODER.raw_decode(self._text, self._at)
        return value


def parse_whisper(data: bytes) -> Iterator[Span]:
    """The segments of a transcription."""
    cursor = Cursor(data)
    if not cursor.text.strip():
        return
    scanner = _Scanner(cursor.text)
    elements = list(scanner.elements())
    lang = _language(scanner.others)
    for start, end, value, fault in elements:
        content: Record | str = fault
        if not fault:
            content = record_of(partial(_record, value, lang))
        yield Span(cursor.place(start), cursor.place(end), content)


def _language(others: Mapping[str, object]) -> str | None:
    result = others.get("result")
    inside = result.get("language") if isinstance(result, dict) else None
    lang = others.get("language") or inside
    return lang if isinstance(lang, str) else None


def _record(value: object, lang: str | None) -> Record:
    if not isinstance(value, dict):
        raise Malformed(f"a segment is not a JSON object ({type(value).__name__})")
    text = value.get("text")
    if not isinstance(text, str):
        raise Malformed("the text of a segment is not a string")
    own = value.get("language")
    fields: dict[str, object] = {
        "lang": own if isinstance(own, str) else lang,
        "speaker": value.get("speaker"),
        "confidence": _confidence(value.get("words")),
    }
    known = {name: given for name, given in fields.items() if given is not None}
    if words := word_values(value.get("words")):
        known[SCORE_FIELD] = words
    rest = {name: value[name] for name in value if name not in _OTHER and _is_plain(value[name])}
    return {**rest, **segment(*_times(value), text.strip()), **known}


def _times(value: Mapping[str, object]) -> tuple[object, object]:
    match value:
        case {"offsets": {"from": int(start), "to": int(end)}}:
            return start / 1000, end / 1000
        case {"timestamp": [start, end]}:
            return start, end
    return value.get("start"), value.get("end")


def _confidence(words: object) -> float | None:
    """The mean probability of the words that have one."""
    scores = [
        score
        for word in (words if isinstance(words, list) else ())
        if isinstance(word, dict)
        for score in (word.get("probability", word.get("score", word.get("confidence"))),)
        if isinstance(score, int | float)
    ]
    return round(sum(scores) / len(scores), 6) if scores else None


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _is_whisper(look: Look) -> bool:
    """Whether a file is one JSON object with a list of segments, and no line of a manifest."""
    text = decode_text(look.head)[0].lstrip()
    if not text.startswith("{") or '"audio_filepath"' in text[:4096]:
        return False
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        if len(look.head) < _HEAD or look.first:
            return _LIST.search(text) is not None and not look.first
        return _LIST.search(decode_text(read_head(look.name, _SNIFFED))[0]) is not None
    return not text[end:].strip() and any(isinstance(value.get(name), list) for name in _LISTS)


WHISPER = whole_format(
    "whisper",
    "a JSON transcription of Whisper, WhisperX, faster-whisper, whisper.cpp or Transformers",
    _is_whisper,
    parse_whisper,
    "; its probabilities are fields",
)
