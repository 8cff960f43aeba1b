"""Error rates: over everything, where they come from, and what changed against another model."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from reports.align import alignment
from reports.charts import drawn
from reports.charts.drawn import Figure, Part
from reports.contracts import Wer
from reports.contracts.wer import Change, Overall, Rate, Slice
from reports.format import UNKNOWN, count, percent, plural, share
from reports.sections.declare import joined, titled
from reports.tables import Column, Sorted, Table, alarm, name
from reports.templating import render
from reports.transcripts import visible

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
_LOUD = frozenset({"worse"})


def overall(wer: Wer) -> Markup | None:
    """The rates with their intervals, and of which edits the word errors consist."""
    it = wer.overall
    edits = {"substituted": it.substitutions, "deleted": it.deletions, "inserted": it.insertions}
    made = wer.interval
    unit = f"drawing {plural(made.clusters, visible(made.unit))} anew" if made.unit else ""
    figures = [
        Figure("WER", percent(it.wer), _interval(it) if it.primary == "wer" else ""),
        Figure("CER", percent(it.cer), _interval(it) if it.primary == "cer" else ""),
    ]
    if it.primary == "cer":
        figures.reverse()
    if wer.macro.wer is not None:
        over = f"{count(wer.macro.strata)} strata"
        figures.append(Figure(f"mean of {over}", percent(wer.macro.wer), _between(wer.macro)))
    if wer.weighted is not None:
        said = _between(wer.weighted)
        figures.append(Figure("weighted to the corpus", percent(wer.weighted.wer), said))
    figures.append(Figure("reference words", count(it.ref_words), unit))
    figures += [
        Figure(f"words {each}", count(edit), percent(share(edit, it.ref_words)))
        for each, edit in edits.items()
    ]
    parts = [Part(each, float(edit or 0), count(edit)) for each, edit in edits.items()]
    return joined(drawn.figures(figures), drawn.scale(parts, magnify=False))


def _interval(it: Overall | Slice) -> str:
    """The interval of the rate to name, else half of what it is at least."""
    return _between(it) or _at_least(it.named[0], it.ref_words)


def _between(rate: Rate) -> str:
    """The interval of the rate to name, as a range of per cent; empty where there is none."""
    _, *bounds = rate.named
    low, high = (None if each is None else percent(each).removesuffix(" %") for each in bounds)
    return "" if low is None or high is None else f"{low} to {high} %"


def _at_least(wer: float | None, words: int | None) -> str:
    """Half the interval, were errors independent: a lower bound for the true one."""
    if wer is None or not words:
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
        Column("95 %", "drawn"),
        Column(f"0 to {percent(top)}{more}", "drawn"),
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
    """The interval of the rate to name, else what is at least its width; sorts by the width."""
    of = "of CER: " if part.primary == "cer" else ""
    _, low, high = part.named
    if low is not None and high is not None:
        return Sorted(_kept(of + _between(part)), high - low)
    return Sorted(_kept(of + (_interval(part) or UNKNOWN)), None)


def _kept(text: str) -> Markup:
    return Markup("{}").format(text)


def against(wer: Wer) -> Markup | None:
    """What changed against the other model, the guardrail first."""
    found = wer.against
    if found is None:
        return None
    rows = [("all", found.overall)]
    rows += [("guardrail", found.guardrail)] if found.guardrail else []
    whole = _changes("All", rows)
    tables = (
        titled(
            _TITLES.get(by, by), _changes(by, [(it.value or "(none)", it) for it in found.by[by]])
        )
        for by in _ordered(tuple(found.by))
        if found.by[by]
    )
    other = Markup('<p class="note">Against {}.</p>').format(name(found.model or UNKNOWN))
    missing = Markup('<p class="note">{} without a prediction of both are left out.</p>').format(
        plural(found.missing, "utterance")
    )
    return joined(other, missing if found.missing else None, whole, *tables)


def _changes(label: str, rows: Sequence[tuple[str, Change]]) -> Markup:
    columns = (
        Column(visible(label)),
        Column("rate", "text"),
        Column("then", "percent"),
        Column("now", "percent"),
        Column("change, points", "drawn"),
        Column("95 %", "drawn"),
        Column("says", "drawn"),
        Column("utterances", "count"),
    )
    cells = [
        (
            *(value, it.metric.upper(), *_then_and_now(it)),
            *(_points(it.difference), _span(it), _said(it), it.rows),
        )
        for value, it in rows
    ]
    return Table(label, columns, cells, limit=60, elsewhere="wer.json").render()


def _then_and_now(it: Change) -> tuple[float | None, float | None]:
    return (it.cer_old, it.cer_new) if it.metric == "cer" else (it.wer_old, it.wer_new)


def _points(change: float | None) -> Sorted | None:
    return None if change is None else Sorted(_kept(f"{100 * change:+.1f}"), change)


def _span(it: Change) -> Sorted | None:
    if it.low is None or it.high is None:
        return None
    said = f"{100 * it.low:+.1f} to {100 * it.high:+.1f}"
    return Sorted(_kept(said), it.high - it.low)


def _said(it: Change) -> Markup:
    said = visible(it.says or UNKNOWN)
    if it.passed is False:
        return alarm(f"{said}: more than the {100 * (it.limit or 0):.1f} points allowed")
    return alarm(said) if said in _LOUD else Markup("{}").format(said)


def inventions(wer: Wer) -> Markup | None:
    """Loops, words out of nothing and far too many words: how many, and the worst."""
    found = wer.inventions
    if not found.rows:
        return None
    columns = (Column("kind", "name"), Column("utterances", "count"), Column("meaning"))
    rows = [(kind.kind, kind.rows, kind.meaning) for kind in found.kinds if kind.rows]
    records = [
        {
            "value": visible(", ".join(item.kinds)),
            "said": alignment(item.reference, item.said),
            "about": [name(item.id or UNKNOWN)],
        }
        for item in found.examples
    ]
    listed = render("records", records=records) if records else None
    return joined(Table("Inventions", columns, rows).render(), listed)
