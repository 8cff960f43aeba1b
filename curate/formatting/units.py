"""Lengths of time and shares as people read them, in sentences and in columns of tables; sizes as
people write them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

US_PER_HOUR = 3_600_000_000

_BYTES = {"KB": 10**3, "MB": 10**6, "GB": 10**9}


def duration(seconds: float = 0.0, hours: float = 0.0) -> str:
    """Seconds, or hours, in the unit that suits them, to three or four digits.

    >>> duration(6.72), duration(90), duration(hours=1.29392), duration(hours=20000)
    ('6.72 s', '1.5 min', '1.294 h', '20,000 h')
    """
    seconds += 3600 * hours
    if seconds >= 3600 * 1000:
        return f"{seconds / 3600:,.0f} h"
    if seconds >= 3600:
        return f"{seconds / 3600:.4g} h"
    return f"{seconds / 60:.3g} min" if seconds >= 60 else f"{seconds:.3g} s"


def hours(value: float) -> str:
    """Hours in a column of a table: one decimal, in the unit that suits them.

    >>> hours(2014.23), hours(0.27), hours(0.001)
    ('2,014.2 h', '16.2 min', '3.6 s')
    """
    if value >= 1:
        return f"{value:,.1f} h"
    return f"{value * 60:.1f} min" if value >= 1 / 60 else f"{value * 3600:.1f} s"


def plural(count: int, noun: str, verbs: str = "") -> str:
    """A count with its noun, and with the verb of that number where both are given.

    >>> plural(1, "row"), plural(1200, "row"), plural(1, "row", "is/are")
    ('1 row', '1,200 rows', '1 row is')
    """
    one, _, many = verbs.partition("/")
    text, verb = (f"{count:,} {noun}", one) if count == 1 else (f"{count:,} {noun}s", many)
    return f"{text} {verb}".rstrip()


def first_and_more(names: Sequence[str], noun: str) -> str:
    """The first name, and how many more of what it is there are.

    >>> first_and_more(["a"], "input"), first_and_more(["a", "b", "c"], "input")
    ('a', 'a and 2 more inputs')
    """
    more = f" and {plural(len(names) - 1, f'more {noun}')}" if len(names) > 1 else ""
    return f"{names[0]}{more}"


def percent(share: float | None, digits: int = 1, unknown: str = "-") -> str:
    """A share of 1 as per cent; `unknown` where there is none.

    >>> percent(0.9771), percent(0.0004, 2), percent(None)
    ('97.7%', '0.04%', '-')
    """
    return unknown if share is None else f"{share:.{digits}%}"


def parse_bytes(text: str) -> int | None:
    """A number with KB, MB or GB in bytes; None for anything else.

    >>> parse_bytes("512MB"), parse_bytes("1.5 gb"), parse_bytes("512")
    (512000000, 1500000000, None)
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMG]B)\s*", text, re.IGNORECASE)
    return int(float(match[1]) * _BYTES[match[2].upper()]) if match else None
