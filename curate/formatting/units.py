"""Lengths of time as people read them, in sentences and in columns of tables."""

from __future__ import annotations


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
