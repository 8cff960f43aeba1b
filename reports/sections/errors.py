"""Error rates: over everything, where they come from, and what changed against another model."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from reports.align import alignment
from reports.charts import drawn
from reports.charts.drawn import Figure, Part
from reports.format import UNKNOWN, count, percent, plural, share
from reports.rates import HALLUCINATIONS, Lead, interval_of, lead_of, short_name
from reports.sections.declare import joined, titled
from reports.tables import Column, Sorted, Table, alarm, name
from reports.templating import render
from reports.transcripts import visible
from train.artifacts.wer import Against, Change, Guardrail, Rates, Slice, Wer

_TITLES = {
    "manifest": "Manifest",
    "verdict": "Verdict of the reference",
    "tag": "Tag of the reference",
    "lang": "Language",
    "duration": "Duration",
    "stratum": "Language and duration",
    "speaker": "Speaker",
}
_Z = 1.96
_FAR = 1.5


def overall(wer: Wer) -> Markup | None:
    """The rates with their intervals, and of which edits the word errors consist."""
    rates = wer.overall
    edits = {
        "substituted": rates.substitutions,
        "deleted": rates.deletions,
        "inserted": rates.insertions,
    }
    of_words = (percent(share(edit, rates.ref_words)) for edit in edits.values())
    parts = [
        Part(name, float(edit), f"{count(edit)} ({of})")
        for (name, edit), of in zip(edits.items(), of_words, strict=True)
    ]
    note = Markup('<p class="note">Word errors of all {}, and their share of {}.</p>')
    amounts = plural(rates.rows, "utterance"), plural(rates.ref_words, "reference word")
    bar = drawn.scale(parts, magnify=False)
    return joined(drawn.figures(_figures(wer)), bar, note.format(*amounts) if bar else None)


_TILES = 4
"""Figures in a row."""


def _figures(wer: Wer) -> list[Figure]:
    """The rates that differ, those to lead with first, then sizes, in one full row."""
    lead, unit = lead_of(wer), visible(wer.interval.unit)
    rates, of = lead.rates, f" on {lead.manifest}" if lead.manifest else ""
    intervals = {rates.primary: interval_of(rates, lead.clusters, unit)}
    tiles = [
        Figure(f"WER{of}", percent(rates.wer), intervals.get("wer", "")),
        Figure(f"CER{of}", percent(rates.cer), intervals.get("cer", "")),
    ]
    if rates.primary == "cer":
        tiles.reverse()
    tiles += [
        Figure(f"WER on {short_name(wer, part.value)}", percent(part.wer), _kind(lead))
        for part in lead.seen[:1]
        if lead.manifest
    ]
    tiles += [] if lead.manifest else _means(wer)
    sizes = (
        Figure("reference words", count(rates.ref_words), f"of {plural(lead.clusters, unit)}"),
        Figure("utterances", count(rates.rows)),
    )
    return [*tiles, *sizes[: max(0, _TILES - len(tiles))]]


def _kind(lead: Lead) -> str:
    return "training data, by its name" if lead.by_name else "seen in training"


def _means(wer: Wer) -> list[Figure]:
    """The macro mean and the weighted rate, where they differ from the overall rate."""
    macro, weighted, known = wer.macro, wer.weighted, percent(wer.overall.wer)
    figures = []
    if macro.wer is not None and percent(macro.wer) != known:
        between = _named(_between(macro.wer_low, macro.wer_high))
        strata = f"mean WER of {count(macro.strata)} strata"
        note = f"{between}; by language and duration" if between else "by language and duration"
        figures.append(Figure(strata, percent(macro.wer), note))
    if weighted is not None and percent(weighted.wer) != known:
        between = _named(_between(weighted.wer_low, weighted.wer_high))
        figures.append(Figure("WER weighted to the corpus", percent(weighted.wer), between))
    return figures


def _interval(rates: Rates) -> str:
    """The interval of the primary rate, else half of what it is at least."""
    rate, low, high = rates.named
    return _between(low, high) or _at_least(rate, rates.ref_words)


def _between(low: float | None, high: float | None) -> str:
    """An interval as a range of per cent; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"{percent(low).removesuffix(' %')} to {percent(high).removesuffix(' %')} %"


def _named(interval: str) -> str:
    """An interval with what it is, for where no heading says it."""
    return f"95 % CI {interval}" if " to " in interval else interval


def _at_least(wer: float | None, words: int) -> str:
    """Half the interval, were errors independent: a lower bound for the true one.

    Empty where there is no error: the formula would give 0.
    """
    if not wer or not words:
        return ""
    return f"± {percent(_Z * math.sqrt(max(0.0, wer) / words))} at least"


def slices(wer: Wer) -> Markup | None:
    """A table per way of slicing, known ways first, in a fixed order."""
    return joined(
        *(
            titled(_TITLES.get(each, each), _table(each, wer.by[each], wer.overall.named[0]))
            for each in _ordered(tuple(wer.by))
            if wer.by[each]
        )
    )


def _ordered(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*(each for each in _TITLES if each in names), *names]))


