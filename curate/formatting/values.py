"""How a value of a field is named for people, above all none."""

from __future__ import annotations


def rows_with(field: str, value: object) -> str:
    """The rows with this value of a field, in a sentence.

    >>> rows_with("lang", "en"), rows_with("lang", None)
    ("lang 'en'", 'rows without lang')
    """
    return f"rows without {field}" if value is None else f"{field} '{value}'"


def labelled(field: str, value: object) -> str:
    """The same as a label.

    >>> labelled("lang", "en"), labelled("lang", None)
    ('lang en', 'no lang')
    """
    return f"no {field}" if value is None else f"{field} {value}"
