"""Scripts of letters, and the scripts that languages are written in."""

from __future__ import annotations

import functools
import sys
import unicodedata
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from curate.text.languages import language_code
from curate.text.stored import of_runs, read_arrays, runs_of, write_arrays
from curate.text.unicode import LETTER, tables

# First word of a letter's Unicode name to the ISO 15924 code of its script.
_NAMED: Mapping[str, str] = {
    "LATIN": "Latn", "GREEK": "Grek", "CYRILLIC": "Cyrl", "ARMENIAN": "Armn", "HEBREW": "Hebr",
    "ARABIC": "Arab", "SYRIAC": "Syrc", "THAANA": "Thaa", "NKO": "Nkoo", "DEVANAGARI": "Deva",
    "BENGALI": "Beng", "GURMUKHI": "Guru", "GUJARATI": "Gujr", "ORIYA": "Orya", "TAMIL": "Taml",
    "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym", "SINHALA": "Sinh", "THAI": "Thai",
    "LAO": "Laoo", "TIBETAN": "Tibt", "MYANMAR": "Mymr", "GEORGIAN": "Geor", "HANGUL": "Hang",
    "ETHIOPIC": "Ethi", "CHEROKEE": "Cher", "KHMER": "Khmr", "MONGOLIAN": "Mong",
    "HIRAGANA": "Hira", "KATAKANA": "Kana", "BOPOMOFO": "Bopo", "CJK": "Hani", "YI": "Yiii",
    "TIFINAGH": "Tfng", "CANADIAN": "Cans", "COPTIC": "Copt", "JAVANESE": "Java",
    "BALINESE": "Bali", "OL": "Olck", "MEETEI": "Mtei", "ADLAM": "Adlm", "VAI": "Vaii",
}  # fmt: skip

SCRIPTS: tuple[str, ...] = ("Zyyy", *_NAMED.values())
"""Names by number; Zyyy stands for letters of no script (modifiers, signs) and of rare ones."""

LATIN: Final = SCRIPTS.index("Latn")
assert len(SCRIPTS) <= 64, "a set of scripts is a 64-bit mask"

# Languages to the scripts that they are written in today (CLDR 46, supplemental languageData,
# primary and secondary scripts). What is not here is unknown.
_WRITTEN_IN: Mapping[str, str] = {
    "Latn": "af sq az bm eu br ca ceb cs cy da de en eo es et ff fi fil fo fr fy ga gd gl gn ha "
    "gsw haw hr hsb ht hu id ig is it jv kab ku la lb lg ln lt lv mg mi ms mt nb nl nn no nso ny "
    "oc om pap pl pt qu rm rn ro rw sc sg sk sl sm sn so sr ss st su sv sw tk tl tn to tr ts tw "
    "uz vi vo wo xh yo zu ast bs ie ia",
    "Cyrl": "ab az ba be bg bs ce cv kk kv ky mk mn mhr mrj myv os ru rue sah sr tg tt udm uk uz "
    "tk",
    "Arab": "ar arz ary acm apc ckb fa ku ks ps sd ug ur az uz kk ha ms",
    "Grek": "el grc",
    "Armn": "hy hyw",
    "Hebr": "he yi iw",
    "Deva": "hi mr ne sa kok mai bho brx doi sd ks",
    "Beng": "bn as mni",
    "Guru": "pa",
    "Gujr": "gu",
    "Orya": "or",
    "Taml": "ta",
    "Telu": "te",
    "Knda": "kn",
    "Mlym": "ml",
    "Sinh": "si",
    "Thai": "th",
    "Laoo": "lo",
    "Tibt": "bo dz",
    "Mymr": "my",
    "Geor": "ka",
    "Hang": "ko",
    "Ethi": "am ti tig gez",
    "Khmr": "km",
    "Mong": "mn",
    "Hira": "ja",
    "Kana": "ja",
    "Hani": "ja zh cmn yue wuu nan ko lzh",
    "Bopo": "zh cmn nan",
    "Thaa": "dv",
    "Nkoo": "nqo",
    "Tfng": "zgh kab",
    "Syrc": "syr",
    "Cher": "chr",
    "Cans": "iu cr",
    "Yiii": "ii",
    "Olck": "sat",
    "Mtei": "mni",
    "Java": "jv",
    "Bali": "ban",
    "Adlm": "ff",
    "Vaii": "vai",
}


@functools.cache
def script_table() -> npt.NDArray[np.uint8]:
    """Per code point the number of a letter's script; 0 for all else. As stored, or computed."""
    arrays = read_arrays(_STORED)
    return of_runs(*arrays) if arrays else compute_script_table()


_STORED = "scripts"


def store() -> None:
    """Write the table of this Python's Unicode version (see curate.text.stored)."""
    write_arrays(_STORED, runs_of(compute_script_table()))


def compute_script_table() -> npt.NDArray[np.uint8]:
    """The table out of the names of letters."""
    table = np.zeros(sys.maxunicode + 1, np.uint8)
    numbers = {name: SCRIPTS.index(code) for name, code in _NAMED.items()}
    letters = np.flatnonzero(tables().flags & LETTER)
    for code in letters[(letters < 0x3400) | ((letters >= 0xA000) & (letters < 0xAC00))].tolist():
        table[code] = _number(code, numbers)
    for code in letters[(letters >= 0xD7A4) & (letters < 0x20000)].tolist():
        table[code] = _number(code, numbers)
    for first, last in ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x323AF)):
        table[first : last + 1] = SCRIPTS.index("Hani")
    table[0xAC00:0xD7A4] = SCRIPTS.index("Hang")
    return table


def _number(code: int, numbers: Mapping[str, int]) -> int:
    words = unicodedata.name(chr(code), "").split()
    if words and words[0] in {"FULLWIDTH", "HALFWIDTH"}:
        words = words[1:]
    return numbers.get(words[0], 0) if words else 0


@functools.cache
def expected_scripts(lang: str | None) -> int:
    """The scripts of a declared language as a set of bits; 0 where the language is not known.

    A script subtag decides (`sr-Latn`); otherwise the language does (`pt-BR`, `Portuguese`).
    """
    subtags = (lang or "").replace("_", "-").split("-")
    for subtag in subtags[1:]:
        if subtag.title() in SCRIPTS:
            return 1 << SCRIPTS.index(subtag.title())
    return sum(
        1 << SCRIPTS.index(script)
        for script, languages in _WRITTEN_IN.items()
        if language_code(lang) in languages.split()
    )
