"""The encoding of text that is not UTF-8, by the letters that its bytes give; none where unsure.

Western alphabets are tried in WINDOWS-1252: all letters must be of one language, since bytes of
Czech or Turkish give letters there too, and wrong ones. Cyrillic is the encoding in which the
commonest letters of Russian are common, and no other.
"""

from __future__ import annotations

from collections.abc import Sequence

_WESTERN = (
    "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíóúüñ", "áâãàçéêíóôõúü", "àèéìîòóù", "åäöé", "æøåéòôó",
    "áéëïóöü",
)  # fmt: skip
"""The letters beside a-z of German, French, Spanish, Portuguese, Italian, Swedish and Finnish,
Danish and Norwegian, Dutch."""
_MARKS = frozenset("–—…‘’‚“”„«»‹›€°§´·¿¡©®\u00a0")
"""What else stands in texts."""
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
}


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


def iconv_name(codec: str) -> str:
    """The name of a codec of `encoding_of` in iconv."""
    return _ICONV[codec]


def _is_western(data: bytes) -> bool:
    letters = _letters(data, "cp1252")
    return bool(letters) and any(letters <= set(alphabet) for alphabet in _WESTERN)


def _letters(data: bytes, codec: str) -> set[str]:
    """The letters beside ASCII, in lower case; empty where anything else stands there."""
    try:
        others = {letter for letter in data.decode(codec) if not letter.isascii()} - _MARKS
    except UnicodeDecodeError:
        return set()
    return {letter.lower() for letter in others} if all(map(str.isalpha, others)) else set()


def _is_cyrillic(data: bytes, codec: str) -> bool:
    if not (letters := _letters(data, codec)) or not all("а" <= each <= "ґ" for each in letters):
        return False
    text = [letter for letter in data.decode(codec) if letter.isalpha() and not letter.isascii()]
    common = sum(letter in _COMMON for letter in text)
    return len(text) >= _LEAST_LETTERS and common >= _LEAST_COMMON * len(text)
