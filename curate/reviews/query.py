"""Which records a page is about, and in what order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from curate.artifacts.columns import AUDIO_KEY, MALFORMED, TAGS, VERDICT
from curate.reviews.search import Pattern

FIELDS = ("lang", "speaker", "source")
"""Text columns that one browses by."""

Condition = tuple[object, ...]
"""A part of a query that has a mask of its own, by which the mask is remembered."""


ENDS = ("[]", "[)", "(]", "()")
"""Which ends of a range belong to it, as intervals are written."""


class NoSuch(ValueError):  # noqa: N818 - a fault of a request, answered to its client
    """What a query names and the table has not."""


class Range(NamedTuple):
    """Values of a metric from `least` to `most`, None is open; `ends` is one of ENDS."""

    metric: str
    least: float | None
    most: float | None
    ends: str = "[]"


@dataclass(frozen=True, slots=True)
class Query:
    """Which records, and in what order.

    `verdicts`: any of these (empty: all). `tag`: `bad:rule`. `fields`: (name of FIELDS, value; ""
    is null). `keys`: only rows with these audio keys, or with `other_keys` only the others (None:
    either). `search`: what the text matches. `split`: the split they are in. `records_only`: no
    malformed or skipped lines. `sort`: a metric or one of FIELDS (rows in which it is null are left
    out), None for input order; `down`: largest first.
    """

    verdicts: tuple[str, ...] = ()
    tag: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    ranges: tuple[Range, ...] = ()
    keys: tuple[int, ...] | None = None
    other_keys: bool = False
    search: Pattern | None = None
    split: str | None = None
    records_only: bool = False
    sort: str | None = None
    down: bool = True


def conditions(query: Query, numeric: frozenset[str]) -> Iterator[tuple[Condition, pl.Expr]]:
    """The conditions of a query that the columns of the table answer, each with its expression.

    NoSuch for a metric that is not among `numeric`, and a field that is none of FIELDS.
    """
    if query.verdicts:
        yield ("verdict", *query.verdicts), VERDICT.expr.cast(pl.String).is_in(query.verdicts)
    if query.tag is not None:
        yield ("tag", query.tag), TAGS.expr.list.contains(query.tag)
    for name, value in query.fields:
        if name not in FIELDS:
            raise NoSuch(f"{name!r} is nothing to browse by")
        column = pl.col(name)
        yield ("field", name, value), column == value if value else column.is_null()
    for name, least, most, ends in query.ranges:
        column = pl.col(demand_metric(name, numeric))
        if least is not None:
            yield (
                ("least", name, least, ends[0]),
                column >= least if ends[0] == "[" else column > least,
            )
        if most is not None:
            yield ("most", name, most, ends[1]), column <= most if ends[1] == "]" else column < most
    if query.keys is not None:
        keys = pl.Series(query.keys, dtype=pl.UInt64).implode()
        known = AUDIO_KEY.expr.fill_null(0).is_in(keys)
        yield ("keys", query.keys, query.other_keys), known != query.other_keys
    if query.records_only:
        yield ("records_only",), MALFORMED.expr.is_null()


def demand_metric(name: str, numeric: frozenset[str]) -> str:
    """The name of a column of numbers. NoSuch for any other."""
    if name not in numeric:
        raise NoSuch(f"{name!r} is not a number of the profile")
    return name
