"""What eval and test lack of train: languages, lengths and the like of which they have no row."""

from __future__ import annotations

from collections.abc import Set

from curate.artifacts.leaks import Value
from curate.artifacts.split import Split, SplitStratum
from reports.format import count, hours, percent, plural, share
from reports.tables import natural

_NAMED = 5
_PLURALS = {"lang": "languages", "duration_bin": "durations"}


def unmeasured(split: Split) -> list[str]:
    """One sentence on the part of train whose language, or whose length, no other split has."""
    columns = {name: _present(split, name, list(split.targets)) for name in split.strata_columns}
    lacking = [
        each
        for each in split.strata
        if each.train_s > 0 and any(each.stratum[name] not in columns[name] for name in columns)
    ]
    if not lacking or not split.targets or not all(columns.values()):
        return []
    spent, whole = (sum(each.train_s for each in some) for some in (lacking, split.strata))
    rows = [each.train_rows for each in lacking]
    known = [n for n in rows if n is not None]
    records = f"{plural(sum(known), 'record')}, " if len(known) == len(rows) else ""
    what = "; ".join(
        text for name in columns if (text := _named(lacking_values(split.strata, name, columns)))
    )
    neither = "Neither eval nor test measures" if len(split.targets) > 1 else "No split measures"
    part = percent(share(spent, whole))
    return [f"{neither} {records}{hours(spent / 3600)} of train ({part}): {what}."]


def missing(split: Split) -> list[str]:
    """One sentence on the languages and the like of train that each other split has no row of."""
    by_split = []
    for name in split.targets:
        lacking = [
            text for column in split.strata_columns if (text := _lacking(split, name, column))
        ]
        if lacking:
            by_split.append(f"{name} has no row of {' and of '.join(lacking)}")
    if not by_split:
        return []
    return [f"Of what train has, {'; '.join(by_split)}."]


def lacking_values(
    strata: tuple[SplitStratum, ...], name: str, present: dict[str, Set[Value]]
) -> tuple[str, list[Value]]:
    """A column, and its values that train has and no split of `present` has."""
    values = {each.stratum[name] for each in strata if each.train_s > 0}
    return name, sorted(values - set(present[name]), key=natural)


def _present(split: Split, column: str, names: list[str]) -> Set[Value]:
    """The values of a column of which one of these splits has a row."""
    return {
        item.stratum[column]
        for item in split.strata
        for name in names
        if (part := item.splits.get(name)) and part.rows
    }


def _lacking(split: Split, name: str, column: str) -> str:
    """The values of a column that train has and a split lacks; empty where it lacks all or none."""
    present = _present(split, column, [name])
    column, lacking = lacking_values(split.strata, column, {column: present})
    if not lacking or not present:
        return ""
    values = {item.stratum[column] for item in split.strata if item.train_s > 0}
    noun = _PLURALS.get(column, f"values of {column}")
    return f"{count(len(lacking))} of {count(len(values))} {noun} ({_list(lacking)})"


def _named(lacking: tuple[str, list[Value]]) -> str:
    column, values = lacking
    noun = _PLURALS.get(column, f"values of {column}")
    return (
        f"{noun.removesuffix('s') if len(values) == 1 else noun} {_list(values)}" if values else ""
    )


def _list(values: list[Value]) -> str:
    names = ["no value" if value is None else str(value) for value in values[:_NAMED]]
    more = [f"{count(len(values) - _NAMED)} more"] if len(values) > _NAMED else []
    return ", ".join([*names, *more])
