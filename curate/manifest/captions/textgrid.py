"""Praat's TextGrids, in the long and the short text format, and those of forced aligners.

The labelled intervals of a tier are records; empty intervals are the gaps between them, and points
have no length: neither is a record. Tiers of phones are none, and tiers of words only where there
is no other: then they are joined to utterances, as the words of CTM are. A tier's name is the
speaker, unless it is a usual name of a transcript; `anna - words`, as MFA writes, is of anna. Where
a tier is named, by its name or that behind the speaker (`words`), only that one is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from curate.manifest.captions.ctm import SILENCES, Word, follows, utterance
from curate.manifest.captions.format import first_lines, tier_format
from curate.manifest.captions.lines import Cursor, Span
from curate.manifest.captions.segment import record_of, require_text, segment
from curate.manifest.captions.tiers import TierNames, no_tier
from curate.manifest.origin import number_of
from curate.manifest.sniff import Look
from curate.manifest.strict import Malformed, Record

_ANCHOR = re.compile(r"^[ \t]*(?:intervals|points|item)[ \t]*\[\d+\][ \t]*:?", re.MULTILINE)
_TOKEN = re.compile(
    r'(?P<text>"[^"]*(?:""[^"]*)*")|(?<!\S)(?P<number>[+-]?[\d.][\d.eE+-]*)(?!\S)|(?<!\S)![^\n]*'
)
"""As Praat reads: texts in quotes and numbers that stand by themselves; all else is a comment."""
_POINTS, _INTERVALS = "TextTier", "IntervalTier"
_PHONES = frozenset({"phone", "phones", "phoneme", "phonemes", "syllable", "syllables"})
_WORDS = frozenset({"word", "words"})
_TRANSCRIPTS = frozenset(
    {
        "", "utterance", "utterances", "sentence", "sentences", "text", "transcript", "transcripts",
        "transcription", "transcriptions", "ortho", "orthography", "segment", "segments", "speech",
        "default",
    }
)  # fmt: skip
_HEADER = 5
"""Texts and numbers that begin a tier: its class and name, its times, and how much it holds."""
_NO_INTERVAL = "an interval has a start, an end and a text"


class _Token(NamedTuple):
    text: str
    is_text: bool
    start: int
    end: int

    @property
    def value(self) -> str:
        """A text without its quotes."""
        return self.text[1:-1].replace('""', '"') if self.is_text else self.text


class _Tier(NamedTuple):
    name: str
    is_points: bool

    @property
    def kind(self) -> str:
        """The name without a speaker before it."""
        return self.name.rpartition(" - ")[2].strip().lower()

    @property
    def speaker(self) -> str | None:
        """Who speaks in it; None where its name does not tell."""
        before, mark, _ = self.name.rpartition(" - ")
        if mark:
            return before.strip() or None
        return None if self.kind in _TRANSCRIPTS | _WORDS else self.name


class _Interval(NamedTuple):
    tier: _Tier
    tokens: Sequence[_Token]
    is_whole: bool


def parse_textgrid(data: bytes, tier: str | None = None) -> Iterator[Span]:
    """The intervals of the tiers that hold transcripts, or of the tier that is named."""
    cursor = Cursor(data)
    intervals = list(_intervals(cursor.text))
    names = _read_tiers([interval.tier for interval in intervals], tier)
    if tier is not None and intervals and not names:
        yield Span(cursor.place(0), cursor.place(len(cursor.text)), no_tier(tier, tiers_of(data)))
        return
    of_words = bool(names) and {each.kind for each in names} <= _WORDS
    held: list[_Interval] = []
    words: list[Word] = []
    for interval in intervals:
        if interval.tier not in names:
            continue
        if not of_words:
            if not interval.is_whole or interval.tokens[2].value.strip():
                yield _span(cursor, [interval], record_of(partial(_record, interval)))
            continue
        word = record_of(partial(_word, interval))
        if words and not (isinstance(word, Word) and follows(words[-1], word)):
            yield _span(cursor, held, record_of(partial(_utterance, held, words)))
            held, words = [], []
        if isinstance(word, str):
            yield _span(cursor, [interval], word)
        elif word.text and word.text not in SILENCES:
            held.append(interval)
            words.append(word)
    if words:
        yield _span(cursor, held, record_of(partial(_utterance, held, words)))


def _read_tiers(tiers: Sequence[_Tier], named: str | None) -> set[_Tier]:
    """Those of the tiers that are read."""
    if named is not None:
        key = named.strip().lower()
        return {tier for tier in tiers if tier.name == named.strip() or tier.kind == key}
    spoken = {tier for tier in tiers if tier.kind not in _PHONES}
    return {tier for tier in spoken if tier.kind not in _WORDS} or spoken


def tiers_of(data: bytes, tier: str | None = None) -> TierNames:
    """The names of tiers with labels, without speakers before them: those read, and the others."""
    intervals = [
        each
        for each in _intervals(Cursor(data).text)
        if each.is_whole and each.tokens[2].value.strip()
    ]
    read = _read_tiers([each.tier for each in intervals], tier)
    return TierNames.of(
        (each.tier.name.rpartition(" - ")[2].strip(), each.tier in read) for each in intervals
    )


def _span(cursor: Cursor, intervals: Sequence[_Interval], record: Record | str) -> Span:
    first, last = intervals[0].tokens[0], intervals[-1].tokens[-1]
    return Span(cursor.place(first.start), cursor.place(last.end), record)


def _record(interval: _Interval) -> Record:
    word = _word(interval)
    return segment(word.start_s, word.end_s, word.text, speaker=interval.tier.speaker)


def _word(interval: _Interval) -> Word:
    if not interval.is_whole:
        raise Malformed(_NO_INTERVAL)
    start, end, label = interval.tokens
    text = " ".join(label.value.split())
    require_text(text)
    times = segment(number_of(start.text), number_of(end.text), text)
    begin = float(str(times["offset"]))
    return Word((interval.tier.name, "", None), begin, float(end.text), text, None)


def _utterance(intervals: Sequence[_Interval], words: Sequence[Word]) -> Record:
    return {**utterance(words), "speaker": intervals[0].tier.speaker}


def _intervals(text: str) -> Iterator[_Interval]:
    """The intervals of all tiers, whole or broken; those of the long format are read one by one,
    so that a quote that is never closed breaks its own.
    """
    anchors = [match.start() for match in _ANCHOR.finditer(text)]
    tier = _Tier("", True)
    for start, end in zip([0, *anchors], [*anchors, len(text)], strict=True):
        tokens = [
            _Token(match[0], match["text"] is not None, match.start(), match.end())
            for match in _TOKEN.finditer(text, start, end)
            if match.lastgroup
        ]
        at = 0
        if text[start:end].lstrip().startswith("intervals") and _size(tokens, 0) != len(tokens):
            whole = _Token("", False, start, start + len(text[start:end].rstrip()))
            yield _Interval(tier, [whole], is_whole=False)
            at = len(tokens)
        while at < len(tokens):
            if (header := _tier_at(tokens, at)) is not None:
                tier, at = header, at + _HEADER
                continue
            size = _size(tokens, at)
            if not tier.is_points:
                yield _Interval(tier, tokens[at : at + abs(size)], size == 3)
            at += abs(size)


def _tier_at(tokens: Sequence[_Token], at: int) -> _Tier | None:
    if not tokens[at].is_text or tokens[at].value not in {_POINTS, _INTERVALS}:
        return None
    if at + 1 == len(tokens) or not tokens[at + 1].is_text:
        return None
    return _Tier(tokens[at + 1].value.strip(), tokens[at].value == _POINTS)


def _size(tokens: Sequence[_Token], at: int) -> int:
    """3 for the tokens of an interval; else how many belong to none, negative."""
    shape = [token.is_text for token in tokens[at : at + 3]]
    if shape == [False, False, True] and _tier_at(tokens, at + 2) is None:
        return 3
    behind = at + 1
    while behind < len(tokens) and tokens[behind].is_text and _tier_at(tokens, behind) is None:
        behind += 1
    return at - behind


def _is_textgrid(look: Look) -> bool:
    return (
        re.match(
            r'(File type\s*=\s*)?"ooTextFile.*\n.*"TextGrid"',
            "\n".join(line.rstrip() for line in first_lines(look, 4)),
        )
        is not None
    )


TEXTGRID = tier_format(
    "textgrid",
    "a Praat TextGrid",
    _is_textgrid,
    parse_textgrid,
    "; tiers are speakers, tiers of words are joined to utterances; --map text=TIER reads one tier",
)
