"""The text measures in plain Python: what the compiled kernel must equal, character for character.

Nobody calls this on a million rows; it is here to be read, and to hold the kernel to.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from curate.text.unicode import LETTER, NO_SPACE, PUNCTUATION, SEPARATOR, SPACE, tables

LONGEST_PHRASE = 5


@dataclass(frozen=True, slots=True)
class TextMeasures:
    """The measures of one text; `word_len` is None where the script writes no spaces."""

    chars: int
    chars_nospace: int
    letters: int
    words: int
    longest_token: int
    word_len: int | None
    word_run: int
    phrase_run: int
    repetitions: int


def measure_text(text: str) -> TextMeasures:
    """All measures of one text.

    >>> measure_text("No no NO, no!").repetitions
    4
    """
    tokens = text.split()
    spaceless = writes_no_spaces(text)
    return TextMeasures(
        chars=len(text),
        chars_nospace=sum(map(len, tokens)),
        letters=sum(bool(_kind(char) & LETTER) for char in text),
        words=len(tokens),
        longest_token=max(map(len, tokens), default=0),
        word_len=None if spaceless else max(map(len, _words(text)), default=0),
        word_run=longest_run(tokens, 1),
        phrase_run=longest_run(tokens),
        repetitions=longest_run(_loop_tokens(text, spaceless)),
    )


def writes_no_spaces(text: str) -> bool:
    """Whether more than half of the letters are of scripts that write no spaces between words."""
    letters = [_kind(char) for char in text if _kind(char) & LETTER]
    return 2 * sum(bool(kind & NO_SPACE) for kind in letters) > len(letters)


def longest_run(tokens: Sequence[Hashable], longest_phrase: int = LONGEST_PHRASE) -> int:
    """Most back-to-back occurrences of any phrase of 1 to `longest_phrase` tokens; 0 for none."""
    best = 1 if tokens else 0
    for size in range(1, longest_phrase + 1):
        streak = 0
        for index in range(size, len(tokens)):
            streak = streak + 1 if tokens[index] == tokens[index - size] else 0
            best = max(best, streak // size + 1)
    return best


def _kind(char: str) -> int:
    return int(tables().flags[ord(char)])


def _words(text: str) -> list[str]:
    return "".join(" " if _kind(c) & (SPACE | SEPARATOR) else c for c in text).split()


def _loop_tokens(text: str, spaceless: bool) -> list[str]:
    """Tokens in which `repetitions` looks for loops."""
    if spaceless:
        return [char.casefold() for char in text if not _kind(char) & SPACE]
    return [_strip(token) for token in text.split()]


def _strip(token: str) -> str:
    """Case-folded without punctuation; a token of punctuation alone stays as it is."""
    kept = "".join(char for char in token if not _kind(char) & PUNCTUATION)
    return kept.casefold() or token
