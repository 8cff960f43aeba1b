"""English numbers in digits: cardinals, ordinals, decades, decimals, amounts of money.

After the appendix on text standardisation of "Robust Speech Recognition via Large-Scale Weak
Supervision" (Radford et al. 2022), whose normaliser the public leaderboards use: `twenty twenty`
is 2020, `two thousand and five` 2005, `twenty dollars` $20, and a lone 1 stays `one`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Final

_ONES: Final = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_SCALES: Final = "thousand million billion trillion quadrillion"
UNITS: Final = {word: n for n, word in enumerate(_ONES.split(), 1)}
TENS: Final = {word: n for n, word in zip(range(20, 100, 10), _TENS.split(), strict=True)}
SCALES: Final = {
    "hundred": 100,
    **{word: 1000**n for n, word in enumerate(_SCALES.split(), 1)},
}
ZEROS: Final = frozenset({"zero", "oh", "o"})
_ORDINALS: Final = {
    "first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight",
    "ninth": "nine", "twelfth": "twelve",
}  # fmt: skip
_SIGNS: Final = {
    "dollar": "$", "dollars": "$", "pound": "\u00a3", "pounds": "\u00a3", "euro": "\u20ac",
    "euros": "\u20ac", "cent": "\u00a2", "cents": "\u00a2",
}  # fmt: skip
_TIMES: Final = {"double": 2, "triple": 3}
_HALF: Final = ["and", "a", "half"]
MONEY: Final = frozenset(_SIGNS.values())
_CARDINALS: Final = {**UNITS, **TENS, **SCALES}


def _suffixed() -> Iterator[tuple[str, tuple[str, str]]]:
    """Ordinals and plurals to the cardinal and what is written behind the digits."""
    irregular = {cardinal: word for word, cardinal in _ORDINALS.items()}
    for word in _CARDINALS:
        stem = f"{word[:-1]}ie" if word.endswith("y") else word
        yield f"{word}es" if word == "six" else f"{stem}s", (word, "s")
        yield irregular.get(word, f"{stem}th"), (word, "")


SUFFIXED: Final = dict(_suffixed())
_SPOKEN: Final = frozenset((*_CARDINALS, *SUFFIXED, "zero")) - {"one"}
TRIGGERS: Final = _SPOKEN | ZEROS | frozenset((*_SIGNS, *_TIMES, "percent", "point", "half"))
"""Words without which no number is changed, but for signs, and digits beside letters."""


def digits_for_words(words: Sequence[str]) -> list[str]:
    """The words with numbers in digits.

    >>> " ".join(digits_for_words("two thousand and five on the first for 5 million".split()))
    '2005 on the 1st for 5000000'
    >>> " ".join(digits_for_words("one of twenty dollars and three point five percent".split()))
    'one of $20 and 3.5%'
    """
    converted: list[str] = []
    at = 0
    while at < len(words):
        number, behind = _read(words, at)
        if number is None:
            converted.append(words[at])
            at += 1
        else:
            converted.append(number)
            at = behind
    return converted


@dataclass(slots=True)
class _Number:
    """A number as far as it was read: a sum, or (`text`) digits that were spoken one by one."""

    value: int | None = None
    text: str = ""
    last: str = ""

    @property
    def begun(self) -> bool:
        return self.value is not None or bool(self.text)

    @property
    def digits(self) -> str:
        return self.text or ("" if self.value is None else str(self.value))

    def say(self, digits: str) -> None:
        """Digits behind the number so far."""
        self.value, self.text = None, self.digits + digits

    def add(self, word: str, value: int) -> None:
        """A cardinal below a hundred: added where there is room for it, else appended."""
        if not self.begun:
            self.value = value
        elif self.text:
            completes = self.last in TENS and value < 10
            self.text = f"{self.text[:-1] if completes else self.text}{value}"
        else:
            assert self.value is not None
            room = 10 if value < 10 else 100
            if self.value % room == 0 and self.last not in UNITS:
                self.value += value
            else:
                self.say(str(value))
        self.last = word

    def scale(self, word: str, value: int) -> bool:
        """A multiplier; False where it cannot follow."""
        if self.text:
            whole = Fraction(self.text) * value
            if whole.denominator != 1:
                return False
            self.value, self.text = whole.numerator, ""
        elif self.value is None:
            self.value = value
        else:
            before, part = divmod(self.value, 1000)
            self.value = before * 1000 + part * value if part else self.value * value
        self.last = word
        return True


def _is_digits(word: str) -> bool:
    return word.isdigit() or (word.replace(".", "", 1).isdigit() and word[0] != "." != word[-1])


def _read(words: Sequence[str], at: int) -> tuple[str | None, int]:
    """The number that begins at a word, and the word behind it; None where none does."""
    first = words[at]
    sign = first[0] if first[0] in MONEY and _is_digits(first[1:]) else ""
    if sign or _is_digits(first):
        number, behind, end = _after_digits(words, at + 1, first[len(sign) :])
    elif _starts(words, at):
        number, behind, end = _spoken(words, at, _Number())
    else:
        return None, at
    return _dressed(words, number, behind, end, sign)


def _starts(words: Sequence[str], at: int) -> bool:
    """Whether a number in words begins here."""
    word, following = words[at], _at(words, at + 1)
    if word in _CARDINALS or word in SUFFIXED or word == "zero":
        return True
    if word in ZEROS:
        return _digit(following) != "" and following != "o"
    return word in _TIMES and _digit(following) != ""


def _after_digits(words: Sequence[str], at: int, digits: str) -> tuple[_Number, int, str]:
    """A number that begins in digits: a multiplier, decimals or a half may follow in words."""
    number = _Number(text=digits, last="digits")
    following = _at(words, at)
    if following in SCALES and number.scale(following, SCALES[following]):
        return _spoken(words, at + 1, number)
    if following == "point" and "." not in digits and _digit(_at(words, at + 1)):
        return _decimals(words, at + 1, number)
    if list(words[at : at + 3]) == _HALF and "." not in digits:
        return _Number(text=f"{digits}.5"), at + 3, ""
    return number, at, ""


def _spoken(words: Sequence[str], at: int, number: _Number) -> tuple[_Number, int, str]:
    """A number in words: (number, the word behind it, what is written behind its digits)."""
    while at < len(words):
        word, following = words[at], _at(words, at + 1)
        if word in UNITS or word in TENS:
            number.add(word, _CARDINALS[word])
        elif word in SCALES:
            if not number.scale(word, SCALES[word]):
                break
        elif word in ZEROS:
            number.say("0")
            number.last = word
        elif word in SUFFIXED:
            return _end(number, *SUFFIXED[word]), at + 1, SUFFIXED[word][1] or _ordinal(number)
        elif word in _TIMES and _digit(following):
            number.say(_digit(following) * _TIMES[word])
            at += 1
        elif word == "point" and (_digit(following) or following.isdigit()):
            return _decimals(words, at + 1, number)
        elif list(words[at : at + 3]) == _HALF:
            return _Number(text=f"{number.digits}.5"), at + 3, ""
        elif not (word == "and" and number.last in SCALES and _continues(words, at + 1)):
            break
        at += 1
    return number, at, ""


def _end(number: _Number, cardinal: str, _: str) -> _Number:
    """The number with the cardinal of its last word, which is an ordinal or a plural."""
    if cardinal in SCALES:
        number.scale(cardinal, SCALES[cardinal])
    else:
        number.add(cardinal, _CARDINALS[cardinal])
    return number


def _at(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""


def _digit(word: str) -> str:
    """The digit that a word says; empty for another word."""
    if word in ZEROS:
        return "0"
    value = UNITS.get(word, 10)
    return str(value) if value < 10 else ""


def _continues(words: Sequence[str], at: int) -> bool:
    return at < len(words) and (words[at] in UNITS or words[at] in TENS or words[at] in SUFFIXED)


def _decimals(words: Sequence[str], at: int, number: _Number) -> tuple[_Number, int, str]:
    """The decimals from a word on, and a multiplier behind them."""
    read = _Number(text=f"{number.digits or 0}.", last="point")
    while at < len(words):
        word = words[at]
        if word.isdigit() or _digit(word):
            read.text += word if word.isdigit() else _digit(word)
        elif word in TENS or word in UNITS:
            read.text += str(_CARDINALS[word])
        else:
            break
        at += 1
    if (scale := _at(words, at)) in SCALES and read.scale(scale, SCALES[scale]):
        at += 1
    return read, at, ""


def _ordinal(number: _Number) -> str:
    if number.digits[-2:] in {"11", "12", "13"}:
        return "th"
    return {"1": "st", "2": "nd", "3": "rd"}.get(number.digits[-1], "th")


def _dressed(
    words: Sequence[str], number: _Number, behind: int, end: str, sign: str
) -> tuple[str, int]:
    """The number with its sign of money or per cent, where one is spoken or written."""
    digits, following = f"{number.digits}{end}", _at(words, behind)
    if sign or end:
        return {"1": "one", "1s": "ones"}.get(f"{sign}{digits}", f"{sign}{digits}"), behind
    if following in _SIGNS:
        return f"{_SIGNS[following]}{digits}", behind + 1
    if following == "percent":
        return f"{digits}%", behind + 1
    if following == "per" and _at(words, behind + 1) == "cent":
        return f"{digits}%", behind + 2
    return "one" if digits == "1" else digits, behind


assert not set(chain(UNITS, TENS, SCALES)) & set(SUFFIXED), "a word is one number"
