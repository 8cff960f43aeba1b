"""What the limits of rules cost, and what moving them would."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from curate.artifacts.clips import Clip
from curate.artifacts.what_if import LimitEffect, Matrix, RuleEffect, ThresholdStep, WhatIf
from reports.artefacts import Loaded
from reports.charts import drawn
from reports.charts.drawn import Part
from reports.charts.thresholds import threshold_curve
from reports.format import hours, number, plural
from reports.sections.declare import joined, titled
from reports.sections.records import clips_by_id, clips_note, listed
from reports.sections.room import SizeBudget
from reports.tables import Column, Sorted, Table, name, quiet, verdict
from reports.templating import render
from reports.transcripts import visible

_TITLES = {"bad": "Bad: rejected", "borderline": "Eval: kept out of eval and test"}
_SIGNS = {">=": "≥", "<=": "≤"}


def verdicts(what_if: WhatIf) -> Markup | None:
    """Hours per verdict under these rules."""
    parts = [Part(item.verdict, item.hours, hours(item.hours)) for item in what_if.verdicts]
    return drawn.scale(parts)


def limits(what_if: WhatIf) -> Markup | None:
    """Every limit with the next step either way, those that reject first."""
    return joined(
        *(
            titled(
                title, _limits([limit for limit in what_if.limits if limit.severity == severity])
            )
            for severity, title in _TITLES.items()
        )
    )


def _limits(items: Sequence[LimitEffect]) -> Markup | None:
    columns = (
        Column("rule", "name"),
        Column("limit", "drawn"),
        Column("rows", "count"),
        Column("flags", "number"),
        Column("unique", "number"),
        Column("tighter", "number"),
        Column("costs", "number"),
        Column("looser", "number"),
        Column("recovers", "number"),
    )
    rows = [
        (
            *(item.rule, _limit(item), item.rows, _spent(item.hours), _spent(item.unique_hours)),
            *(*_step(item, item.tighter), *_step(item, item.looser)),
        )
        for item in items
    ]
    return Table("Limits", columns, rows).render() if rows else None


def _limit(item: LimitEffect) -> Markup:
    return Markup("{} {}").format(name(item.metric), _at(item, item.value))


def _spent(value: float) -> Sorted:
    return Sorted(Markup("{}").format(hours(value)), value)


def _at(item: LimitEffect, value: float) -> Markup:
    sign = _SIGNS.get(item.operator, visible(item.operator))
    return Markup("{} {}").format(sign, number(value))


def _step(item: LimitEffect, step: ThresholdStep | None) -> tuple[Markup | Sorted | None, ...]:
    if step is None:
        return None, None
    amount = Markup("{} <small>{}</small>").format(
        hours(abs(step.hours)), plural(abs(step.rows), "row")
    )
    return _at(item, step.value), Sorted(amount, abs(step.hours))


def curves(what_if: WhatIf) -> Markup | None:
    """A curve for each limit that flags anything near its current value."""
    charts = [
        {
            "name": Markup("{} {}").format(name(item.rule), verdict(item.severity)),
            "meaning": f"only where {item.where}" if item.where else None,
            "chart": chart,
        }
        for item in what_if.limits
        if (chart := threshold_curve(item))
    ]
    return render("charts", charts=charts) if charts else None


def rules(what_if: WhatIf) -> Markup | None:
    """What each rule takes, and what would come back without it; untriggered rules are only
    named.
    """
    columns = (
        Column("rule", "name"),
        Column("rejects", "number"),
        Column("unique", "number"),
        Column("keeps out of eval", "number"),
        Column("unique", "number"),
        Column("cannot decide", "count"),
    )
    rows = [
        (
            *(item.rule, _spent(item.bad_hours), _spent(item.bad_unique_hours)),
            *(_spent(item.hours), _spent(item.unique_hours), item.unknown_rows),
        )
        for item in what_if.by_rule
        if _has_effect(item)
    ]
    without_effect = [item.rule for item in what_if.by_rule if not _has_effect(item)]
    return joined(
        Table("Rules", columns, rows).render() if rows else None,
        quiet(
            "rule", "flags nothing" if len(without_effect) == 1 else "flag nothing", without_effect
        ),
    )


def _has_effect(item: RuleEffect) -> bool:
    return any(each != 0 for each in (item.bad_hours, item.hours, item.unknown_rows))


def overlap(what_if: WhatIf) -> Markup | None:
    """Two matrices: what pairs of rules both keep out of eval, and what both reject."""
    names = what_if.overlap.rules
    return joined(
        titled("Kept out of eval by both", _matrix(names, what_if.overlap.any)),
        titled("Rejected by both", _matrix(names, what_if.overlap.bad)),
    )


def _matrix(names: Sequence[str], matrix: Matrix) -> Markup | None:
    """Rules that flag anything; hours, and rows below them. The diagonal is the rule itself."""
    used = [at for at, row in enumerate(matrix.rows) if row[at]]
    if not used:
        return None
    numbered = [Column(str(place), "number") for place in range(1, len(used) + 1)]
    rows = [
        (f"{place} {names[at]}", *(_both(matrix, at, other) for other in used))
        for place, at in enumerate(used, 1)
    ]
    return Table("Overlap", (Column("rule", "name"), *numbered), rows).render()


def _both(matrix: Matrix, at: int, other: int) -> Sorted:
    rows, spent = matrix.rows[at][other], matrix.hours[at][other]
    if not rows:
        return Sorted(Markup('<span class="none">·</span>'), 0.0)
    shown = Markup("<b>{}</b>") if at == other else Markup("{}")
    count = Markup("<br><small>{:,}</small>").format(rows)
    return Sorted(shown.format(hours(spent)) + count, spent)


def records(page: Loaded[WhatIf]) -> Markup | None:
    """For each limit the records on either side of it."""
    shown = [item for item in page.artefact.limits if item.flagged or item.passed]
    room, clips = SizeBudget(), clips_by_id(page.clips)
    folds = (_beside(item, room, clips, unfolded=at == 0) for at, item in enumerate(shown))
    return joined(clips_note(page.clips), *folds) if shown else None


def _beside(
    item: LimitEffect, room: SizeBudget, clips: dict[str, Clip], *, unfolded: bool
) -> Markup:
    body = joined(
        titled("Flagged", listed(item.flagged, room, clips)),
        titled("Passed", listed(item.passed, room, clips)),
    )
    title = Markup("{} {}").format(name(item.rule), verdict(item.severity))
    return render("fold", title=title, note=_limit(item), unfolded=unfolded, body=body)
