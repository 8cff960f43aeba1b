"""How a corpus was divided, and the proof that it was divided cleanly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from curate.artifacts.split import (
    GivenSplit,
    Measure,
    Split,
    SplitOutput,
    SplitStratum,
    StratumPart,
    Target,
)
from curate.artifacts.verdicts import VERDICTS
from reports.charts import drawn
from reports.charts.drawn import Figure, Part
from reports.format import UNKNOWN, count, number, percent, plural, seconds, share
from reports.sections.declare import joined
from reports.sections.leaks import coverage_table, leak_table
from reports.tables import Column, Sorted, Table, natural
from reports.transcripts import marked, visible

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
    total = sum(item.hours for item in split.outputs if item.name != _COPY)
    rows = [
        (
            *(item.name, item.file, item.hours, share(item.hours, total), item.rows),
            drawn.stack(_verdict_parts(item.verdicts)),
            item.bytes,
        )
        for item in split.outputs
    ]
    key = drawn.key([word for word in VERDICTS if any(_has(item, word) for item in split.outputs)])
    return joined(Table("Outputs", columns, rows).render(), key)


def _has(output: SplitOutput, verdict: str) -> bool:
    return bool(output.verdicts.get(verdict))


def _verdict_parts(rows: Mapping[str, int]) -> list[Part]:
    return [Part(word, float(rows.get(word, 0)), count(rows.get(word, 0))) for word in VERDICTS]


def targets(split: Split) -> Markup | None:
    """Requested, target and achieved sizes; with enough words for a WER."""
    if not split.targets or split.given:
        return None
    columns = (
        Column("split", "text"),
        Column("requested, h", "hours"),
        Column("target, h", "hours"),
        Column("achieved, h", "hours"),
        Column("achieved / target", "percent"),
        Column("0 to 125 % of the target and more", "drawn"),
        Column("rows", "count"),
        Column("groups", "count"),
        Column("effective groups (Kish)", "text"),
        Column("words", "count"),
    )
    rows = []
    for name, target in split.targets.items():
        sizes = (target.requested_s, target.target_s, target.achieved_s)
        rows.append(
            (
                *(name, *map(_hours, sizes), share(target.achieved_s, target.target_s)),
                *(_against(target.achieved_s, target.target_s), target.rows, _groups(target)),
                *(_effective(target), target.words),
            )
        )
    return Table("Targets", columns, rows).render()


def given(split: Split) -> Markup | None:
    """What each given split was given, what of it is there, and what was lost."""
    if not split.given:
        return None
    columns = (
        *(Column(title, "text") for title in ("split", "manifests", "kept")),
        *(Column(title, "count") for title in ("given rows", "rows in it")),
        *(Column(title, "hours") for title in ("given, h", "lost, h")),
        Column("lost of rows", "percent"),
        *(
            Column(title, "text")
            for title in ("lost, by verdict", "groups", "effective groups (Kish)")
        ),
    )
    rows = [_given(name, each, split.targets.get(name)) for name, each in split.given.items()]
    return Table("Given splits", columns, rows).render()


def _given(name: str, split: GivenSplit, target: Target | None) -> tuple[object, ...]:
    lost = ", ".join(f"{count(rows)} {verdict}" for verdict, rows in split.lost.items())
    groups = (UNKNOWN, UNKNOWN) if target is None else (_groups(target), _effective(target))
    return (
        *(name, ", ".join(split.manifests), "whole" if split.whole else "by the rules"),
        *(split.given_rows, split.rows, _hours(split.given_s), _hours(split.lost_s)),
        *(share(split.lost_rows, split.given_rows), lost or "none", *map(str, groups)),
    )


def _groups(part: Target | Measure) -> str | int:
    """Rows of which nobody knows who speaks are groups of their own, and may be any number."""
    if part.known_rows == part.rows:
        return part.groups
    return f"at most {count(part.groups)}" if part.known_rows else "unknown"


def _effective(target: Target) -> str:
    """The effective number of groups of a split (Kish)."""
    if target.effective_groups is not None:
        return number(target.effective_groups)
    if not target.rows:
        return UNKNOWN
    at_most = target.effective_groups_at_most
    return "unknown" if at_most is None else f"at most {number(at_most)}"


def _against(got: float | None, aim: float | None) -> Sorted | None:
    """A bar of what was got, with a tick at the aim, on a scale that holds both."""
    return drawn.bar(got, 1.25 * aim, aim) if aim else None


def leaks(split: Split) -> Markup | None:
    """Values that occur on either side of a boundary."""
    return joined(
        leak_table(split.leaks), _similarity(split), _voices(split), _unsure(split.near_unsure)
    )


def _similarity(split: Split) -> Markup | None:
    """DataSAIL's leakage beside that of a random split."""
    if split.text_similarity is None:
        return None
    sentence = (
        f"{percent(split.text_similarity.between_splits)} of all similarity of texts (shared "
        "stretches, DataSAIL's leakage) is between splits; in a random split of the same sizes, "
        f"{percent(split.text_similarity.of_random_split)}."
    )
    return Markup('<p class="note">{}</p>').format(sentence)


