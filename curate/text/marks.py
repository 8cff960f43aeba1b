"""Where in a text a metric finds what it counts.

For people to see: what is shown of a text is a few thousand characters, so this is plain Python.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypedDict

import numpy as np

from curate.text.damage import DAMAGE
from curate.text.define import LONGEST_PHRASE, bare_token, writes_no_spaces
from curate.text.markup import MARKUP
from curate.text.unicode import SEPARATOR, tables

Span = tuple[int, int]
"""First and last (excluded) character, in code points."""

MOST_CHARS = 4000
"""Characters of a text in which an artefact's examples are marked: more stands on no page."""

_WORD, _CHAR = re.compile(r"\S+"), re.compile(r"\S")
_MOST_TOKENS = 4000
_MOST_MARKS = 50
_REMEMBERED = 256
"""Texts of which it is remembered what a finder gave: a record is shown under several metrics."""


class Mark(TypedDict):
    """A part of a text that is spoken of: `what` it is, and where it is."""

    what: str
    span: Span


def marks_of(text: str, metrics: Collection[str]) -> list[Mark]:
    """What these metrics count in the text, in reading order.

    Where two overlap, the one further up in FINDERS stands. Metrics that speak of no part of a text
    mark nothing.
    """
    marks: list[Mark] = []
    for what, (named, find) in FINDERS.items():
        if named & {*metrics}:
            marks += [
                Mark(what=what, span=span)
                for span in find(text)
                if all(
                    span[1] <= other["span"][0] or other["span"][1] <= span[0] for other in marks
                )
            ]
    return sorted(marks, key=lambda mark: mark["span"])


def longest_word(text: str) -> Span | None:
    """The longest word, cut as the metric `word_len` cuts: at blanks, hyphens and slashes."""
    return _longest(match.span() for match in _part().finditer(text))


@functools.cache
def _part() -> re.Pattern[str]:
    ends = np.flatnonzero(tables().flags & SEPARATOR).tolist()
    return re.compile(rf"[^\s{re.escape(''.join(map(chr, ends)))}]+")


def longest_token(text: str) -> Span | None:
    """The longest word as blanks cut it, punctuation included."""
    return _longest(match.span() for match in _WORD.finditer(text))


def longest_streak(text: str) -> Span | None:
    """The longest run of one character; None where nothing repeats."""
    at, spans = 0, []
    for char, run in groupby(text):
        length = sum(1 for _ in run)
        if length > 1 and not char.isspace():
            spans.append((at, at + length))
        at += length
    return _longest(spans)


def _longest(spans: Iterator[Span] | Sequence[Span]) -> Span | None:
    return max(spans, key=lambda span: (span[1] - span[0], -span[0]), default=None)


def longest_loop(text: str) -> Span | None:
    """The phrase of one to five words that occurs most often in a row, all its repetitions.

    Words are compared as the metric `repetitions` does; characters take their place where the
    script writes no spaces. None where nothing repeats, or the text has thousands of words.
    """
    unspaced = not text.isascii() and writes_no_spaces(text)
    pattern, bare = (_CHAR, str.casefold) if unspaced else (_WORD, bare_token)
    spans = [match.span() for match in pattern.finditer(text)]
    if len(spans) > _MOST_TOKENS:
        return None
    words = [bare(text[first:last]) for first, last in spans]
    best, span = 1, None
    for size in range(1, LONGEST_PHRASE + 1):
        at = 0
        while at + size < len(words):
            times = _times(words, at, size)
            if times > best:
                best, span = times, (spans[at][0], spans[at + times * size - 1][1])
            at += max(1, (times - 1) * size)
    return span


def _times(words: Sequence[str], at: int, size: int) -> int:
    phrase, times = words[at : at + size], 1
    while words[at + times * size : at + (times + 1) * size] == phrase:
        times += 1
    return times


def signs(text: str) -> list[Span]:
    """Marks for machines: tags, entities, what is in braces or brackets, addresses."""
    data = text.encode("utf-8", "surrogatepass")
    spans: list[Span] = []
    at = chars = 0
    for match in re.finditer(MARKUP, data):
        chars += _points(data[at : match.start()])
        spans.append((chars, chars + _points(match[0])))
        at, chars = match.end(), spans[-1][1]
        if len(spans) == _MOST_MARKS:
            break
    return spans


def _points(data: bytes) -> int:
    return sum(byte & 0xC0 != 0x80 for byte in data)


def _whole(text: str) -> Span | None:
    first = len(text) - len(text.lstrip())
    return (first, len(text.rstrip())) if text.strip() else None


def _one(find: Callable[[str], Span | None]) -> Callable[[str], Sequence[Span]]:
    @functools.lru_cache(_REMEMBERED)
    def at_most_one(text: str) -> Sequence[Span]:
        span = find(text)
        return () if span is None else (span,)

    return at_most_one


FINDERS: Mapping[str, tuple[frozenset[str], Callable[[str], Sequence[Span]]]] = {
    "loop": (
        frozenset({"repetitions", "loop_share", "word_run", "phrase_run"}),
        _one(longest_loop),
    ),
    "letters": (frozenset({"char_run"}), _one(longest_streak)),
    "word": (frozenset({"word_len"}), _one(longest_word)),
    "token": (frozenset({"longest_token", "second_longest_ratio"}), _one(longest_token)),
    "signs": (frozenset({"markup_chars", "remarks_alone"}), signs),
    "damage": (
        frozenset({"damaged_chars"}),
        lambda text: [match.span() for match in re.finditer(DAMAGE, text)][:_MOST_MARKS],
    ),
    "phrase": (frozenset({"hallucination", "hallucination_share", "credit_share"}), _one(_whole)),
}
"""What can be marked: the metrics that count it, and the function that finds it."""
