"""How a corpus was divided, and the proof that it was divided cleanly."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from curate.columns import VERDICTS
from reports import drawn
from reports.contracts import Split
from reports.contracts.corpus import SplitStratum
from reports.drawn import Figure, Part
from reports.format import count, percent, share
from reports.sections.declare import joined
from reports.tables import Column, Sorted, Table, alarm

_SECONDS_PER_HOUR = 3600
_COPY = "eval_borderline"
_FAR_APART = 0.5


def _hours(spent_s: float | None) -> float | None:
    return None if spent_s is None else spent_s / _SECONDS_PER_HOUR


def outputs(split: Split) -> Markup | None:
    """Each file, how much it holds, and of what verdicts."""
    columns = (
        Column("split", "text"),
        Column("file", "name"),
        Column("hours", "hours"),
        Column("of hours", "percent"),
        Column("rows", "count"),
        Column("verdicts, by rows", "drawn"),
        Column("size", "size"),
    )
    total = sum(item.hours or 0.0 for item in split.outputs if item.name != _COPY)
    rows = [
        (
            *(item.name, item.file, item.hours, share(item.hours, total), item.rows),
            drawn.stack(_verdict_parts(item.verdicts)),
            item.bytes,
        )
        for item in split.outputs
    ]
    key = drawn.key(VERDICTS)
    return joined(Table("Outputs", columns, rows).render(), key)


def _verdict_parts(rows: Mapping[str, int]) -> list[Part]:
    return [Part(word, float(rows.get(word, 0)), count(rows.get(word, 0))) for word in VERDICTS]


def targets(split: Split) -> Markup | None:
    """Asked, aimed at, got; with enough words to say something about WER."""
    if not split.targets:
        return None
    columns = (
        Column("split", "text"),
        Column("asked, h", "hours"),
        Column("aimed at, h", "hours"),
        Column("got, h", "hours"),
        Column("got of aim", "percent"),
        Column("0 to 125 % of aim", "drawn"),
        Column("rows", "count"),
        Column("groups", "count"),
        Column("words", "count"),
    )
    rows = []
    for name, it in split.targets.items():
        reached = share(it.got_s, it.target_s)
        rows.append(
            (
                *(name, _hours(it.asked_s), _hours(it.target_s), _hours(it.got_s), reached),
                *(_against(it.got_s, it.target_s), it.rows, it.groups, it.words),
            )
        )
    return Table("Targets", columns, rows).render()


def _against(got: float | None, aim: float | None) -> Sorted | None:
    """A bar of what was got, with a tick at the aim, on a scale that holds both."""
    return drawn.bar(got, 1.25 * aim, aim) if aim else None


def leaks(split: Split) -> Markup | None:
    """What stands on both sides of a boundary: a row per kind, a column per pair of splits."""
    pairs = list(dict.fromkeys(leak.between for leak in split.leaks))
    columns = (Column("kind", "text"), *(Column(" and ".join(pair), "count") for pair in pairs))
    found = {(leak.kind, leak.between): leak.count for leak in split.leaks}
    kinds = dict.fromkeys(leak.kind for leak in split.leaks)
    rows = [(kind, *(_leaked(found.get((kind, pair))) for pair in pairs)) for kind in kinds]
    return Table("Leaks", columns, rows).render() if split.leaks else None


def _leaked(number: int | None) -> Markup | int | None:
    return alarm(count(number)) if number else number


def strata(split: Split) -> Markup | None:
    """Hours of each stratum in eval and test against the hours aimed at."""
    if not split.strata:
        return None
    columns = (
        *(Column(column, "text") for column in split.strata_columns),
        *(Column(title, "hours") for title in ("clean, h", "train, h", "eval, h", "aim, h")),
        Column("eval against aim", "drawn"),
        *(Column(title, "hours") for title in ("test, h", "aim, h")),
        Column("test against aim", "drawn"),
    )
    rows = [_stratum(split.strata_columns, item) for item in split.strata]
    return Table("Strata", columns, rows, limit=150, elsewhere="split.json").render()


def _stratum(names: tuple[str, ...], item: SplitStratum) -> tuple[object, ...]:
    values = (item.stratum.get(name) for name in names)
    return (
        *(None if value is None else str(value) for value in values),
        *(_hours(item.clean_s), _hours(item.train_s)),
        *(_hours(item.eval_s), _hours(item.eval_target_s)),
        _against(item.eval_s, item.eval_target_s),
        *(_hours(item.test_s), _hours(item.test_target_s)),
        _against(item.test_s, item.test_target_s),
    )


def balance(split: Split) -> Markup | None:
    """How far each split's covariates lie from the whole."""
    if not split.balance:
        return None
    names = list(dict.fromkeys(item.split or "—" for item in split.balance))
    columns = [Column("covariate", "name")]
    for name in names:
        columns += [Column(name, "number"), Column(f"0 to {_FAR_APART:g}", "drawn")]
    found = {(item.covariate, item.split or "—"): item.ks for item in split.balance}
    rows = []
    for covariate in dict.fromkeys(item.covariate for item in split.balance):
        row: list[object] = [covariate]
        for name in names:
            ks = found.get((covariate, name))
            row += [ks, drawn.bar(ks, _FAR_APART)]
        rows.append(row)
    return Table("Balance", columns, rows).render()


def groups(split: Split) -> Markup | None:
    """What was kept together, and where it went."""
    it = split.groups
    if not it.columns and it.total is None:
        return None
    by = ", ".join(it.columns) or "nothing"
    return drawn.figures(
        (
            Figure("groups", count(it.total), f"by {by}"),
            *(
                Figure(f"in {name}", count(number), percent(share(number, it.total)))
                for name, number in (("train", it.train), ("eval", it.eval), ("test", it.test))
            ),
            Figure("rows without a group", count(it.ungrouped_rows)),
        )
    )
