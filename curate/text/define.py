"""The text measures in plain Python: what the compiled kernel must equal, character for character.

Nobody calls this on a million rows; it is here to be read, and to hold the kernel to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import NamedTuple

from curate.text.scripts import SCRIPTS, expected_scripts, script_table
from curate.text.unicode import (
    DIGIT,
    HIDDEN,
    JOINERS,
    LETTER,
    LOWER,
    MARK,
    NO_SPACE,
    PUNCTUATION,
    SEPARATOR,
    SPACE,
    STOP,
    UPPER,
    tables,
)

LONGEST_PHRASE = 5
LONGEST_LOOP = 100


class TextMeasures(NamedTuple):
    """The measures of one text.

    `word_len` and `distinct` are None where the script writes no spaces, `foreign` where the
    language's scripts are not known. `loop_tokens` are the tokens (characters, where the script
    writes no spaces) of the longest loop. `script` is an index into SCRIPTS.
    """

    chars: int
    chars_nospace: int
    letters: int
    words: int
    longest_token: int
    second_token: int
    word_len: int | None
    word_run: int
    phrase_run: int
    repetitions: int
    loop_tokens: int
    char_run: int
    distinct: int | None
    digits: int
    uppers: int
    cased: int
    has_stop: int
    hidden_chars: int
    script: int
    foreign: int | None


def measure_text(text: str, lang: str | None = None) -> TextMeasures:
    """All measures of one text in a language.

    >>> measure_text("No no NO, no!").repetitions
    4
    """
    tokens = text.split()
    spaceless = writes_no_spaces(text)
    return TextMeasures(
        chars=len(text),
        chars_nospace=sum(map(len, tokens)),
        letters=_count(text, LETTER),
        words=len(tokens),
        longest_token=max(map(len, tokens), default=0),
        second_token=sorted(map(len, tokens))[-2] if len(tokens) > 1 else 0,
        word_len=None if spaceless else max(map(len, _words(text)), default=0),
        word_run=longest_run(tokens, 1),
        phrase_run=longest_run(tokens),
        repetitions=longest_run(_loop_tokens(text, spaceless)),
        loop_tokens=longest_loop(_loop_tokens(text, spaceless), LONGEST_LOOP),
        char_run=max((longest_run(token, 1) for token in tokens), default=0),
        distinct=None if spaceless else len(set(_loop_tokens(text, False))),
        digits=_count(text, DIGIT),
        uppers=_count(text, UPPER),
        cased=_count(text, UPPER | LOWER),
        has_stop=int(_count(text, STOP) > 0),
        hidden_chars=_hidden(text),
        script=dominant_script(text),
        foreign=foreign_letters(text, lang),
    )


def writes_no_spaces(text: str) -> bool:
    """Whether more than half of the letters are of scripts that write no spaces between words."""
    times = {char: n for char, n in Counter(text).items() if _kind(char) & LETTER}
    spaceless = sum(n for char, n in times.items() if _kind(char) & NO_SPACE)
    return 2 * spaceless > sum(times.values())


def longest_run(tokens: Sequence[Hashable], longest_phrase: int = LONGEST_PHRASE) -> int:
    """Most back-to-back occurrences of any phrase of 1 to `longest_phrase` tokens; 0 for none."""
    best = 1 if tokens else 0
    for size in range(1, longest_phrase + 1):
        streak = 0
        for index in range(size, len(tokens)):
            streak = streak + 1 if tokens[index] == tokens[index - size] else 0
            best = max(best, streak // size + 1)
    return best


def longest_loop(tokens: Sequence[Hashable], longest_phrase: int) -> int:
    """Tokens that the longest loop covers: a phrase of 1 to `longest_phrase` tokens, at least twice
    back to back; 0 for none.
    """
    best = 0
    for size in range(1, longest_phrase + 1):
        streak = 0
        for index in range(size, len(tokens)):
            streak = streak + 1 if tokens[index] == tokens[index - size] else 0
            if streak >= size:
                best = max(best, (streak // size + 1) * size)
    return best


def dominant_script(text: str) -> int:
    """The script of most letters, as an index into SCRIPTS; of equals the first; 0 for none."""
    scripts = _scripts(text)
    return max(range(1, len(SCRIPTS)), key=scripts.count) if any(scripts) else 0


def foreign_letters(text: str, lang: str | None) -> int | None:
    """Letters of known scripts that the language is not written in; None where that is unknown."""
    expected = expected_scripts(lang)
    if not expected:
        return None
    return sum(script > 0 and not expected >> script & 1 for script in _scripts(text))


def _scripts(text: str) -> list[int]:
    table = script_table()
    return [int(table[ord(char)]) for char in text if _kind(char) & LETTER]


def _hidden(text: str) -> int:
    """Characters that show nothing; joiners behind a letter or mark beyond ASCII do their work."""
    return sum(
        bool(_kind(char) & HIDDEN)
        and not (ord(char) in JOINERS and before > "\x7f" and _kind(before) & (LETTER | MARK) > 0)
        for before, char in pairwise(f" {text}")
    )


def _count(text: str, kinds: int) -> int:
    return sum(bool(_kind(char) & kinds) for char in text)


def _kind(char: str) -> int:
    return int(tables().flags[ord(char)])


def _words(text: str) -> list[str]:
    return "".join(" " if _kind(c) & (SPACE | SEPARATOR) else c for c in text).split()


def _loop_tokens(text: str, spaceless: bool) -> list[str]:
    """Tokens in which `repetitions` looks for loops."""
    if spaceless:
        return [char.casefold() for char in text if not _kind(char) & SPACE]
    return [bare_token(token) for token in text.split()]


def bare_token(token: str) -> str:
    """A token as `repetitions` compares it: case-folded without punctuation; one of punctuation
    by itself stays as it is.
    """
    bare = "".join(char for char in token if not _kind(char) & PUNCTUATION)
    return bare.casefold() or token
