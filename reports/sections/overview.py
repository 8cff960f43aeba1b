"""What a corpus is, in one row of figures and one bar: the first thing on its page."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from curate.artifacts.profile import Coverage, Profile
from reports.charts import drawn
from reports.charts.drawn import Figure, Part
from reports.format import UNKNOWN, count, hours, percent, plural, seconds, share
from reports.sections.declare import joined
from reports.sections.profile import verdict_table
from reports.templating import render
from reports.transcripts import visible
from reports.usable import usable

_USABLE = {
    "usable for train": ("clean", "borderline", "unknown"),
    "usable for eval and test": ("clean",),
}
_NAMED_VALUES = 3
_LONGEST_VALUE = 16


def overview(profile: Profile) -> Markup | None:
    """Size, usable hours, speakers, languages, audio, agreement; then hours by verdict."""
    parts = [Part(item.verdict, item.hours, hours(item.hours)) for item in profile.verdicts]
    table = render(
        "fold", title="Verdicts in figures", note="", unfolded=False, body=verdict_table(profile)
    )
    return joined(drawn.figures(list(_figures(profile))), drawn.scale(parts), table)


def _figures(profile: Profile) -> Iterator[Figure]:
    total = profile.totals
    invalid = sum(item.rows for item in profile.verdicts if item.verdict == "malformed")
    records = total.rows - invalid
    lines = f"; {plural(invalid, 'line')} malformed" if invalid else ""
    yield Figure("utterances", count(records), f"{hours(total.hours)} of audio{lines}")
    for label, verdicts in _USABLE.items():
        amount, part = usable(profile, verdicts)
        yield Figure(label, hours(amount), f"{percent(part)} of the time")
    yield from _durations(profile)
    for column, label in (("speaker", "speakers"), ("lang", "languages")):
        if profile.coverage and column in profile.coverage:
            names = _first(profile, column) if column == "lang" else ""
            yield _declared(label, profile.coverage[column], records, names)
    yield _sampling_rates(profile)
    if totals := profile.agreement:
        rate, words = (getattr(totals, totals.primary), plural(totals.ref_words, "word"))
        with_text = "all" if totals.rows == records else f"{count(totals.rows)} of {count(records)}"
        over = f"over {words}; pred_text in {with_text} records"
        yield Figure(f"{totals.primary.upper()} of pred_text", percent(rate), over)


def _durations(profile: Profile) -> Iterator[Figure]:
    for metric in profile.metrics:
        if metric.name == "duration_s" and metric.rows:
            p95 = f"95 % below {seconds(metric.quantiles.get('p95'))}"
            yield Figure("mean duration", seconds(metric.mean), p95)


def _declared(label: str, coverage: Coverage, rows: int, names: str) -> Figure:
    """How many speakers or the like; and where rows declare none, how many do."""
    if not coverage.rows:
        return Figure(label, UNKNOWN, "no row declares one")
    known = f"declared in {percent(share(coverage.rows, rows))} of rows"
    whole = names or "declared in every row"
    return Figure(label, count(coverage.values), whole if coverage.rows >= rows else known)


def _first(profile: Profile, column: str) -> str:
    """The largest values, as many as a figure has room for."""
    values = [item.value for item in profile.strata.get(column, ()) if item.value is not None]
    shown = [visible(value) for value in values[:_NAMED_VALUES] if len(value) <= _LONGEST_VALUE]
    return ", ".join([*shown, "…"] if len(shown) < len(values) else shown)


def _sampling_rates(profile: Profile) -> Figure:
    label = "sampling rate"
    rates = profile.audio.sampling_rates if profile.audio else None
    if not rates:
        return Figure(label, UNKNOWN, "audio was not analysed" if not profile.audio else "")
    others = f"and {plural(len(rates) - 1, 'other rate')}" if len(rates) > 1 else "all audio"
    return Figure(label, f"{rates[0].hz / 1000:g} kHz", others)
