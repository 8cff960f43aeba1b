"""What the errors of a limit's rows say: keep it, relax it, tighten it, or nothing.

Tagged rows are held against clean ones of the same language and duration class, weighted as the
tagged rows lie, so that short or hard languages do not speak for a rule. A conclusion needs an
interval over speakers; what the interval leaves open is left open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from curate.artifacts.columns import DURATION_US
from curate.profiles.summary import hours
from curate.reconsider.joined import Judged
from curate.rules.file import Limit, Rule, RuleSet
from curate.statistics.bootstrap import DRAWS, FEWEST, Floats, Ints, interval, ratio

LEAST_WORDS = 200
"""Below this a rate of words is an anecdote."""

MARGIN = 0.02
"""Rows that are worse than clean ones by surely less than this measure as well as those."""

HOPELESS = 0.5
"""Where surely more than half of the words are wrong, the label is likelier at fault."""

NEXT = 0.05
"""The share of the clean rows, nearest to a limit, that is looked at for tightening it."""

SHOWN = 5
"""Rows of a limit that are shown."""

SAYS = {
    "keep": "its rows are worse than clean ones: it finds something",
    "relax": "its rows are surely no worse than clean ones by a margin that matters",
    "tighten": "the clean rows nearest to it are worse than the others",
    "reject": "surely more than half of the words are wrong: closer to bad than to borderline",
    "open": "this data cannot tell",
    "too_few": "too few rows with this tag alone to say",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one limit. `wer` is of its rows, `clean_wer` of comparable clean rows,
    `difference` the one less the other with its interval; `says` is a key of SAYS; `propose` the
    value to move the limit to, where it should be moved. `examples` are numbers of some of its
    rows, from the least to the most wrong.
    """

    rule: str
    metric: str
    severity: str
    limit: str
    says: str
    meaning: str
    rows: int
    hours: float
    words: int
    clusters: int
    wer: float | None = None
    clean_wer: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    propose: float | None = None
    examples: tuple[int, ...] = ()


def gather(judged: Judged, rules: RuleSet) -> list[Evidence]:
    """What is known of every eval limit, and of the clean rows just inside it; file order."""
    return [each for rule in rules.rules for each in _of_rule(judged, rule)]


def _of_rule(judged: Judged, rule: Rule) -> Iterator[Evidence]:
    if rule.borderline is None:
        return
    rows = judged.tagged(f"borderline:{rule.id}")
    yield _weighed(judged, rule, rows, rule.borderline.text, "borderline")
    for limit in rule.borderline.limits:
        if rule.metric in judged.frame.columns and limit.operator.symbol in {">=", ">", "<=", "<"}:
            yield from _inside(judged, rule, limit)


def _weighed(
    judged: Judged, rule: Rule, rows: Ints, limit: str, severity: str, at: float | None = None
) -> Evidence:
    """The rows against clean rows like them; `at` is a limit that would tag just these."""
    rest = np.setdiff1d(judged.clean, rows)
    told = {**_told(judged, rows), "examples": _spread(judged, rows)}
    if told["words"] < LEAST_WORDS or told["clusters"] < FEWEST:
        return _evidence(rule, limit, severity, "too_few", told)
    drawn, figures = _compared(judged, rows, rest)
    found = interval(drawn)
    if found is None:
        return _evidence(rule, limit, severity, "too_few", told)
    sure = {"low": found.low, "high": found.high}
    says = _says(severity, found.low, found.high)
    if says == "keep" and _hopeless(judged, rows):
        says = "reject"
    moved = {"propose": at if says == "tighten" else None}
    return _evidence(rule, limit, severity, says, {**told, **figures, **sure, **moved})


def _says(severity: str, low: float, high: float) -> str:
    if severity == "clean":
        return "tighten" if low > MARGIN else "open"
    if low > 0:
        return "keep"
    return "relax" if high < MARGIN else "open"


def _hopeless(judged: Judged, rows: Ints) -> bool:
    drawn = ratio(*judged.bootstrap.sums([rows], judged.errors, judged.words))[0]
    found = interval(drawn)
    return found is not None and found.low > HOPELESS


def _evidence(
    rule: Rule, limit: str, severity: str, says: str, figures: Mapping[str, Any]
) -> Evidence:
    return Evidence(rule.id, rule.metric, severity, limit, says, SAYS[says], **figures)


def _spread(judged: Judged, rows: Ints) -> tuple[int, ...]:
    """A few of the rows, evenly from the fewest errors a word to the most; of equals the first."""
    said = rows[judged.words[rows] > 0]
    order = said[np.argsort(judged.errors[said] / judged.words[said], kind="stable")]
    places = np.linspace(0, order.size - 1, min(SHOWN, order.size)).round().astype(int)
    return tuple(order[places].tolist())


def _told(judged: Judged, rows: Ints) -> dict[str, Any]:
    return {
        "rows": int(rows.size),
        "hours": hours(int(judged.frame[DURATION_US.name][rows].sum())),
        "words": int(judged.words[rows].sum()),
        "clusters": judged.bootstrap.clusters_in(rows),
    }


def _compared(judged: Judged, rows: Ints, clean: Ints) -> tuple[Floats, Mapping[str, float | None]]:
    """Draws of the difference, standardised to the strata of `rows`; and its figures."""
    strata = [
        (ours, theirs)
        for number in np.unique(judged.stratum[rows])
        for ours in [rows[judged.stratum[rows] == number]]
        for theirs in [clean[judged.stratum[clean] == number]]
        if judged.words[ours].sum() and judged.words[theirs].sum()
    ]
    parts: Sequence[Ints] = [part for pair in strata for part in pair]
    if not parts:
        return np.full(DRAWS, np.nan), {}
    rates = ratio(*judged.bootstrap.sums(parts, judged.errors, judged.words))
    weights = np.array([judged.words[ours].sum() for ours, _ in strata])
    weights = weights / weights.sum()
    change = rates[0::2] - rates[1::2]
    known = ~np.isnan(change)
    shares = weights[:, None] * known
    drawn = ratio((np.nan_to_num(change) * shares).sum(axis=0), shares.sum(axis=0))
    plain = [judged.errors[part].sum() / judged.words[part].sum() for part in parts]
    ours, theirs = (float((weights * plain[side::2]).sum()) for side in (0, 1))
    return drawn, {
        "wer": round(ours, 6),
        "clean_wer": round(theirs, 6),
        "difference": round(ours - theirs, 6),
    }


def _inside(judged: Judged, rule: Rule, limit: Limit) -> Iterator[Evidence]:
    """The clean rows nearest to the limit, which a step further in would tag."""
    values = judged.frame[rule.metric].cast(pl.Float64).to_numpy()[judged.clean]
    if not np.isfinite(values).any():
        return
    high = limit.operator.symbol in {">=", ">"}
    at = float(np.nanquantile(values, 1 - NEXT if high else NEXT, method="nearest"))
    if at == limit.value:
        return
    near = judged.clean[values >= at] if high else judged.clean[values <= at]
    if near.size < 2 * NEXT * judged.clean.size:  # else the value is where most rows lie
        text = f"{rule.metric} {'>=' if high else '<='} {at:.4g}"
        yield _weighed(judged, rule, near, text, "clean", round(at, 6))
