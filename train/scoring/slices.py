"""SLICES: by what error rates are broken down. Add a way of slicing here."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from train.data.rows import Row

DURATION_BINS_S = (1, 2, 5, 10, 20, 40)
_BINS = [
    *(f"{low}-{high} s" for low, high in pairwise((0, *DURATION_BINS_S))),
    f"{DURATION_BINS_S[-1]} s and more",
]

Values = Callable[[Row], Iterable[str | None]]
"""A row's values; a row with several (tags) counts in each."""


def _verdict(row: Row) -> Iterator[str | None]:
    verdict = row.curated.get("verdict")
    yield verdict if isinstance(verdict, str) else None


def _tags(row: Row) -> list[str | None]:
    tags = row.curated.get("tags")
    return [str(tag) for tag in tags] if isinstance(tags, list) and tags else [None]


def _speaker(row: Row) -> Iterator[str | None]:
    yield row.speaker


def duration_bin(row: Row) -> str:
    """The duration class of a row, such as `2-5 s`."""
    return _BINS[bisect_right(DURATION_BINS_S, row.duration_s)]


def stratum(row: Row) -> str:
    """Language and duration class: what the macro average is over."""
    return f"{row.language or 'no language'}, {duration_bin(row)}"


SLICES: tuple[tuple[str, Values], ...] = (
    ("manifest", lambda row: [str(row.manifest)]),
    ("verdict", _verdict),
    ("tag", _tags),
    ("lang", lambda row: [row.language]),
    ("stratum", lambda row: [stratum(row)]),
    ("speaker", _speaker),
    ("duration", lambda row: [duration_bin(row)]),
)
"""Names as they are in wer.json's `by`, and a row's values."""


def order(value: str | None) -> tuple[bool, float, str]:
    """Durations by their number, all else by name, nothing last."""
    number = str(value).split(" ")[0].split("-")[0]
    return value is None, float(number) if number.isdecimal() else -1.0, str(value)