def _voices(split: Split) -> Markup:
    """Records whose voice is in train, and DataSAIL's leakage of voices."""
    voices = split.voice_similarity
    if voices is None:
        sentence = (
            "The similarity of voices between splits is not measured: the manifest has no "
            "embeddings of train voices."
        )
        return Markup('<p class="note">{}</p>').format(sentence)
    near = ", ".join(
        f"{percent(share)} of {plural(voices.compared[name], 'record')} of {name} (random split: "
        f"{percent(voices.near_of_random_split[name])})"
        for name, share in voices.near.items()
    )
    share = UNKNOWN if voices.between_splits is None else percent(voices.between_splits)
    sentence = (
        f"A voice of train is near (cosine {voices.cosine:g} or more) in {near or 'no split'}. "
        f"{share} of all similarity of voices (cosine of embeddings, DataSAIL's leakage) is "
        "between splits; in a random split of the same sizes, "
        f"{percent(voices.of_random_split)}."
    )
    return Markup('<p class="note">{}</p>').format(sentence)


def checked(split: Split) -> Markup | None:
    """Which rows the checks could look at."""
    return coverage_table(split.coverage)


def _unsure(texts: int | None) -> Markup | None:
    """What the search for near-duplicate texts cannot vouch for."""
    if not texts:
        return None
    sentence = (
        f"Of {plural(texts, 'text')} nearly all stretches are shared by more than a hundred "
        "others: texts near to them may have been overlooked."
    )
    return Markup('<p class="note">{}</p>').format(sentence)


def held_out(split: Split) -> Markup | None:
    """Held-out data: how targets are allocated, and what separating the splits has cost."""
    held, allocation, lock = split.held_out, split.allocation, split.lock
    if allocation is None:
        return None
    figures = [
        Figure("held out", percent(held.share), f"{percent(held.most)} were allowed"),
        Figure("target of a stratum", f"∝ hours^{allocation.alpha:g}"),
        Figure("least per stratum", seconds(allocation.floor_s), "where it has as much"),
        Figure("drawn from a stratum", percent(allocation.cap), "at most"),
        *([Figure("preferred", allocation.prefer)] if allocation.prefer else []),
    ]
    if lock is not None:
        fallen = sum(sum(counts.values()) for counts in lock.no_longer_clean.values())
        figures += [
            Figure("records beside the lock", count(lock.new_rows)),
            Figure("locked, no longer clean", count(fallen)),
            Figure("locked, gone", count(sum(lock.gone.values()))),
        ]
    return drawn.figures(figures)


def measures(split: Split) -> Markup | None:
    """The interval of each part's error rate: WER, or CER where no spaces are written."""
    if not split.measures:
        return None
    columns = (
        *(Column(title, "text") for title in ("split", "by", "value")),
        Column("hours", "hours"),
        Column("rate", "text"),
        *(Column(title, "count") for title in ("words or characters", "groups")),
        Column("design effect", "number"),
        Column("interval, \u00b1", "percent"),
        Column("smallest difference", "percent"),
        Column("measurable", "text"),
    )
    rows = [
        (
            *(each.split, each.by, None if each.value is None else str(each.value)),
            *(_hours(each.s), each.metric.upper(), each.units, _groups(each), each.design_effect),
            *(_bounded(each, each.half_width), _bounded(each, each.smallest_difference)),
            "yes" if each.measurable else "not measurable",
        )
        for each in _in_order(split.measures)
        if not _is_absent(each)
    ]
    without: dict[str, list[str]] = {}
    for each in filter(_is_absent, split.measures):
        what = f"{each.split} has nothing of {each.by}"
        without.setdefault(what, []).append(str(each.value))
    return joined(
        Table("Measures", columns, rows, limit=60, elsewhere="split.json").render(),
        *(_without(what, values) for what, values in without.items()),
    )


