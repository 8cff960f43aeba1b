"""Word and character edits of one transcript against its reference, and their sums.

Both sides are normalised first; see `curate.text.normalise`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import jiwer

from curate.text import normalise

NORMALISER = "curate.text.normalise: case-folded, punctuation stripped, blanks joined"


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
    def wer(self) -> float | None:
        """Word edits over reference words, [0, inf); None without reference words."""
        edits = self.substitutions + self.deletions + self.insertions
        return round(edits / self.ref_words, 6) if self.ref_words else None

    @property
    def cer(self) -> float | None:
        """Character edits over reference characters, blanks among them; None without any."""
        return round(self.char_edits / self.ref_chars, 6) if self.ref_chars else None


def count_edits(reference: str, hypothesis: str) -> Edits:
    """The edits that turn the reference into the hypothesis.

    >>> count_edits("Guten Tag!", "guten Abend").wer
    0.5
    """
    wanted, found = normalise(reference), normalise(hypothesis)
    if not wanted:  # jiwer refuses an empty reference: everything said is an insertion
        return Edits(insertions=len(found.split()), char_edits=len(found))
    words = jiwer.process_words(wanted, found)
    characters = jiwer.process_characters(wanted, found)
    return Edits(
        ref_words=len(wanted.split()),
        substitutions=words.substitutions,
        deletions=words.deletions,
        insertions=words.insertions,
        ref_chars=len(wanted),
        char_edits=characters.substitutions + characters.deletions + characters.insertions,
    )


def total(edits: Iterable[Edits]) -> Edits:
    """The sum; of nothing, no edits."""
    return sum(edits, Edits())
