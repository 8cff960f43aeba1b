"""What a model's errors say of the limits that its data was chosen by."""

from __future__ import annotations

from functools import partial

from markupsafe import Markup

from curate.artifacts.reconsider import LimitEvidence, Reconsider
from reports.align import alignment
from reports.charts import drawn
from reports.format import percent, plural
from reports.sections.declare import joined
from reports.sections.records import facts
from reports.sections.room import SizeBudget
from reports.tables import Column, Sorted, Table, name, quiet, verdict
from reports.templating import render
from reports.transcripts import marked

URGENT = ("relax", "tighten", "reject")
"""What calls for a change of the rules."""

_TOO_FEW = "too_few"
_ORDER = (*URGENT, "keep", "open", _TOO_FEW)


def limits(artefact: Reconsider) -> Markup | None:
    """Each limit with what its rows say; what calls for a change first."""
    shown = shown_limits(artefact)
    if not shown:
        return None
    ends = [abs(end) for item in shown for end in (item.low, item.high) if end is not None]
    top = max([*ends, *(abs(item.difference or 0.0) for item in shown)], default=0.0)
    columns = (
        Column("rule", "name"),
        Column("limit", "name"),
        Column("recommendation", "drawn"),
        Column("move to", "number"),
        Column("rows", "count"),
        Column("WER", "percent"),
        Column("like clean", "percent"),
        Column("worse by, points", "drawn"),
        Column(f"-{100 * top:.0f} to {100 * top:.0f}", "drawn"),
        Column("speakers", "count"),
    )
    few = [item for item in shown if item.recommendation == _TOO_FEW]
    rows = [
        (
            *(item.rule, item.limit, _recommended(item), item.propose, item.rows),
            *(item.wer, item.clean_wer, _worse(item), _drawn(item, top), item.clusters),
        )
        for item in shown
        if item.recommendation != _TOO_FEW
    ]
    return joined(
        Table("Limits", columns, rows, elsewhere="reconsider.json").render() if rows else None,
        quiet("limit", "with too few rows to decide", [f"{each.rule}" for each in few]),
    )


def shown_limits(artefact: Reconsider) -> list[LimitEvidence]:
    """The limits of the rules, and stricter ones that the evidence supports; most urgent first."""
    selected = [
        item
        for item in artefact.limits
        if item.severity != "clean" or item.recommendation == "tighten"
    ]
    return sorted(selected, key=lambda item: _rank(item.recommendation))


def _rank(recommendation: str) -> int:
    return _ORDER.index(recommendation) if recommendation in _ORDER else len(_ORDER)


def _recommended(item: LimitEvidence) -> Sorted:
    word = item.recommendation.replace("_", " ")
    shown = Markup("<b>{}</b>") if item.recommendation in URGENT else Markup("{}")
    return Sorted(shown.format(marked(word)), float(_rank(item.recommendation)))


def _worse(item: LimitEvidence) -> Sorted | None:
    points = Markup("{}").format(_points(item))
    return None if item.difference is None else Sorted(points, item.difference)


def _points(item: LimitEvidence) -> str:
    if item.difference is None:
        return ""
    difference = f"{100 * item.difference:+.1f}"
    if item.low is None or item.high is None:
        return difference
    return f"{difference} ({100 * item.low:+.1f} to {100 * item.high:+.1f})"


def _drawn(item: LimitEvidence, top: float) -> Sorted | None:
    return drawn.span(item.difference, (item.low, item.high), top, f"{_points(item)} points")


def meanings(artefact: Reconsider) -> Markup | None:
    """What the words of the table mean."""
    shown = [item for item in shown_limits(artefact) if item.recommendation != _TOO_FEW]
    meaning_of = {item.recommendation: item.meaning for item in shown}
    columns = (Column("recommendation"), Column("meaning"))
    rows = [(word.replace("_", " "), meaning) for word, meaning in meaning_of.items()]
    return Table("Conclusions", columns, rows).render() if rows else None


def records(artefact: Reconsider) -> Markup | None:
    """Some rows of each limit, word by word, from the least to the most wrong."""
    shown = [item for item in shown_limits(artefact) if item.examples]
    room = SizeBudget()
    return joined(*(_fold(item, room, unfolded=at == 0) for at, item in enumerate(shown)))


def _fold(item: LimitEvidence, room: SizeBudget, *, unfolded: bool) -> Markup:
    records = [
        {
            "value": percent(each.wer, 0),
            "text": room.fit(partial(alignment, each.text, each.pred_text, each.lang, exact=False)),
            "about": facts(each),
        }
        for each in item.examples
    ]
    word = item.recommendation.replace("_", " ")
    title = Markup("{} {}").format(name(item.rule), verdict(item.severity))
    note = f"{item.limit}: {word}; {len(records)} of {plural(item.rows, 'row')}"
    return render(
        "fold", title=title, note=note, unfolded=unfolded, body=render("records", records=records)
    )
