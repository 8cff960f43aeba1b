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

from curate.arrays import Floats, Int64s
from curate.artifacts.columns import DURATION_US
from curate.artifacts.reconsider import LimitEvidence
from curate.evidence.joined import ScoredRows
from curate.profiles.named import hours
from curate.rules.file import Limit, Rule, RuleSet
from curate.statistics.bootstrap import DRAWS, FEWEST, interval, ratio

LEAST_WORDS = 200
"""Below this a rate of words is an anecdote."""

MARGIN = 0.02
"""Rows that are worse than clean ones by surely less than this measure as well as those."""

HOPELESS = 0.5
"""Where surely more than half of the words are wrong, the label is likelier at fault."""

NEXT = 0.05
"""The share of the clean rows, nearest to a limit, that is examined for tightening it."""

SHOWN = 5
"""Rows of a limit that are shown."""

RECOMMENDATIONS = {
    "keep": "its rows are worse than clean ones: it finds something",
    "relax": "its rows are surely no worse than clean ones by a margin that matters",
    "tighten": "the clean rows nearest to it are worse than the others",
    "reject": "surely more than half of the words are wrong: closer to bad than to borderline",
    "open": "inconclusive",
    "too_few": "too few rows with only this tag",
}


UNKNOWN = dict.fromkeys(("wer", "clean_wer", "difference", "low", "high", "propose"))
"""The figures of a limit with too few rows."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The record of one limit, and the numbers of some of its rows, from the least to the most
    wrong: the record's examples, whose texts are read later.
    """

    record: LimitEvidence
    examples: tuple[int, ...]


def gather(scored: ScoredRows, rules: RuleSet) -> list[Evidence]:
    """What is known of every eval limit, and of the clean rows just inside it; file order."""
    return [each for rule in rules.rules for each in _of_rule(scored, rule)]


def _of_rule(scored: ScoredRows, rule: Rule) -> Iterator[Evidence]:
    if rule.borderline is None:
        return
    rows = scored.tagged(f"borderline:{rule.id}")
    yield _weighed(scored, rule, rows, rule.borderline.text, "borderline")
    for limit in rule.borderline.limits:
        if rule.metric in scored.frame.columns and limit.operator.symbol in {">=", ">", "<=", "<"}:
            yield from _inside(scored, rule, limit)


def _weighed(
    scored: ScoredRows, rule: Rule, rows: Int64s, limit: str, severity: str, at: float | None = None
) -> Evidence:
    """The rows against clean rows like them; `at` is a limit that would tag just these."""
    rest = np.setdiff1d(scored.clean, rows)
    examples, facts = _spread(scored, rows), _facts_of(scored, rows)
    too_few = Evidence(_record(rule, limit, severity, "too_few", facts), examples)
    if facts["words"] < LEAST_WORDS or facts["clusters"] < FEWEST:
        return too_few
    drawn, figures = _compared(scored, rows, rest)
    confidence = interval(drawn)
    if confidence is None:
        return too_few
    sure = {"low": confidence.low, "high": confidence.high}
    recommendation = _recommend(severity, confidence.low, confidence.high)
    if recommendation == "keep" and _hopeless(scored, rows):
        recommendation = "reject"
    moved = {"propose": at if recommendation == "tighten" else None}
    known = {**facts, **figures, **sure, **moved}
    return Evidence(_record(rule, limit, severity, recommendation, known), examples)


def _recommend(severity: str, low: float, high: float) -> str:
    if severity == "clean":
        return "tighten" if low > MARGIN else "open"
    if low > 0:
        return "keep"
    return "relax" if high < MARGIN else "open"


def _hopeless(scored: ScoredRows, rows: Int64s) -> bool:
    drawn = ratio(*scored.bootstrap.sums([rows], scored.errors, scored.words))[0]
    confidence = interval(drawn)
    return confidence is not None and confidence.low > HOPELESS


def _record(
    rule: Rule, limit: str, severity: str, recommendation: str, figures: Mapping[str, Any]
) -> LimitEvidence:
    return LimitEvidence(
        rule=rule.id,
        metric=rule.metric,
        severity=severity,
        limit=limit,
        recommendation=recommendation,
        meaning=RECOMMENDATIONS[recommendation],
        **{**UNKNOWN, **figures, "examples": ()},
    )


def _spread(scored: ScoredRows, rows: Int64s) -> tuple[int, ...]:
    """A few of the rows, evenly from the fewest errors a word to the most; of equals the first."""
    worded = rows[scored.words[rows] > 0]
    order = worded[np.argsort(scored.errors[worded] / scored.words[worded], kind="stable")]
    places = np.linspace(0, order.size - 1, min(SHOWN, order.size)).round().astype(int)
    return tuple(order[places].tolist())


def _facts_of(scored: ScoredRows, rows: Int64s) -> dict[str, Any]:
    return {
        "rows": int(rows.size),
        "hours": hours(int(scored.frame[DURATION_US.name][rows].sum())),
        "words": int(scored.words[rows].sum()),
        "clusters": scored.bootstrap.clusters_in(rows),
    }


def _compared(
    scored: ScoredRows, rows: Int64s, clean: Int64s
) -> tuple[Floats, Mapping[str, float | None]]:
    """Draws of the difference, standardised to the strata of `rows`; and its figures."""
    strata = [
        (tagged, untagged)
        for number in np.unique(scored.stratum[rows])
        for tagged in [rows[scored.stratum[rows] == number]]
        for untagged in [clean[scored.stratum[clean] == number]]
        if scored.words[tagged].sum() and scored.words[untagged].sum()
    ]
    parts: Sequence[Int64s] = [part for pair in strata for part in pair]
    if not parts:
        return np.full(DRAWS, np.nan), {}
    rates = ratio(*scored.bootstrap.sums(parts, scored.errors, scored.words))
    weights = np.array([scored.words[tagged].sum() for tagged, _ in strata])
    weights = weights / weights.sum()
    change = rates[0::2] - rates[1::2]
    known = ~np.isnan(change)
    shares = weights[:, None] * known
    drawn = ratio((np.nan_to_num(change) * shares).sum(axis=0), shares.sum(axis=0))
    plain = [scored.errors[part].sum() / scored.words[part].sum() for part in parts]
    wer, clean_wer = (float((weights * plain[side::2]).sum()) for side in (0, 1))
    return drawn, {
        "wer": round(wer, 6),
        "clean_wer": round(clean_wer, 6),
        "difference": round(wer - clean_wer, 6),
    }


def _inside(scored: ScoredRows, rule: Rule, limit: Limit) -> Iterator[Evidence]:
    """The clean rows nearest to the limit, which a step further in would tag."""
    values = scored.frame[rule.metric].cast(pl.Float64).to_numpy()[scored.clean]
    if not np.isfinite(values).any():
        return
    high = limit.operator.symbol in {">=", ">"}
    at = float(np.nanquantile(values, 1 - NEXT if high else NEXT, method="nearest"))
    if at == limit.value:
        return
    near = scored.clean[values >= at] if high else scored.clean[values <= at]
    if near.size < 2 * NEXT * scored.clean.size:  # else the value is where most rows lie
        text = f"{rule.metric} {'>=' if high else '<='} {at:.4g}"
        yield _weighed(scored, rule, near, text, "clean", round(at, 6))