def _in_order(measures: Sequence[Measure]) -> list[Measure]:
    """By column as they are, then by value: `2-5 s` before `10-20 s`."""
    columns = list(dict.fromkeys(each.by for each in measures))
    return sorted(measures, key=lambda each: (columns.index(each.by), natural(each.value)))


def _bounded(measure: Measure, width: float | None) -> Sorted | float | None:
    """A width; where it is not known who speaks, it is at least that."""
    if width is None or not measure.lower_bound:
        return width
    return Sorted(marked(f"at least {percent(width)}"), width)


def _is_absent(measure: Measure) -> bool:
    return measure.s == 0 and measure.value is not None


def _without(what: str, values: Sequence[str]) -> Markup:
    listed = Markup(", ").join(map(marked, values))
    return Markup('<p class="note">{}: {}.</p>').format(visible(what), listed)


def strata(split: Split) -> Markup | None:
    """Hours of each stratum in each split against the hours aimed at."""
    if not split.strata:
        return None
    names = list(split.targets)
    columns = (
        *(Column(column, "text") for column in split.strata_columns),
        *(Column(title, "hours") for title in ("clean, h", "train, h")),
        *(column for name in names for column in _stratum_columns(name)),
    )
    ordered = sorted(
        split.strata,
        key=lambda item: [natural(item.stratum.get(column)) for column in split.strata_columns],
    )
    rows = [_stratum(split.strata_columns, names, item) for item in ordered]
    return Table("Strata", columns, rows, limit=150, elsewhere="split.json").render()


def _stratum_columns(name: str) -> Sequence[Column]:
    return (
        Column(f"{name}, h", "hours"),
        Column("target, h", "hours"),
        Column(f"{name} against target", "drawn"),
        Column("weight", "number"),
    )


def _stratum(
    columns: tuple[str, ...], names: Sequence[str], item: SplitStratum
) -> tuple[object, ...]:
    values = (item.stratum.get(column) for column in columns)
    return (
        *(None if value is None else str(value) for value in values),
        *(_hours(item.clean_s), _hours(item.train_s)),
        *(cell for name in names for cell in _stratum_cells(item.splits.get(name))),
    )


def _stratum_cells(part: StratumPart | None) -> tuple[object, ...]:
    if part is None:
        return (None,) * 4
    against = _against(part.s, part.target_s)
    return _hours(part.s), _hours(part.target_s), against, part.weight


def balance(split: Split) -> Markup | None:
    """How far each split's covariates lie from the whole."""
    if not split.balance:
        return None
    names = list(dict.fromkeys(item.split for item in split.balance))
    columns = [Column("covariate", "name")]
    for name in names:
        columns += [Column(name, "number"), Column(f"0 to {_FAR_APART:g} and more", "drawn")]
    distances = {
        (item.covariate, item.split): item.tvd if item.ks is None else item.ks
        for item in split.balance
    }
    rows = []
    for covariate in dict.fromkeys(item.covariate for item in split.balance):
        row: list[object] = [covariate]
        for name in names:
            distance = distances.get((covariate, name))
            row += [distance, drawn.bar(distance, _FAR_APART)]
        rows.append(row)
    return Table("Balance", columns, rows).render()


def groups(split: Split) -> Markup:
    """Groups that stay together, and their splits."""
    made = split.groups
    by = ", ".join(split.grouped_by)
    return drawn.figures(
        (
            Figure("groups", count(made.total), f"by {by}" if by else "one a record"),
            *(
                Figure(f"in {name}", count(number), percent(share(number, made.total)))
                for name, number in made.by_split.items()
            ),
            Figure("rows without a group", count(made.ungrouped_rows)),
        )
    )
