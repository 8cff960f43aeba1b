"""Steps that leave the text and set a field of the record by it: rejection, and Canary's `pnc`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import polars as pl

from curate.nemo.canary_prompt import SENTENCE_MARKS

SKIPME: Final = "_skipme"
"""The field by which NeMo, and so every split, leaves a record out."""
PNC: Final = "pnc"
MEMBERS: Final = (SKIPME, PNC)
"""The fields that steps set."""
BY_RULE: Final = "text rule "
"""How the value of SKIPME begins where a rule set it; the rule's id follows."""
_NOT_SKIPPED: Final = ("", "false", "0", "0.0", "[]", "{}")
"""Values of SKIPME, as JSON writes them, that NeMo takes for nothing."""


@runtime_checkable
class Mark(Protocol):
    """A step that sets the field `member`."""

    member: str

    def values(self, texts: pl.Series, before: pl.Series, rule: str) -> pl.Series:
        """The field of each record, which was `before` (null: none), by the rule of this id."""

    def outcome(self, texts: pl.Series) -> pl.Series:
        """What becomes of records with these texts, in the word that an example has for it."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Records whose text any of the patterns matches are marked as rejected. One that is marked
    already keeps its first reason.
    """

    patterns: Sequence[str]

    by_language = False
    member = SKIPME

    def run(self, texts: pl.Series, langs: pl.Series | None) -> pl.Series:
        """The texts as they are."""
        return texts

    def values(self, texts: pl.Series, before: pl.Series, rule: str) -> pl.Series:
        """The reason, where the text matches."""
        is_free = before.is_null() | before.is_in(_NOT_SKIPPED).fill_null(False)
        reason = pl.Series([f"{BY_RULE}{rule}"]).new_from_index(0, texts.len())
        return reason.zip_with(self._matches(texts) & is_free, before)

    def outcome(self, texts: pl.Series) -> pl.Series:
        """`rejected`, or `kept`."""
        words = pl.Series(["kept", "rejected"])
        return words.gather(self._matches(texts).cast(pl.UInt32))

    def _matches(self, texts: pl.Series) -> pl.Series:
        matches = pl.Series([False]).new_from_index(0, texts.len())
        for pattern in self.patterns:
            matches |= texts.str.contains(pattern)
        return matches


@dataclass(frozen=True, slots=True)
class CaseAndPunctuation:
    """`pnc` is yes where the text shows capitals or marks of a sentence, else no; by the
    definition that `curate split --canary` and the checks of training have.
    """

    by_language = False
    member = PNC

    def run(self, texts: pl.Series, langs: pl.Series | None) -> pl.Series:
        """The texts as they are."""
        return texts

    def values(self, texts: pl.Series, before: pl.Series, rule: str) -> pl.Series:
        """What each text shows."""
        return self.outcome(texts)

    def outcome(self, texts: pl.Series) -> pl.Series:
        """`yes` or `no`."""
        shows = texts != texts.str.to_lowercase()
        shows |= texts.str.contains_any(sorted(SENTENCE_MARKS))
        return pl.Series(["no", "yes"]).gather(shows.cast(pl.UInt32))
