"""Word and character edits of one transcript against its reference, and their sums.

Both sides are normalised first; see `curate.text.normalise`. Where a script writes no spaces
(Chinese, Japanese, Thai) there are no words to count: characters take their place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from curate.text import normalise
from curate.text.define import writes_no_spaces

NORMALISER = (
    "curate.text.normalise: case-folded, punctuation stripped, blanks joined; characters instead "
    "of words where the reference's script writes no spaces"
)

_DOTLESS = str.maketrans({"I": "\u0131", "\u0130": "i"})
_TURKIC = frozenset({"tr", "az"})
"""Languages in which the small letter of I has no dot."""


@dataclass(frozen=True, slots=True)
class Edits:
    """Counts that add up: words first, then characters."""

    ref_words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    ref_chars: int = 0
    char_edits: int = 0

    def __add__(self, other: Edits) -> Edits:
        return Edits(
            self.ref_words + other.ref_words,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.ref_chars + other.ref_chars,
            self.char_edits + other.char_edits,
        )

    @property
    def word_edits(self) -> int:
        """Words that are wrong: the numerator of the word error rate."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def wer(self) -> float | None:
        """Word edits over reference words, [0, inf); None without reference words."""
        return round(self.word_edits / self.ref_words, 6) if self.ref_words else None

    @property
    def cer(self) -> float | None:
        """Character edits over reference characters, blanks among them; None without any."""
        return round(self.char_edits / self.ref_chars, 6) if self.ref_chars else None


def count_edits(reference: str, hypothesis: str, lang: str | None = None) -> Edits:
    """The edits that turn the reference into the hypothesis, in a language where it is known.

    >>> count_edits("Guten Tag!", "guten Abend").wer
    0.5
    >>> count_edits("\u4eca\u5929\u5929\u6c14", "\u4eca\u5929\u5929\u6674").wer
    0.25
    """
    wanted, found = (normalise(folded(text, lang)) for text in (reference, hypothesis))
    spaceless = writes_no_spaces(wanted)
    words, said = (_words(text, spaceless) for text in (wanted, found))
    if wanted == found:
        return Edits(ref_words=len(words), ref_chars=len(wanted))
    # What jiwer counts with, without its detour over alignments that nobody looks at.
    kinds = Counter(step.tag for step in Levenshtein.editops(words, said))
    return Edits(
        ref_words=len(words),
        substitutions=kinds["replace"],
        deletions=kinds["delete"],
        insertions=kinds["insert"],
        ref_chars=len(wanted),
        char_edits=Levenshtein.distance(wanted, found),
    )


def folded(text: str, lang: str | None) -> str:
    """The text with those letters small that case-folding gets wrong in the language.

    >>> folded("ILI\u011eI", "tr-TR")
    '\u0131L\u0131\u011e\u0131'
    """
    primary = (lang or "").replace("_", "-").partition("-")[0].lower()
    return text.translate(_DOTLESS) if primary in _TURKIC else text


def _words(text: str, spaceless: bool) -> list[str]:
    return [char for char in text if char != " "] if spaceless else text.split()


def total(edits: Iterable[Edits]) -> Edits:
    """The sum; of nothing, no edits."""
    return sum(edits, Edits())
