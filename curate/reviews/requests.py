"""What the addresses of the review page mean: parameters to queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from curate.artifacts.verdicts import VERDICTS
from curate.reviews.browse import MOST, Place
from curate.reviews.query import ENDS, FIELDS, NoSuch, Query, Range
from curate.reviews.search import Pattern, check_pattern

Keys = tuple[int, ...]

MOST_COLUMNS = 12
"""Columns that a list shows beside the text."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page of records: of which, behind which place, how many, with which columns."""

    query: Query
    after: Place | None
    count: int
    columns: tuple[str, ...]


def page_request(parameters: Mapping[str, str], keys: Callable[[], Keys]) -> PageRequest:
    """The page that a request's parameters name; `keys` gives the audio keys that are
    decided.
    """
    count = int(parameters.get("count", "50"))
    if not 1 <= count <= MOST:
        raise NoSuch(f"a page has 1 to {MOST} records")
    columns = tuple(name for name in parameters.get("columns", "").split(",") if name)
    if len(columns) > MOST_COLUMNS:
        raise NoSuch(f"a list shows at most {MOST_COLUMNS} columns")
    query = query_of(parameters, keys)
    return PageRequest(query, place_of(parameters.get("after", "")), count, columns)


def query_of(parameters: Mapping[str, str], keys: Callable[[], Keys]) -> Query:
    """The records that a request's parameters name. NoSuch for what there is not, ConfigError for
    a search that cannot be made.
    """
    verdicts = tuple(name for name in parameters.get("verdict", "").split(",") if name)
    if unknown := set(verdicts) - set(VERDICTS):
        raise NoSuch(f"{min(unknown)!r} is not a verdict")
    decided = parameters.get("decided", "")
    return Query(
        verdicts=verdicts,
        tag=parameters.get("tag") or None,
        fields=tuple((name, parameters[name]) for name in FIELDS if name in parameters),
        ranges=_ranges(parameters),
        keys=keys() if decided else None,
        other_keys=decided == "no",
        search=_pattern(parameters),
        split=parameters.get("split") or None,
        sort=parameters.get("sort") or None,
        down=parameters.get("order", "down") != "up",
    )


def place_of(text: str) -> Place | None:
    """Where a page ended, as the answer to its request gives it."""
    if not text:
        return None
    value, row = json.loads(text)
    return None if value is None else float(value), int(row)


def _ranges(parameters: Mapping[str, str]) -> tuple[Range, ...]:
    metric, ends = parameters.get("metric"), parameters.get("ends", ENDS[0])
    least, most = (_number(parameters.get(name, "")) for name in ("least", "most"))
    if ends not in ENDS:
        raise NoSuch(f"the ends of a range are one of {' '.join(ENDS)}")
    return (Range(metric, least, most, ends),) if metric and (least, most) != (None, None) else ()


def _pattern(parameters: Mapping[str, str]) -> Pattern | None:
    text, how = parameters.get("text", ""), parameters.get("how", "substring")
    return check_pattern(Pattern(text, how, "case" in parameters)) if text else None


def _number(text: str) -> float | None:
    return float(text) if text.strip() else None
