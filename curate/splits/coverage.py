"""Which rows each leak check could look at: a check that could not be made is not a pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from curate.artifacts.columns import LANG, MALFORMED, RECORDING_KEY, SPEAKER
from curate.artifacts.leaks import Coverage, Lacking, Leak, Proposal
from curate.formatting.units import plural
from curate.formatting.values import labelled
from curate.splits.codes import CODED
from curate.splits.content import Contents
from curate.text.ids import SPEAKER_FIELDS, canonical_ids

SESSIONS = (
    "session", "session_id", "conversation_id", "recording_id", "episode_id", "video_id",
)  # fmt: skip
"""Fields beside the speaker whose values stay in one split where they are there, unless the
grouping fields are named."""
GROUP_FROM = "group_from"
"""The group key that a pattern takes from the audio path (curate.splits.path_patterns)."""
KNOWN = "known"
"""Whether it is known who speaks in a row, or which group it is of where others are named."""
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Keys:
    """Fields whose values must be in one split.

    `everywhere`: the one value that a field has in all rows, which therefore tells nobody apart;
    `placeholders`: values of a field that name nobody, the commonest first; `proposals`: group keys
    that the paths of rows without a speaker would give (curate.splits.path_proposals); `contents`:
    what recordings were compared by, where that is the content of their files.
    """

    columns: Sequence[str]
    everywhere: Mapping[str, str] = field(default_factory=dict)
    placeholders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    proposals: Sequence[Proposal] = ()
    contents: Contents | None = None

    @property
    def people(self) -> list[str]:
        """The columns that say who speaks, or what stands in for it."""
        if SPEAKER.name not in self.columns:
            return list(self.columns)
        return [name for name in self.columns if name in {SPEAKER.name, GROUP_FROM}]


def identify(rows: pl.DataFrame, columns: Sequence[str]) -> tuple[pl.DataFrame, Keys]:
    """The rows with canonical ids in these columns, and KNOWN; null where a value names nobody.

    One value over all rows names nobody either. This is the identity of a split as of an audit.
    """
    everywhere: dict[str, str] = {}
    placeholders: dict[str, Sequence[str]] = {}
    for name in columns:
        ids = _ids(rows, name)
        lost = rows[name].filter(ids.is_null() & rows[name].is_not_null())
        if lost.len():
            placeholders[name] = commonest(lost)
        one = ids.drop_nulls().unique()
        if one.len() == 1 and rows.height > 1 and not _is_lacking(rows, ids):
            everywhere[name] = str(one[0])
            ids = ids.clear(ids.len())
        rows = rows.with_columns(ids.alias(name))
    keys = Keys(columns, everywhere, placeholders)
    known = pl.any_horizontal([pl.col(name).is_not_null() for name in keys.people])
    return rows.with_columns(known.alias(KNOWN)), keys


def _ids(rows: pl.DataFrame, name: str) -> pl.Series:
    """Canonical ids; the speaker by any of its names that is a column."""
    names = SPEAKER_FIELDS if name == SPEAKER.name else (name,)
    kinds = [rows[each].dtype for each in names if each in rows.columns]
    dtype = CODED if CODED in kinds else pl.String()
    candidates = [canonical_ids(rows[each]).cast(dtype) for each in names if each in rows.columns]
    ids = candidates[0]
    for other in candidates[1:]:
        ids = ids.zip_with(ids.is_not_null(), other)
    return ids.alias(name)


def _is_lacking(rows: pl.DataFrame, ids: pl.Series) -> bool:
    """Whether a record has none."""
    return bool((ids.is_null() & rows[MALFORMED.name].is_null()).any())


def commonest(values: pl.Series) -> list[str]:
    """The few commonest of some values, by how often and then by name."""
    counted = values.rename("value").value_counts()
    return counted.sort("count", "value", descending=[True, False])["value"].head(SHOWN).to_list()


def coverage(rows: pl.DataFrame, keys: Keys, by: Sequence[str]) -> tuple[Coverage, ...]:
    """What is known of each key over all records, the speaker's first, with a sentence (`message`).

    `by` are columns of strata (or sides): `lacking` has their values where a key is not known of
    all rows. `unchecked`: whether that fails a strict check. It does for the keys by which rows are
    grouped, unless GROUP_FROM stands in; not for sessions where no row has a field of them, and not
    for recordings, but for files that were to be compared by content and could not be read.
    """
    needed = [*keys.columns, *by, GROUP_FROM, MALFORMED.name, RECORDING_KEY.name]
    present = [name for name in dict.fromkeys(needed) if name in rows.columns]
    records = rows.select(present).filter(MALFORMED.expr.is_null())
    entries = [_of_column(records, keys, name, by) for name in keys.columns]
    if SPEAKER.name not in keys.columns:
        why = "is not among the grouping fields"
        entries.insert(0, _unknown(SPEAKER.name, records.height, why))
    if not any(name in SESSIONS for name in keys.columns):
        entries.append(_unknown("session", records.height, ""))
    files = records[RECORDING_KEY.name].drop_nulls()
    return (*entries, _recordings(records.height, files, keys.contents))


def _of_column(records: pl.DataFrame, keys: Keys, name: str, by: Sequence[str]) -> Coverage:
    known = records[name].is_not_null()
    replaced = _replaced(records, name)
    rows, count = records.height, int(known.sum())
    lacking = [] if known.all() else _lacking(records.with_columns(known=known), by)
    return Coverage(
        key=name,
        rows=rows,
        known=count,
        values=records[name].drop_nulls().n_unique(),
        substituted=int((~known & replaced).sum()),
        lacking=tuple(lacking),
        unchecked=not bool((known | replaced).all()),
        message=f"{name}: "
        + _describe(keys, name, rows, count, lacking)
        + _stands_in(known, replaced),
    )


def _replaced(records: pl.DataFrame, name: str) -> pl.Series:
    """Rows whose group key from the path stands in for the speaker."""
    if name == SPEAKER.name and GROUP_FROM in records.columns:
        return records[GROUP_FROM].is_not_null()
    return pl.Series([False]).new_from_index(0, records.height)


def _lacking(records: pl.DataFrame, by: Sequence[str]) -> list[Lacking]:
    """Values of these columns with rows of which the key is not known, most of them first."""
    lacking: list[Lacking] = []
    for column in by:
        counted = (
            records.group_by(column)
            .agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("known").sum().cast(pl.Int64))
            .filter(pl.col("known") < pl.col("rows"))
            .sort(pl.col("rows") - pl.col("known"), column, descending=[True, False])
        )
        lacking += [
            Lacking(by=column, value=value, rows=rows, known=known)
            for value, rows, known in counted.iter_rows()
        ]
    return lacking


def _describe(keys: Keys, name: str, rows: int, known: int, lacking: Sequence[Lacking]) -> str:
    if name in keys.everywhere:
        return f"{keys.everywhere[name]!r} in all {rows:,} rows separates no speakers: NOT CHECKED"
    coverage = f"known for {known:,} of {plural(rows, 'row')}"
    if known == rows:
        return coverage
    values = keys.placeholders.get(name, ())
    named = f" ({', '.join(map(repr, values))} is a placeholder)" if values else ""
    if not known:
        return f"{coverage}{named}: NOT CHECKED"
    parts = [
        f"{labelled(each.by, each.value)} ({each.known:,} of {each.rows:,})" for each in lacking
    ]
    more = f" and {len(parts) - SHOWN} more" if len(parts) > SHOWN else ""
    where = f" of {', '.join(parts[:SHOWN])}{more}" if parts else ""
    return f"{coverage}{named}: NOT CHECKED for the other {rows - known:,}{where}"


def _stands_in(known: pl.Series, replaced: pl.Series) -> str:
    count = int((~known & replaced).sum())
    return f"; the path is used instead in {plural(count, 'row')}" if count else ""


def _unknown(key: str, rows: int, why: str) -> Coverage:
    reason = why or f"known for 0 of {plural(rows, 'row')}"
    return _plain(key, rows, 0, 0, f"{key}: {reason}: NOT CHECKED")


def _recordings(rows: int, keys: pl.Series, contents: Contents | None) -> Coverage:
    known, files = keys.len(), keys.n_unique()
    text = f"recording: {plural(files, 'file')} of {plural(known, 'row')}"
    if files == known:
        text += "; each row is a file of its own: what it was cut from is NOT CHECKED"
    if contents is None:
        return _plain("recording", rows, known, files, text)
    unread = contents.unread > 0
    return _plain("recording", rows, known, files, f"{text}; {contents}", unread)


def _plain(
    key: str, rows: int, known: int, values: int, text: str, unchecked: bool = False
) -> Coverage:
    return Coverage(
        key=key, rows=rows, known=known, values=values, substituted=0, lacking=(),
        unchecked=unchecked, message=text,
    )  # fmt: skip


def unchecked(entries: Sequence[Coverage]) -> tuple[str, ...]:
    """What fails a strict check, in words."""
    return tuple(each.message for each in entries if each.unchecked)


def statement(
    leaks: Sequence[Leak], entries: Sequence[Coverage], empty: Sequence[str] = (), filled: int = 2
) -> str:
    """The leaks, and what could not be checked, in one sentence.

    `empty`: the splits without a row, with which nothing was compared; `filled`: how many hold one.
    """
    nothing = [f"{_joined(empty)} {'holds' if len(empty) == 1 else 'hold'} no row"] if empty else []
    if filled < 2:
        return "; ".join(["nothing to compare: leaks NOT CHECKED", *nothing])
    of = {each.key: each for each in entries}
    kinds = list(dict.fromkeys(leak.kind for leak in leaks))
    leaking = [kind for kind in kinds if any(leak.count for leak in leaks if leak.kind == kind)]
    unknown = [f"{each.key}s" for each in entries if not each.known]
    checked = [
        kind for kind in kinds if f"{kind}s" not in unknown and not _is_trivial(of.get(kind))
    ]
    partly = [
        f"{each.key} known for {each.known:,} of {plural(each.rows, 'row')}"
        for each in entries
        if 0 < each.known < each.rows
    ]
    result = f"leaks found in {_joined(leaking)}"
    if not leaking:
        result = f"no leak found in {_joined(checked)}"
    nobody = [f"{_joined(unknown)} unknown"] if unknown else []
    return "; ".join([result, *nobody, *partly, *nothing])


def _is_trivial(entry: Coverage | None) -> bool:
    """Whether recordings are no more than the rows' own files, which the audio check compares."""
    return entry is not None and entry.key == "recording" and entry.values == entry.known


def _joined(names: Sequence[str]) -> str:
    *most, last = names or ["nothing"]
    return f"{', '.join(most)} and {last}" if most else last


def coverage_by_side(
    rows: pl.DataFrame, names: Mapping[str, str], keys: Keys
) -> tuple[Coverage, ...]:
    """`coverage` of the rows of these sides, by number and name; empty without two of them."""
    if len(names) < 2:
        return ()
    mine = rows.filter(pl.col("side").is_in(list(names)))
    return coverage(mine.with_columns(pl.col("side").replace(names)), keys, ["side", LANG.name])
