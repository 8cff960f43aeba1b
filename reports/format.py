"""Numbers as people read them. What is not known is a dash; nothing is rounded to a lie."""

from __future__ import annotations

from collections.abc import Iterable

from curate.formatting import units

UNKNOWN = "—"
_SIZES = ("B", "kB", "MB", "GB", "TB")
_LARGE, _SMALL = 1e7, 1e-4


def count(value: int | None) -> str:
    """A whole number with separators.

    >>> count(1234567), count(None)
    ('1,234,567', '—')
    """
    return UNKNOWN if value is None else f"{value:,}"


def places(values: Iterable[float | None]) -> int:
    """Decimals that suit a column of hours: enough for its small values, none to waste.

    >>> places([2014.2, 8.76]), places([1.5]), places([0.0312])
    (2, 3, 4)
    """
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return next((digits for digits, least in ((1, 10_000), (2, 10), (3, 1)) if largest >= least), 4)


def fixed(value: float | None, digits: int) -> str:
    """A number with `digits` decimals; one that would round to zero says that it is not zero.

    >>> fixed(1234.56, 1), fixed(0.004, 1), fixed(0.0, 1)
    ('1,234.6', '<0.1', '0.0')
    """
    if value is None:
        return UNKNOWN
    least = 10.0**-digits
    if 0 < value < least / 2:
        return f"<{least:.{digits}f}"
    return f"{value:,.{digits}f}"


def hours(value: float | None) -> str:
    """Hours in a sentence, with the unit that suits them.

    >>> hours(1967.41), hours(20.04), hours(0.15), hours(0)
    ('1,967.4 h', '20.04 h', '9 min', '0 h')
    """
    if not value:
        return UNKNOWN if value is None else "0 h"
    return seconds(3600 * value) if value < 1 else f"{fixed(value, 1 if value >= 100 else 2)} h"


def percent(share: float | None, digits: int = 1) -> str:
    """A share of 1 as per cent; only nothing is 0 % and only all is 100 %.

    >>> percent(0.9771), percent(0.00001), percent(0.99999), percent(1.0), percent(0.0)
    ('97.7 %', '<0.1 %', '>99.9 %', '100 %', '0 %')
    """
    if share is None:
        return UNKNOWN
    least = 10.0**-digits
    if 1 - least / 200 < share < 1:
        return f">{100 - least:.{digits}f} %"
    if not share or 1 <= share < 1 + least / 200:  # a target that is passed by a hair is met
        return f"{round(100 * share)} %"
    return f"{fixed(100 * share, digits)} %"


def share(part: float | None, whole: float | None) -> float | None:
    """`part` of `whole`; not known where either is not, or where there is no whole."""
    return None if part is None or not whole else part / whole


def points(change: float | None) -> str:
    """The size of a difference of two shares, in points.

    >>> points(-0.0123), points(0.01), points(None)
    ('1.2 points', '1.0 points', '—')
    """
    return UNKNOWN if change is None else f"{100 * abs(change):.1f} points"


def number(value: float | None) -> str:
    """A measured value to four significant digits.

    >>> number(14.70312), number(30.0), number(1234567.0), number(0.00002)
    ('14.7', '30', '1,234,567', '2e-05')
    """
    if value is None:
        return UNKNOWN
    if value == int(value) and abs(value) < _LARGE:
        return f"{int(value):,}"
    if not _SMALL <= abs(value) < _LARGE:
        return f"{value:.3g}"
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def seconds(value: float | None) -> str:
    """A length of time in the unit that suits it.

    >>> seconds(4.25), seconds(90), seconds(72000), seconds(0.27)
    ('4.25 s', '1.5 min', '20 h', '0.27 s')
    """
    if value is None:
        return UNKNOWN
    for least, divisor, unit in ((3600, 3600, "h"), (60, 60, "min")):
        if value >= least:
            return f"{value / divisor:.3g} {unit}"
    return f"{value:.3g} s"


def size(value: int | None) -> str:
    """Bytes in decimal units.

    >>> size(999), size(1_500_000)
    ('999 B', '1.5 MB')
    """
    if value is None:
        return UNKNOWN
    amount, steps = float(value), 0
    while amount >= 1000 and steps < len(_SIZES) - 1:
        amount, steps = amount / 1000, steps + 1
    return f"{amount:.3g} {_SIZES[steps]}"


def plural(value: int | None, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "row"), plural(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{UNKNOWN} {noun}s" if value is None else units.plural(value, noun)
