"""Which metrics of a profile go together: families of nearly one measure, and what links them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from markupsafe import Markup

from curate.artifacts.profile import Profile
from reports.charts import drawn
from reports.format import plural
from reports.sections.declare import joined
from reports.tables import Column, Table, name

_STRONGEST = 20
_SAME, _WEAK = 0.8, 0.3
"""Correlations from which on two metrics are of one family, and below which they hardly go together
(Cohen 1988: a medium effect).
"""
_NOT_SHOWN = Markup(
    '<p class="note">One pair of each two families, the strongest. Left out: {} whose 95 % '
    "interval reaches below {}. No correlation says which is the cause.</p>"
)


class _Pair(NamedTuple):
    one: str
    two: str
    pearson: float


def correlations(profile: Profile) -> Markup | None:
    """The families of metrics, and the pairs of metrics of two families that go together most,
    either way, by more than chance gives in so many rows.
    """
    pairs = _pairs(profile)
    family_of = _families([pair for pair in pairs if abs(pair.pearson) >= _SAME])
    apart = [
        pair
        for pair in pairs
        if family_of.get(pair.one, pair.one) != family_of.get(pair.two, pair.two)
    ]
    rows_of = {metric.name: metric.rows for metric in profile.metrics}
    known = [
        pair
        for pair in apart
        if _at_least(pair.pearson, min(rows_of.get(pair.one, 0), rows_of.get(pair.two, 0))) >= _WEAK
    ]
    strongest = _strongest(known, family_of)
    if not strongest and not family_of:
        return None
    return joined(
        _named(family_of),
        _table(strongest[:_STRONGEST]) if strongest else None,
        _NOT_SHOWN.format(plural(len(apart) - len(known), "pair"), _WEAK),
    )


def _pairs(profile: Profile) -> list[_Pair]:
    """All pairs of which a correlation is known."""
    table = profile.correlations
    return [
        _Pair(table.metrics[one], table.metrics[two], value)
        for one, two in combinations(range(min(len(table.metrics), len(table.pearson))), 2)
        if two < len(table.pearson[one]) and (value := table.pearson[one][two]) is not None
    ]


def _families(pairs: Iterable[_Pair]) -> Mapping[str, str]:
    """The first metric of the family of each metric that has one: whatever a chain of these pairs
    links is one family.
    """
    first: dict[str, str] = {}
    for pair in pairs:
        one, two = (first.get(each, each) for each in (pair.one, pair.two))
        first |= {pair.one: one, pair.two: two}
        first |= {each: one for each, of in first.items() if of == two}
    return first


def _strongest(pairs: Sequence[_Pair], family_of: Mapping[str, str]) -> list[_Pair]:
    """The strongest pair of each two families, the strongest first."""
    best: dict[frozenset[str], _Pair] = {}
    for pair in sorted(pairs, key=lambda each: -abs(each.pearson)):
        families = frozenset(family_of.get(each, each) for each in (pair.one, pair.two))
        best.setdefault(families, pair)
    return list(best.values())


def _named(family_of: Mapping[str, str]) -> Markup | None:
    """The members of each family."""
    members: dict[str, list[str]] = {}
    for each, first in family_of.items():
        members.setdefault(first, []).append(each)
    columns = (Column("families: correlations of 0.8 or more link them", "drawn"),)
    rows = [(Markup(", ").join(map(name, each)),) for each in members.values()]
    return Table("Families", columns, rows).render() if rows else None


def _table(pairs: Sequence[_Pair]) -> Markup:
    columns = (
        Column("metric", "name"),
        Column("and, of another family", "name"),
        Column("Pearson", "number"),
        Column("strength, 0 to 1", "drawn"),
    )
    rows = [(*pair, drawn.bar(abs(pair.pearson), 1.0)) for pair in pairs]
    return Table("Correlations", columns, rows).render()


def _at_least(pearson: float, rows: int) -> float:
    """How strong a correlation is at least, with 95 % confidence (Fisher's z), 0 where that may be
    none at all.
    """
    if rows <= 3:
        return 0.0
    if abs(pearson) >= 1:
        return 1.0
    return max(0.0, math.tanh(math.atanh(abs(pearson)) - 1.96 / math.sqrt(rows - 3)))
