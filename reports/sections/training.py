"""A training run: its figures, its curves, and the settings that it did not inherit."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from reports.charts import drawn
from reports.charts.curves import Mark, Series, curve
from reports.charts.drawn import Figure
from reports.format import count, fixed, hours, percent, seconds, share
from reports.provenance import as_json
from reports.sections.declare import joined
from reports.tables import Column, Table, name
from reports.templating import render
from reports.transcripts import prose
from train.artifacts.run import BestValidation, Run, RunData, ValidationPoint

_MOST_POINTS = 300


def figures(run: Run) -> Markup | None:
    """Model, length and speed."""
    model = run.model
    epochs = share(run.audio_hours_seen, run.data.train_hours)
    speed = share(run.audio_hours_seen, share(run.seconds, 3600))
    return drawn.figures(
        (
            Figure("parameters", count(model.parameters), _short_class(model.class_name)),
            Figure(
                "taken from the base model",
                percent(share(model.matched_parameters, model.parameters)),
                f"recipe {model.recipe}",
            ),
            Figure("steps", count(run.steps), f"median {seconds(run.step_seconds_p50)} each"),
            Figure("time", seconds(run.seconds), f"RTFx {fixed(speed, 0)}"),
            Figure(
                "audio seen",
                hours(run.audio_hours_seen),
                f"{fixed(epochs, 1)} passes over {hours(run.data.train_hours)}",
            ),
            Figure("waiting for data", percent(run.waiting_share), "of a step"),
        )
    )


def _short_class(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def curves(run: Run) -> Markup | None:
    """Loss, error rate and learning rate over steps."""
    loss = [(p.step, p.train_loss) for p in run.loss if p.train_loss is not None]
    rate = [(p.step, p.lr) for p in run.loss]
    points = validated_points(run)
    validated = [(p.step, p.val_loss) for p in points if p.val_loss is not None]
    wer = [(p.step, 100 * p.val_wer) for p in points if p.val_wer is not None]
    charts = (
        (
            "Validation WER, %",
            curve(
                "Validation WER over steps",
                [_series(wer)],
                _mark(run.best),
                unit="WER, %",
                linear=True,
            ),
        ),
        ("Loss", _loss(loss, validated)),
        (
            "Learning rate",
            curve("Learning rate over steps", [_series(rate)], unit="learning rate", linear=True),
        ),
    )
    shown = [{"name": title, "meaning": "", "chart": chart} for title, chart in charts if chart]
    return render("charts", charts=shown) if shown else None


def _loss(
    trained: Sequence[tuple[int, float]], validated: Sequence[tuple[int, float]]
) -> Markup | None:
    lines = [_series(trained, "training"), _series(validated, "validation")]
    return curve("Loss over steps", lines, unit="loss")


def _mark(best: BestValidation | None) -> Mark | None:
    if best is None or best.val_wer is None:
        return None
    return Mark(best.step, 100 * best.val_wer, f"best {percent(best.val_wer)}")


def _series(points: Sequence[tuple[int, float]], name: str = "") -> Series:
    """The points in order of step; many are thinned to means over equal runs of them."""
    ordered = sorted(points)
    width = -(-len(ordered) // _MOST_POINTS)
    runs = [ordered[at : at + width] for at in range(0, len(ordered), width)] if width else []
    steps, values = ([sum(p[i] for p in run) / len(run) for run in runs] for i in (0, 1))
    return Series(steps, values, name)


def validations(run: Run) -> Markup | None:
    """Every validation, that of the original model first, with the best marked."""
    points = validated_points(run)
    if not points:
        return None
    top = max(point.val_wer or 0.0 for point in points)
    also = tuple(dict.fromkeys(name for point in points for name in point.also))
    remarks = {0: "before training"}
    if run.best:
        before = f"{remarks[0]}, " if not run.best.step else ""
        remarks[run.best.step] = f"{before}best: {run.best.checkpoint}"
    columns = (
        Column("step", "count"),
        Column("validation loss", "number"),
        Column("WER", "percent"),
        Column(f"0 to {percent(top)}", "drawn"),
        *(Column(f"WER of {name}", "percent") for name in also),
        Column("remark", "text"),
    )
    rows = [
        (
            *(point.step, point.val_loss, point.val_wer, drawn.bar(point.val_wer, top)),
            *(point.also.get(name) for name in also),
            remarks.get(point.step, ""),
        )
        for point in points
    ]
    return Table("Validations", columns, rows, limit=60, elsewhere="run.json").render()


def validated_points(run: Run) -> tuple[ValidationPoint, ...]:
    """All validations of a run, the one before training first where it was made."""
    return (*([run.baseline] if run.baseline else []), *run.validation)


def pitfalls(run: Run) -> Markup | None:
    """Inherited settings that were replaced, and why."""
    if not run.pitfalls:
        return None
    columns = (
        Column("setting", "name"),
        Column("inherited", "name"),
        Column("used", "name"),
        Column("why", "text"),
    )
    rows = [(p.key, as_json(p.inherited), as_json(p.used), prose(p.why)) for p in run.pitfalls]
    return Table("Settings replaced", columns, rows).render()


def data(run: Run) -> Markup | None:
    """What the run trained and validated on."""
    used = run.data
    columns = (Column("set", "text"), Column("hours", "hours"), Column("records", "count"))
    rows = [
        ("train", used.train_hours, used.train_cuts),
        ("validation", used.eval_hours, used.eval_rows),
    ]
    source = Markup('<p class="note">Shards: {}</p>').format(name(used.shards))
    return joined(Table("Data", columns, rows).render(), _sources(used), source)


def _sources(used: RunData) -> Markup | None:
    """What was drawn of each source of a blend, beside its share."""
    if not used.sources:
        return None
    columns = (
        Column("source", "name"),
        Column("hours", "hours"),
        Column("share to draw", "percent"),
        Column("share drawn", "percent"),
        Column("hours drawn", "hours"),
        Column("epochs", "number"),
    )
    rows = [
        (s.name, s.hours, s.share, s.drawn_share, s.drawn_hours, share(s.drawn_hours, s.hours))
        for s in used.sources
    ]
    return Table("Blend", columns, rows).render()


def validation_rows(run: Run) -> Markup | None:
    """The rows of each validation set that are decoded, of all that each stratum has."""
    columns = (
        Column("set", "name"), Column("stratum", "text"), Column("rows", "count"),
        Column("hours", "hours"), Column("of rows", "count"), Column("of hours", "hours"),
    )  # fmt: skip
    rows = [
        (each.name, " ".join(part.stratum).strip(), part.rows, part.hours, part.of_rows,
         part.of_hours)
        for each in run.validation_sets
        for part in each.strata
    ]  # fmt: skip
    return Table("Validation rows", columns, rows, limit=60, elsewhere="run.json").render()


def rows_set_aside(run: Run) -> Markup | None:
    """Rows of each set that the run does not use: how many, why, and the first ones."""
    columns = (
        Column("set", "name"), Column("kind", "name"), Column("rows", "count"),
        Column("hours", "hours"), Column("the first", "text"), Column("at", "text"),
    )  # fmt: skip
    rows = [
        (each.name, problem.code, problem.rows, problem.hours, problem.what, _ids(problem.places))
        for each in run.rows
        for problem in each.problems
    ]
    return Table("Rows set aside", columns, rows).render() if rows else None


def disturbances(run: Run) -> Markup | None:
    """Steps that were left out, audio that could not be read, and where the run went on."""
    rows: list[tuple[str, int | None, str]] = [
        *(("went on from a checkpoint", step, "") for step in run.resumed_at),
        *(
            ("step without finite gradients", each.step, _ids(each.ids))
            for each in run.skipped_steps
        ),
    ]
    if lost := run.recordings.lost:
        ids = _ids(run.recordings.lost_ids)
        rows.append((f"{count(lost)} times audio could not be read", None, ids))
    columns = (Column("what", "text"), Column("step", "count"), Column("records", "text"))
    return Table("Disturbances", columns, rows).render() if rows else None


def _ids(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return ", ".join(ids[:_MOST_IDS]) + more


_MOST_IDS = 20
