"""Numbers as languages write them: which mark parts thousands, and which the decimals.

`1.250` is 1250 in German and 1.25 in English. After CLDR 46 (numbers, symbols and grouping).
"""

from __future__ import annotations

import functools
import re
from typing import Final

from curate.text.forms import GAPS
from curate.text.languages import language_code

COMMA: Final = 1
"""Thousands are parted by commas, decimals by a point: `1,250.5`."""
DOT: Final = 2
"""Thousands are parted by points (or blanks), decimals by a comma: `1.250,5`."""
TURKIC: Final = 4
"""The small letter of I has no dot."""
ENGLISH: Final = 8
PLAIN: Final = 16
"""Numbers are not read: points and commas are breaks in them too."""
ROMANIAN: Final = 32
"""Cedillas below s and t are commas: older keyboards have no others."""
RUSSIAN: Final = 64
"""Yo is ye: most texts leave its dots out."""
UNPOINTED: Final = 128
"""Vowel points (Arabic harakat, Hebrew niqqud) are left out: few texts have them."""
VARIANTS: Final = ROMANIAN | RUSSIAN | UNPOINTED
"""Letters and points of one word that texts of a language write in several ways."""


def _set(tags: str) -> frozenset[str]:
    return frozenset(tags.split())


_COMMA: Final = _set(
    "en zh cmn yue ja ko th he iw yi hi bn ta te ml gu mr pa kn ur ne si or as sa my km lo am ti "
    "sw ms tl fil ha yo ig zu xh ga gd cy mt fa ps ckb so rw lg ak tw ee mn bo dv ug"
)
_DOT: Final = _set(
    "de nl it es pt id tr az da el hr sl sr bs mk ro ca gl eu is fo vi lb jv su fy ast oc "
    "fr ru uk be bg cs sk pl hu fi sv nb no nn et lv lt hy kk ky uz tt ba cv sq ka eo br hsb dsb "
    "se sah tk tg ab os co"
)
_WITH_COMMAS: Final = _set(
    "es-mx es-us es-gt es-hn es-ni es-sv es-pa es-do es-pr es-pe es-419 de-ch de-li it-ch"
)
"""Regions that write numbers unlike the rest of their language."""
_TURKIC: Final = frozenset({"tr", "az"})
_VARIANTS: Final = {
    **dict.fromkeys(_set("ro mo"), ROMANIAN),
    "ru": RUSSIAN,
    **dict.fromkeys(_set("ar arz apc ary arb fa ur ps ckb he iw"), UNPOINTED),
}


@functools.cache
def writing(lang: str | None) -> int:
    """How a declared language writes numbers and some letters: bits; 0 where it is not known.

    >>> writing("de-AT") == DOT, writing("es-MX") == COMMA, writing(None)
    (True, True, 0)
    """
    tag = (lang or "").replace("_", "-").lower()
    base = language_code(lang) or ""
    comma = tag in _WITH_COMMAS or base in _COMMA
    bits = COMMA if comma else DOT if base in _DOT else 0
    bits |= (TURKIC if base in _TURKIC else 0) | (ENGLISH if base == "en" else 0)
    return bits | _VARIANTS.get(base, 0)


@functools.cache
def _groups(mark: str) -> re.Pattern[str]:
    """The marks between groups of digits: of three, or of two where another group follows."""
    lead = rf"(?<!\d)(?:(?<={mark})\d{{1,3}}|[1-9]\d{{0,2}})"
    return re.compile(rf"({lead}){mark}(?=\d{{3}}(?!\d)|\d{{2}}{mark}\d)", re.ASCII)


@functools.cache
def _decimal(mark: str) -> re.Pattern[str]:
    """The mark between digits."""
    return re.compile(rf"(?<=\d){mark}(?=\d)", re.ASCII)


_BETWEEN_GROUPS: Final = {COMMA: ",", DOT: r"\."}
_HELD: Final = "\ufdd0"
"""Stands for the decimal point meanwhile: a code point that is no character."""


def join_numbers(text: str, bits: int) -> str:
    """Numbers in one form: no mark between thousands, a point before decimals; the other points
    and commas are blanks.

    >>> join_numbers("1.250,5 or so.", DOT), join_numbers("1,250.5, 1,2", COMMA)
    ('1250.5 or so ', '1250.5  1 2')
    """
    if GAPS[0] in text:
        joined = text if bits & PLAIN else _groups(GAPS[0]).sub(r"\1", text)
        text = joined.replace(GAPS[0], " ")
    if "." not in text and "," not in text:
        return text
    if bits & PLAIN:
        return text.replace(".", " ").replace(",", " ")
    system = bits & (COMMA | DOT)
    if system:
        text = _groups(_BETWEEN_GROUPS[system]).sub(r"\1", text)
    text = _decimal("," if system == DOT else r"\.").sub(_HELD, text)
    return text.replace(".", " ").replace(",", " ").replace(_HELD, ".")
