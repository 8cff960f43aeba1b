"""Where in a text the fault is: its longest word, its loop, and its differences from another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

Span = tuple[int, int]
"""First and last (excluded) character, in code points."""

_WORD = re.compile(r"\S+")
_PART = re.compile(r"[^\s\-_/\u2010-\u2015]+")
_EDGES = re.compile(r"^\W+|\W+$")
_LONGEST_PHRASE = 5
_MOST_TOKENS = 4000


def longest_word(text: str) -> Span | None:
    """The longest word, cut as the metric `word_len` cuts: at blanks, hyphens and slashes."""
    words = [match.span() for match in _PART.finditer(text)]
    return max(words, key=lambda span: (span[1] - span[0], -span[0])) if words else None


def longest_loop(text: str) -> Span | None:
    """The phrase of one to five words that is said most often in a row, all its repetitions.

    Words are compared without case and outer punctuation, as the metric `repetitions` does. None
    where nothing is said twice, or the text has thousands of words.
    """
    spans = [match.span() for match in _WORD.finditer(text)]
    if len(spans) > _MOST_TOKENS:
        return None
    words = [_plain(text[first:last]) for first, last in spans]
    best, found = 1, None
    for size in range(1, _LONGEST_PHRASE + 1):
        at = 0
        while at + size < len(words):
            times = _times(words, at, size)
            if times > best:
                best, found = times, (spans[at][0], spans[at + times * size - 1][1])
            at += max(1, (times - 1) * size)
    return found


def _plain(word: str) -> str:
    folded = word.casefold()
    return _EDGES.sub("", folded) or folded


def _times(words: Sequence[str], at: int, size: int) -> int:
    phrase, times = words[at : at + size], 1
    while words[at + times * size : at + (times + 1) * size] == phrase:
        times += 1
    return times


Edit = tuple[str, str, str]
"""What was done (equal, replace, insert, delete), the words of the text, those of the other."""


def alignment(text: str, other: str) -> list[Edit]:
    """How `other` differs from `text`, word by word; not where there are thousands of words."""
    ours, theirs = text.split(), other.split()
    if max(len(ours), len(theirs)) > _MOST_TOKENS:
        return [("replace", text, other)]
    codes = Levenshtein.opcodes([_plain(word) for word in ours], [_plain(word) for word in theirs])
    return [
        (
            code.tag,
            " ".join(ours[code.src_start : code.src_end]),
            " ".join(theirs[code.dest_start : code.dest_end]),
        )
        for code in codes
    ]
