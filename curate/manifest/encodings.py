"""The encoding of text that is not UTF-8, by the letters that its bytes give; none where unsure.

Western alphabets are tried in WINDOWS-1252: nearly all letters must be of one language, since bytes
of Czech or Turkish give letters there too, and wrong ones. Where hardly any letter is beside ASCII,
as in English with a name here and there, they may be of several; and quotes and dashes are
the same in all encodings of Windows. Cyrillic is the encoding in which the commonest letters of
Russian are common, and no other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_WESTERN = (
    "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíóúüñ", "áâãàçéêíóôõúü", "àèéìîòóù", "åäöé", "æøåéòôó",
    "áéëïóöü",
)  # fmt: skip
"""The letters beside a-z of German, French, Spanish, Portuguese, Italian, Swedish and Finnish,
Danish and Norwegian, Dutch."""
_ANY_WESTERN = frozenset("".join(_WESTERN))
_MOSTLY = 0.95
"""The share of the letters that are of one language: German has its René and its Café."""
_RARE = 0.03
"""Letters beside ASCII of all, in the lines that have any: in languages of Central and Eastern
Europe and in Turkish it is more, one in twenty and above.
"""
_MARKS = frozenset("–—…‘’‚“”„«»‹›€°§´·¿¡©®\u00a0")
"""What else stands in texts."""
_OTHER = "\u0370-\u04ff\u3040-\uffdc"
_ODD_WORD = (
    rf"[a-zà-öø-ÿ\u0430-\u045f\u03ac-\u03ce][A-ZÀ-ÖØ-Þ\u0400-\u042f\u0386-\u03ab]"
    rf"|[A-Za-zÀ-\u024f][{_OTHER}]|[{_OTHER}][A-Za-zÀ-\u024f]"
)
"""A capital behind a small letter, or a Latin letter beside one of Greek, Cyrillic or East Asia; a
pattern that few commands need takes milliseconds to compile, and re keeps it."""
_CYRILLIC = ("cp1251", "koi8_r", "iso8859_5", "cp866")
_COMMON = frozenset("оеаинт")
_LEAST_COMMON = 0.3
"""The share of _COMMON among the letters: nearly one half in Russian, one third in Ukrainian."""
_LEAST_LETTERS = 10
_ICONV = {
    "cp1252": "WINDOWS-1252",
    "cp1251": "WINDOWS-1251",
    "koi8_r": "KOI8-R",
    "iso8859_5": "ISO-8859-5",
    "cp866": "CP866",
    "cp1250": "WINDOWS-1250",
    "cp1254": "WINDOWS-1254",
    "cp1253": "WINDOWS-1253",
    "cp1257": "WINDOWS-1257",
    "shift_jis": "SHIFT_JIS",
    "gb18030": "GB18030",
    "euc_kr": "EUC-KR",
}
"""By codec; those behind CP866 are none that `encoding_of` is sure of."""


def encoding_of(lines: Sequence[bytes]) -> str | None:
    """The codec of lines that are not UTF-8, as Python names it; None where it is not sure.

    >>> encoding_of(["Grüße aus Köln".encode("cp1252")])
    'cp1252'
    >>> encoding_of(["Příliš žluťoučký kůň".encode("cp1250")]) is None
    True
    """
    data = b"\n".join(lines)
    likely = ["cp1252"] if _is_western(data) else []
    likely += [codec for codec in _CYRILLIC if _is_cyrillic(data, codec)]
    return likely[0] if len(likely) == 1 else None


def possible_encodings(lines: Sequence[bytes]) -> list[str]:
    """Codecs in which all that is beside ASCII in lines is letters and usual marks, and whose words
    look like words: of one script, without a capital behind a small letter. Of those that give the
    same text the first.

    >>> possible_encodings(["Příliš žluťoučký kůň".encode("cp1250")])
    ['cp1250']
    """
    data = b"\n".join(lines)
    texts: dict[str, str] = {}
    for codec in _ICONV:
        if _letters(data, codec) and not re.search(_ODD_WORD, text := data.decode(codec)):
            texts.setdefault(text, codec)
    return list(texts.values())


def iconv_name(codec: str) -> str:
    """The name of a codec of `encoding_of` in iconv."""
    return _ICONV[codec]


def _is_western(data: bytes) -> bool:
    letters = _letters(data, "cp1252")
    if letters is None or not letters.keys() <= _ANY_WESTERN:
        return False
    number = letters.total()
    of_one_language = max(sum(letters[each] for each in alphabet) for alphabet in _WESTERN)
    plain = sum(map(str.isalpha, data.decode("ascii", errors="ignore")))
    return of_one_language >= _MOSTLY * number or number <= _RARE * (number + plain)


def _letters(data: bytes, codec: str) -> Counter[str] | None:
    """The letters beside ASCII, in lower case; None where anything else stands there."""
    try:
        others = [each for each in data.decode(codec) if not each.isascii() and not _is_mark(each)]
    except UnicodeDecodeError:
        return None
    letters = Counter(each.lower() for each in others)
    return letters if all(map(str.isalpha, letters)) else None


def _is_mark(each: str) -> bool:
    """Whether it is a mark of texts: of East Asia too."""
    return each in _MARKS or "\u3000" <= each <= "\u303f" or "\uff01" <= each <= "\uff1f"


def _is_cyrillic(data: bytes, codec: str) -> bool:
    letters = _letters(data, codec)
    if not letters or not all("а" <= each <= "ґ" for each in letters):
        return False
    common = sum(letters[each] for each in _COMMON)
    return letters.total() >= _LEAST_LETTERS and common >= _LEAST_COMMON * letters.total()
