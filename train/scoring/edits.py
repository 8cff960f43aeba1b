"""Word and character edits of one transcript against its reference, and their sums.

Both sides go through the normaliser that `curate profile` uses first (`curate.text.normaliser`).
Where a script writes no spaces (Chinese, Japanese, Thai) there are no words to count: characters
take their place, and CER is the figure to name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from curate.text.align import DELETIONS, INSERTIONS, SUBSTITUTIONS, Spans
from curate.text.edits import count_normalised
from curate.text.normaliser import Normaliser

NORMALISER: Final = Normaliser()
"""The steps that are taken by default."""


@dataclass(frozen=True, slots=True)
class Edits:
    """Counts that add up: words first, then characters.

    `spaceless` counts the rows in scripts that write no spaces, whose words are characters.
    """

    ref_words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    ref_chars: int = 0
    char_edits: int = 0
    spaceless: int = 0

    def __add__(self, other: Edits) -> Edits:
        return Edits(
            self.ref_words + other.ref_words,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.ref_chars + other.ref_chars,
            self.char_edits + other.char_edits,
            self.spaceless + other.spaceless,
        )

    @property
    def primary(self) -> str:
        """The rate to name, of one row: `cer` where its script writes no spaces, else `wer`."""
        return "cer" if self.spaceless else "wer"

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


def count_edits(
    reference: str, hypothesis: str, lang: str | None = None, normaliser: Normaliser = NORMALISER
) -> Edits:
    """The edits that turn the reference into the hypothesis, in a language where it is known.

    >>> count_edits("Guten Tag!", "guten Abend").wer
    0.5
    >>> count_edits("\u4eca\u5929\u5929\u6c14", "\u4eca\u5929\u5929\u6674").wer
    0.25
    """
    return count_all([(reference, hypothesis, lang)], normaliser)[0]


def count_all(
    pairs: Sequence[tuple[str, str, str | None]], normaliser: Normaliser = NORMALISER
) -> list[Edits]:
    """`count_edits` of many (reference, hypothesis, language)."""
    places: dict[str | None, int] = {}
    numbers = np.array([places.setdefault(lang, len(places)) for *_, lang in pairs], np.int64)
    texts, hypotheses = _spans([text for text, *_ in pairs]), _spans([text for _, text, _ in pairs])
    counts = count_normalised(texts, hypotheses, normaliser, list(places), numbers)
    columns = (
        counts.ref_words, *counts.edits.T[[SUBSTITUTIONS, DELETIONS, INSERTIONS]], counts.ref_chars,
        counts.char_edits, counts.spaceless,
    )  # fmt: skip
    return [Edits(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _spans(texts: Sequence[str]) -> Spans:
    encoded = [text.encode() for text in texts]
    length = np.array([len(text) for text in encoded], np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), np.cumsum(length) - length, length


def total(edits: Iterable[Edits]) -> Edits:
    """The sum; of nothing, no edits."""
    return sum(edits, Edits())
