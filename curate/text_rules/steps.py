"""What a text rule can do: each step changes a column of texts.

Patterns are those of Rust's regex crate, which takes linear time: no pattern can hang.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, Protocol

import polars as pl

from curate.environment.extras import require
from curate.text.remarks import known_remarks

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
Case = Literal["lower", "upper"]
FORMS: Final[tuple[Form, ...]] = ("NFC", "NFD", "NFKC", "NFKD")
CASES: Final[tuple[Case, ...]] = ("lower", "upper")
_PURPOSE = "digits: words"


class Step(Protocol):
    """A change of texts; `by_language` where it depends on the language of each."""

    @property
    def by_language(self) -> bool:
        """Whether `langs` must be given."""

    def run(self, texts: pl.Series, langs: pl.Series | None) -> pl.Series:
        """The texts changed; `langs` are the languages that they declare, null for none."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """What `pattern` matches, all of it or the first only, becomes `replacement` (`${1}` is a
    group).
    """

    pattern: str
    replacement: str
    first_only: bool = False

    by_language = False

    def run(self, texts: pl.Series, langs: pl.Series | None) -> pl.Series:
        """Texts with the matches replaced."""
        return _where(texts.str.contains(self.pattern), texts, self._replaced)

    def _replaced(self, texts: pl.Series) -> pl.Series:
        if self.first_only:
            return texts.str.replace(self.pattern, self.replacement, n=1)
        return texts.str.replace_all(self.pattern, self.replacement)


@dataclass(frozen=True, slots=True)
class Substitutions:
    """Several of them, one after the other."""

    substitutions: Sequence[Substitution]

    by_language = False

    def run(self, texts: pl.Series, langs: pl.Series | None) -> pl.Series:
        """Texts with all matches replaced."""
        for each in self.substitutions:
            texts = each.run(texts, langs)
        return texts


_RUNS = Substitution(" +", " ")


@dataclass(frozen=True, slots=True)
class PaddedSubstitutions:
    """Substitutions one after the other, as SubRegex of NVIDIA's Speech Data Processor applies its
    `regex_params_list`: with a blank at both ends of a text meanwhile, and without repeated blanks
    or blanks at the ends afterwards.
    """

    substitutions: Substitutions

    by_language = False

    def run(self, texts: pl.Series, langs: pl.Series | None) -> pl.Series:
        """Texts with all matches replaced."""
        blank = pl.Series([" "])
        padded = self.substitutions.run(blank + texts + blank, langs)
        return _RUNS.run(padded, langs).str.strip_chars(" ")


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Unicode's normal form."""

    form: Form

    by_language = False

    def run(self, texts: pl.Series, langs: pl.Series | None) -> pl.Series:
        """Texts in the form."""
        not_ascii = texts.str.len_bytes() != texts.str.len_chars()
        return _where(not_ascii, texts, lambda some: some.str.normalize(self.form))


@dataclass(frozen=True, slots=True)
class Casing:
    """All letters in lower or upper case; Turkic texts keep the i with and without a dot apart."""

    case: Case

    by_language = True

    def run(self, texts: pl.Series, langs: pl.Series | None) -> pl.Series:
        """Texts in one case."""
        changed = _cased(texts, self.case)
        if langs is None:
            return changed
        turkic = langs.is_in(["tr", "az"]).fill_null(False)
        if not turkic.any():
            return changed
        dotted = texts.str.replace_many(*_DOTTED[self.case])
        return _cased(dotted, self.case).zip_with(turkic, changed)


_DOTTED: Final = {"lower": (["I", "\u0130"], ["\u0131", "i"]), "upper": (["i"], ["\u0130"])}


def _cased(texts: pl.Series, case: str) -> pl.Series:
    return texts.str.to_lowercase() if case == "lower" else texts.str.to_uppercase()


@dataclass(frozen=True, slots=True)
class RemarksRemoved:
    """Known remarks in parentheses, asterisks or notes (rules/remarks.txt) become a blank."""

    by_language = False

    def run(self, texts: pl.Series, langs: pl.Series | None) -> pl.Series:
        """Texts without remarks."""
        known = known_remarks()
        return _each(texts, r"[(（【*♩♪♫♬🎵🎶]", lambda text, _: known.removed(text), langs)


@dataclass(frozen=True, slots=True)
class NumbersInWords:
    """Numbers in digits become words of the text's language, else of `language`, by num2words.

    Whole numbers of up to 15 digits, and decimals with a point (a comma where the language writes
    one). What has a letter, a sign of money or another number beside it, and numbers in languages
    that num2words has no words for, stay as they are.
    """

    language: str | None = None

    by_language = True

    def run(self, texts: pl.Series, langs: pl.Series | None) -> pl.Series:
        """Texts with numbers in words."""
        require("num2words", _PURPOSE)

        def spelled(text: str, lang: str | None) -> str:
            language = lang or self.language
            if language is None:
                return text
            return re.sub(_NUMBER, lambda match: _words(match[0], language), text)

        return _each(texts, "[0-9]", spelled, langs)


_NUMBER: Final = (
    r"(?a)(?<![\w.,:/$€£¥#+-])\d{1,15}(?![\w:/%°€$£¥-]|[.,]\d)|(?<![\w.,:/$€£¥#+-])\d{1,15}[.,]\d{1,6}"
    r"(?![\w:/%°€$£¥-]|[.,]\d)"
)
_DECIMAL_COMMA: Final = frozenset(
    ("cs", "da", "de", "es", "fi", "fr", "id", "it", "lt", "lv", "nl", "no", "pl", "pt", "ro",
     "ru", "sl", "sr", "sv", "tr", "uk")
)  # fmt: skip
"""Languages that write decimals with a comma."""


@lru_cache(maxsize=65_536)
def _words(number: str, language: str) -> str:
    """A number as words; as it is where they are not known, or its mark may be of thousands."""
    num2words = require("num2words", _PURPOSE)
    mark = "," if language in _DECIMAL_COMMA else "."
    if not number.replace(mark, "", 1).isdigit():
        return number
    try:
        value = float(number.replace(",", ".")) if mark in number else int(number)
        return unicodedata.normalize("NFC", str(num2words.num2words(value, lang=language)))
    except (NotImplementedError, ArithmeticError, LookupError, TypeError, ValueError):
        # what num2words raises, by language, for one that it lacks and numbers beyond its words;
        # the digits stay, and the report counts no change
        return number


def _where(
    chosen: pl.Series, texts: pl.Series, change: Callable[[pl.Series], pl.Series]
) -> pl.Series:
    """The texts with the chosen ones changed, which are few as a rule.

    `scatter` changes a series itself, so it gets a clone.
    """
    rows = chosen.arg_true()
    if not rows.len():
        return texts
    if 2 * rows.len() > texts.len():
        return change(texts)
    return texts.clone().scatter(rows, change(texts.gather(rows)))


def _each(
    texts: pl.Series,
    needed: str,
    change: Callable[[str, str | None], str],
    langs: pl.Series | None,
) -> pl.Series:
    """The texts with those that match `needed` changed one by one."""
    rows = texts.str.contains(needed).arg_true()
    if not rows.len():
        return texts
    languages = [None] * rows.len() if langs is None else langs.gather(rows).to_list()
    changed = map(change, texts.gather(rows).to_list(), languages)
    return texts.clone().scatter(rows, pl.Series(changed, dtype=pl.String))
