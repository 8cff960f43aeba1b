"""What a corpus is made of: verdicts, distributions, rules, strata, duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from curate.artifacts.distributions import Metric, Stratified
from curate.artifacts.profile import Profile, RuleHit, Stratum, metrics_in_view
from reports.charts import drawn
from reports.charts.drawn import Figure, Part
from reports.charts.histograms import beside, histogram
from reports.charts.limits import flagged_rows, format_limit
from reports.charts.multiples import multiples, switches
from reports.format import count, hours, number, percent, plural, share
from reports.queries import profile_folder, query_command
from reports.sections.declare import joined, titled
from reports.tables import Column, Table, name
from reports.templating import render
from reports.transcripts import folded, prose, visible

_QUANTILES = ("p01", "p05", "p25", "p50", "p75", "p95", "p99", "p999")
_NAMED = {"lang": "Languages", "speaker": "Speakers, the largest"}


def verdict_table(profile: Profile) -> Markup:
    """Hours and rows per verdict."""
    columns = (
        Column("verdict", "verdict"),
        Column("hours", "hours"),
        Column("of hours", "percent"),
        Column("rows", "count"),
        Column("of rows", "percent"),
    )
    total = profile.totals
    rows = [
        (
            item.verdict,
            item.hours,
            share(item.hours, total.hours),
            item.rows,
            share(item.rows, total.rows),
        )
        for item in profile.verdicts
    ]
    foot = ("all", total.hours, "", total.rows, "")
    return Table("Verdicts", columns, rows, foot=foot).render()


def rules(profile: Profile) -> Markup | None:
    """What each limit flagged, and what no other did; limits that flagged nothing in a fold."""
    triggered = [hit for hit in profile.rules_hit if hit.rows]
    others = [hit for hit in profile.rules_hit if not hit.rows]
    title = f"{plural(len(others), 'limit')} flagged no row"
    rest = others and render(
        "fold", title=title, note="", unfolded=not triggered, body=_rules_table(others)
    )
    return joined(_rules_table(triggered) if triggered else None, rest or None)


def _rules_table(hits: Sequence[RuleHit]) -> Markup:
    compared = any(hit.median_wer is not None for hit in hits)
    columns = (
        Column("rule", "name"),
        Column("verdict", "verdict"),
        Column("condition", "name"),
        Column("rows", "count"),
        Column("hours", "hours"),
        Column("unique", "count"),
        *([Column("median WER of pred_text", "percent")] if compared else []),
        Column("why", "text"),
    )
    rows = [
        (
            *(hit.rule, hit.severity, hit.condition, hit.rows, hit.hours, hit.only_rows),
            *([hit.median_wer] if compared else []),
            folded(hit.why),
        )
        for hit in hits
    ]
    return Table("Rules", columns, rows).render()


def malformed(profile: Profile) -> Markup | None:
    """Reasons why lines are no records, each with a place to look at."""
    if not profile.malformed:
        return None
    columns = (
        Column("reason", "text"),
        Column("lines", "count"),
        Column("first seen at", "name"),
        Column("byte offset", "count"),
    )
    rows = [
        (item.reason, item.rows, item.example.id, item.example.byte_offset)
        for item in profile.malformed
    ]
    return Table("Malformed lines", columns, rows).render()


def distributions(profile: Profile) -> Markup | None:
    """A histogram per metric, those of triggered rules first, the others in a fold; then all
    quantiles in one table.
    """
    if not profile.metrics:
        return None
    flagged = flagged_rows(profile.rules_hit)
    drawings = {
        metric.name: (metric, histogram(metric, flagged), beside(metric, flagged))
        for metric in profile.metrics
    }
    first = [metric for metric in metrics_in_view(profile.rules_hit) if metric in drawings]
    others = [metric for metric in drawings if metric not in first]
    shown, folded_away = (
        [_captioned(*drawings[name], profile.stratified) for name in names if drawings[name][1]]
        for names in (first, others)
    )
    by = switches(profile.stratified) if any(each["strata"] for each in shown) else []
    folder = profile_folder(profile.command)
    return joined(
        drawn.key(("borderline", "unknown", "bad")) if shown or folded_away else None,
        render("charts", charts=shown, switches=by, folder=folder) if shown else None,
        _folded(folded_away, folder),
        _plain([metric for metric, chart, _ in drawings.values() if not chart]),
        titled("Quantiles", _quantiles(profile.metrics)),
    )


def _folded(charts: Sequence[Mapping[str, object]], folder: str) -> Markup | None:
    if not charts:
        return None
    body = render("charts", charts=charts, folder=folder)
    title = plural(len(charts), "further histogram")
    return render("fold", title=title, note="", unfolded=False, body=body)


def _captioned(
    metric: Metric,
    chart: Markup | None,
    note: str,
    stratified: Mapping[str, Stratified] | None,
) -> Mapping[str, object]:
    return {
        "metric": metric.name,
        "name": name(metric.name),
        "meaning": prose(metric.meaning),
        "chart": chart,
        "beside": note,
        "strata": multiples(metric, stratified),
    }


def _plain(metrics: Sequence[Metric]) -> Markup | None:
    """What metrics without a chart are, in words: a single bar says nothing more."""
    columns = (
        Column("metric", "name"),
        Column("value", "text"),
        Column("rows", "count"),
        Column("no value", "count"),
        Column("verdicts by its rules", "text"),
        Column("limits", "text"),
    )
    rows = [
        (
            *(metric.name, _reach(metric), metric.rows, metric.nulls, _given(metric)),
            ", ".join(format_limit(limit) for limit in metric.thresholds),
        )
        for metric in metrics
    ]
    table = Table("Without a chart", columns, rows)
    return titled("Metrics in a single bin", table.render()) if rows else None


def _reach(metric: Metric) -> str:
    low, high = number(metric.min), number(metric.max)
    return low if metric.min == metric.max else f"{low} to {high}"


def _given(metric: Metric) -> str:
    hits = metric.histogram.hits
    counts = ((hit.verdict, sum(hit.rows) + hit.below + hit.above + hit.null) for hit in hits)
    return ", ".join(f"{rows:,} {verdict}" for verdict, rows in counts)


def _quantiles(metrics: tuple[Metric, ...]) -> Markup:
    measured = ("mean", "min", *(_quantile_name(key) for key in _QUANTILES), "max")
    columns = (
        Column("metric", "name"),
        Column("unit"),
        Column("rows", "count"),
        Column("nulls", "count"),
        *(Column(title, "number") for title in measured),
    )
    rows = [
        (
            *(metric.name, metric.unit, metric.rows, metric.nulls, metric.mean, metric.min),
            *(metric.quantiles.get(key) for key in _QUANTILES),
            metric.max,
        )
        for metric in metrics
    ]
    return Table("Quantiles", columns, rows).render()


def _quantile_name(key: str) -> str:
    """`p999` reads as p99.9, `p05` as p5."""
    digits = key.removeprefix("p")
    return f"p{int(digits[:2])}{'.' + digits[2:] if digits[2:] else ''}"


def strata(profile: Profile) -> Markup | None:
    """A table per stratum column: how much of each value is how good."""
    return joined(
        *(
            titled(_NAMED.get(column, f"By {column}"), _strata_table(column, values))
            for column, values in profile.strata.items()
            if any(item.value is not None for item in values)
        )
    )


def _strata_table(column: str, values: tuple[Stratum, ...]) -> Markup:
    columns = (
        Column(column, "text"),
        Column("rows", "count"),
        Column("hours", "hours"),
        Column("verdicts", "drawn"),
        Column("clean", "percent"),
        Column("bad h", "hours"),
        Column("bad", "percent"),
        Column("median char_rate", "number"),
    )
    rows = [
        (
            *(item.value, item.rows, item.hours, drawn.stack(_parts(item))),
            share(item.clean_hours, item.hours),
            item.bad_hours,
            share(item.bad_hours, item.hours),
            item.char_rate_p50,
        )
        for item in values
    ]
    return Table(column, columns, rows, limit=60, elsewhere="profile.json").render()


def _parts(item: Stratum) -> list[Part]:
    amounts = {
        "clean": item.clean_hours,
        "borderline": item.borderline_hours,
        "unknown": item.unknown_hours,
        "bad": item.bad_hours,
    }
    return [Part(word, amount, hours(amount)) for word, amount in amounts.items()]


def duplicates(profile: Profile) -> Markup | None:
    """How often texts and segments of audio are there again, and how to list the segments."""
    counts, rows = profile.duplicates, profile.totals.rows
    shared = share(counts.rows_with_duplicated_text, rows)
    repeated = counts.duplicate_audio_offset_keys
    figures = drawn.figures(
        (
            Figure("distinct texts", count(counts.unique_texts)),
            Figure(
                "rows with a duplicated text",
                count(counts.rows_with_duplicated_text),
                f"{percent(shared)} of {plural(rows, 'row')}",
            ),
            Figure("repeats of audio segments", count(repeated), "same file, same offset"),
        )
    )
    return joined(figures, _repeats(profile) if repeated else None)


REPEATS = (
    "SELECT source, line, offset_s, duration_s, text FROM records "
    "WHERE recording_key IS NOT NULL "
    "QUALIFY count(*) OVER (PARTITION BY recording_key, coalesce(offset_s, 0), audio_channel) > 1 "
    "ORDER BY recording_key, offset_s, line"
)
"""The rows of each segment that is there more than once, as a query of a profile's records."""


def _repeats(profile: Profile) -> Markup:
    query = query_command(REPEATS, profile.command)
    return Markup('<p class="note">All of their rows: <code>{}</code></p>').format(visible(query))