def _table(by: str, parts: tuple[Slice, ...], whole: float | None) -> Markup:
    top = min(_FAR, max([part.named[0] or 0.0 for part in parts] + [1.2 * (whole or 0.0)]))
    more = " and more" if any((part.named[0] or 0.0) > top for part in parts) else ""
    columns = (
        Column(by, "verdict" if by == "verdict" else "text"),
        Column("WER", "percent"),
        Column("CER", "percent"),
        Column("95 % CI", "drawn"),
        Column(f"0 to {percent(top, 0)}{more}", "drawn"),
        Column("words", "count"),
        Column("utterances", "count"),
    )
    rows = [
        (
            "(none)" if part.value is None else part.value,
            *(part.wer, part.cer, _range(part), drawn.bar(part.named[0], top, whole)),
            *(part.ref_words, part.rows),
        )
        for part in parts
    ]
    return Table(_TITLES.get(by, by), columns, rows, limit=60, elsewhere="wer.json").render()


def _range(part: Slice) -> Sorted:
    """The interval of the primary rate, else what is at least its width; sorts by the width."""
    of = "of CER: " if part.primary == "cer" else ""
    _, low, high = part.named
    if low is not None and high is not None:
        return Sorted(escape(of + _between(low, high)), high - low)
    return Sorted(escape(of + (_interval(part) or UNKNOWN)), None)


def against(wer: Wer) -> Markup | None:
    """The change against the other model, the guardrail first."""
    compared = wer.against
    if compared is None:
        return None
    rows: list[tuple[str, Change]] = [("all", compared.overall)]
    rows += [("guardrail", compared.guardrail)] if compared.guardrail else []
    tables = (
        titled(_TITLES.get(by, by), _changes(by, [(c.value or "(none)", c) for c in changes]))
        for by, changes in ((by, compared.by[by]) for by in _ordered(tuple(compared.by)))
        if changes
    )
    other = Markup('<p class="note">Against {}.</p>').format(name(compared.model))
    missing = Markup('<p class="note">{} without a prediction of both are left out.</p>').format(
        plural(compared.missing, "utterance")
    )
    return joined(
        other,
        missing if compared.missing else None,
        _changes("part", rows),
        *tables,
        _smaller_tests(compared, wer.interval.unit) if compared.smaller_tests else None,
    )


def _smaller_tests(compared: Against, unit: str) -> Markup | None:
    """Whether tests of fewer speakers rank the two models as the whole test does."""
    columns = (
        Column(f"{unit}s", "count"),
        Column("hours", "hours"),
        Column("Kendall's tau", "number"),
        Column("same order", "percent"),
    )
    rows = [(e.clusters, e.hours, e.kendall_tau, e.same_order) for e in compared.smaller_tests]
    note = Markup(
        '<p class="note">Whether a smaller test ranks the two models as the whole one does: {} of '
        "it are drawn at random, 1,000 times.</p>"
    ).format(f"{unit}s")
    return titled("Smaller tests", joined(note, Table("Smaller tests", columns, rows).render()))


def _changes(label: str, rows: Sequence[tuple[str, Change]]) -> Markup:
    columns = (
        Column(visible(label)),
        Column("rate", "text"),
        Column("then", "percent"),
        Column("now", "percent"),
        Column("change, points", "drawn"),
        Column("95 % CI", "drawn"),
        Column("conclusion", "drawn"),
        Column("utterances", "count"),
    )
    cells = [
        (
            *(value, change.metric.upper(), *change.then_and_now),
            *(_points(change.difference), _span(change), _conclusion(change), change.rows),
        )
        for value, change in rows
    ]
    return Table(label, columns, cells, limit=60, elsewhere="wer.json").render()


def _points(change: float | None) -> Sorted | None:
    return None if change is None else Sorted(escape(f"{100 * change:+.1f}"), change)


def _span(change: Change) -> Sorted | None:
    if change.low is None or change.high is None:
        return None
    span = f"{100 * change.low:+.1f} to {100 * change.high:+.1f}"
    return Sorted(escape(span), change.high - change.low)


def _conclusion(change: Change) -> Markup:
    if isinstance(change, Guardrail) and not change.passed:
        return alarm(f"{change.conclusion}: more than the {100 * change.limit:.1f} points allowed")
    if change.conclusion == "worse":
        return alarm(change.conclusion)
    return escape(change.conclusion)


def hallucinations(wer: Wer) -> Markup | None:
    """Loops, words out of nothing and far too many words: how many, and the worst."""
    counted = wer.hallucinations
    if not counted.rows:
        return None
    columns = (Column("kind", "name"), Column("utterances", "count"), Column("meaning"))
    rows = [(kind.kind, kind.rows, kind.meaning) for kind in counted.kinds if kind.rows]
    records = [
        {
            "value": visible(", ".join(item.kinds)),
            "text": alignment(item.reference, item.hypothesis),
            "about": [name(item.id)],
        }
        for item in counted.examples
    ]
    listed = render("records", records=records) if records else None
    place = Markup('<span id="{}"></span>').format(HALLUCINATIONS)
    return joined(place, Table("Hallucinations", columns, rows).render(), listed)
