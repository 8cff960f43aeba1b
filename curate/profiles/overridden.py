"""Manual overrides in a profile: rows measured again for them, and what became of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.artifacts.columns import (
    AUDIO_KEY,
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_FIX,
    LINE,
    SOURCE,
    TEXT_FIX,
    Column,
    record_id,
)
from curate.manifest.audio_files import bases_of
from curate.manifest.chunks import Chunk
from curate.manifest.lines import fetch_lines
from curate.manifest.nemo import read_batch
from curate.manifest.places import with_fields
from curate.metrics.measure import Settings
from curate.profiles.measure.reuse import ReusedRows
from curate.profiles.measure.source import Source
from curate.profiles.rows import scan
from curate.rules.overrides import LINE_OF, Decision, Facet, Overrides
from curate.rules.overrides.identity import audio_keys

if TYPE_CHECKING:
    from curate.artifacts.profile import NamedDecisions
    from curate.artifacts.profile import Overrides as OverridesOutcome

NAMED = 20
"""Decisions that are named, at most, of those that match no record."""
_PLACE = (LINE.name, BYTE_OFFSET.name, BYTE_LENGTH.name)
_WHICH = [SOURCE.name, LINE.name]
_AT = "at"


def reused_rows(
    old: ReusedRows,
    sources: Sequence[Source],
    overrides: Overrides,
    settings: Settings,
    fields: Sequence[str],
) -> Iterator[pl.DataFrame]:
    """The rows of unchanged sources, in order, marked by today's decisions.

    Those whose text or segment was corrected when the profile was made, or is to be now, are
    measured again by their lines; the others as they are.
    """
    again = _measured_again(old, sources, overrides, settings, fields)
    for rows in old.rows(sources):
        marked = overrides.mark(rows)
        if again.height:
            places = rows.select(*_WHICH).with_row_index(_AT)
            here = again.join(places, on=_WHICH, how="inner")
            unchanged = marked.with_row_index(_AT).join(here.select(_AT), on=_AT, how="anti")
            marked = pl.concat([unchanged.select(here.columns), here]).sort(_AT).drop(_AT)
        yield marked


def _measured_again(
    old: ReusedRows,
    sources: Sequence[Source],
    overrides: Overrides,
    settings: Settings,
    fields: Sequence[str],
) -> pl.DataFrame:
    frames = [
        rows.filter(_fixed(rows) | overrides.corrects(rows)).select(SOURCE.name, *_PLACE)
        for rows in old.rows(sources)
    ]
    by_name = {source.name: source for source in sources}
    places = pl.concat(frames) if frames else pl.DataFrame()
    if not places.height:
        return pl.DataFrame()
    return pl.concat(
        _measured_lines(
            by_name[part[SOURCE.name][0]], part.select(*_PLACE), overrides, settings, fields
        )
        for part in places.partition_by(SOURCE.name, maintain_order=True)
    )


def _fixed(rows: pl.DataFrame) -> pl.Series:
    """Which rows were measured by another text or segment than their line has."""
    return rows[TEXT_FIX.name].is_not_null() | rows[DURATION_FIX.name].is_not_null()


def _measured_lines(
    source: Source,
    places: pl.DataFrame,
    overrides: Overrides,
    settings: Settings,
    fields: Sequence[str],
) -> pl.DataFrame:
    line_places = list(zip(places[BYTE_OFFSET.name], places[BYTE_LENGTH.name], strict=True))
    lines = fetch_lines(source.origin, line_places)
    chunk = Chunk(source.name, 0, b"\n".join(lines[place] for place in line_places))
    bases = bases_of(source.origin, settings.audio.root)
    clips = with_fields(read_batch(chunk, fields, bases), source.origin.added, fields)
    measured = overrides.measure(clips, settings)
    assert measured.height == places.height, "a line is one record, as it was"
    return measured.with_columns(places.get_columns())


def outcome_of(records: Path, overrides: Overrides) -> OverridesOutcome | None:
    """What became of the decisions, for profile.json; None where no log was named.

    `unmatched` matched no record, `stale` matched one that has changed since.
    """
    if overrides.log is None:
        return None
    from curate.artifacts.profile import Overrides as OverridesOutcome

    rows = {facet: _rows_by_line(records, column) for facet, column in LINE_OF.items()}
    active = {line for counts in rows.values() for line in counts}
    idle = [each for each in overrides.standing.decisions if each.line not in active]
    fates = _fates(records, idle)
    later, stale, unmatched = (
        [each for each in idle if fates[each.line] == fate]
        for fate in ("superseded", "stale", "unmatched")
    )
    return OverridesOutcome(
        file=overrides.log.name,
        sha256=overrides.log.sha256,
        decisions=len(overrides.standing.decisions),
        rows=_decided_rows(records),
        rows_by_decision=_rows_by_decision(rows, overrides.by_line),
        superseded=overrides.standing.superseded + len(later),
        undone=overrides.standing.undone,
        unmatched=_named(unmatched, overrides),
        stale=_named(stale, overrides),
    )


def warnings_of(outcome: OverridesOutcome | None) -> list[str]:
    """Warnings of decisions that were not followed."""
    if outcome is None:
        return []
    fates = (
        (outcome.unmatched, "no record of these manifests matches"),
        (outcome.stale, "the record has changed since"),
    )
    warnings = []
    for named, what in fates:
        if named.count:
            plural = "decision" if named.count == 1 else "decisions"
            example = named.examples[0]
            warnings.append(
                f"{named.count:,} {plural} of {outcome.file} not applied: {what}, such as {example}"
            )
    return warnings


def _named(decisions: Sequence[Decision], overrides: Overrides) -> NamedDecisions:
    from curate.artifacts.profile import NamedDecisions

    assert overrides.log is not None
    named = (f"{overrides.log.name}:{each.line} ({each.record})" for each in decisions[:NAMED])
    return NamedDecisions(count=len(decisions), examples=tuple(named))


def _decided_rows(records: Path) -> int:
    decided = pl.any_horizontal(column.expr.is_not_null() for column in LINE_OF.values())
    return int(scan(records).filter(decided).select(pl.len()).collect().item())


def _rows_by_line(records: Path, column: Column) -> dict[int, int]:
    counted = (
        scan(records)
        .filter(column.expr.is_not_null())
        .group_by(column.name)
        .agg(pl.len())
        .collect()
    )
    return dict(counted.rows())


def _rows_by_decision(
    rows: Mapping[Facet, Mapping[int, int]], by_line: Mapping[int, Decision]
) -> Mapping[str, int]:
    """Rows whose verdict, or text, is as each kind of decision has set it."""
    rows_by_kind: dict[str, int] = {}
    for facet, counts in rows.items():
        for line, count in sorted(counts.items()):
            kind = _KINDS.get(facet) or by_line[line].decision
            rows_by_kind[kind] = rows_by_kind.get(kind, 0) + count
    return rows_by_kind


_KINDS: Mapping[Facet, str] = {Facet.TEXT: "text", Facet.SEGMENT: "trim"}
"""The kind of a decision in the facets that only one kind sets; `keep` may set a text as well."""


def _fates(records: Path, decisions: Sequence[Decision]) -> Mapping[int, str]:
    """What became of decisions that decided no row: `superseded`, by later ones that set all that
    it sets; `stale`, where the record is there but has changed; `unmatched`, where there is none.
    """
    fates = dict.fromkeys((each.line for each in decisions), "unmatched")
    for each, lines in _rows_of(records, decisions):
        covered = all((lines[facet] or 0) > each.line for facet in each.facets)
        if fates[each.line] != "superseded":
            fates[each.line] = "superseded" if covered else "stale"
    return fates


def _rows_of(
    records: Path, decisions: Sequence[Decision]
) -> Iterator[tuple[Decision, Mapping[Facet, int | None]]]:
    """The rows that bear the names of the decisions' records: by which lines they are decided."""
    named: dict[int | str, list[Decision]] = {}
    for each, audio in zip(decisions, audio_keys(decisions), strict=True):
        names: tuple[int | str, ...] = audio if each.id is None else (each.id,)
        for name in names:
            named.setdefault(name, []).append(each)
    keys = sorted(name for name in named if isinstance(name, int))
    ids = [name for name in named if isinstance(name, str)]
    lines = [column.name for column in LINE_OF.values()]
    same_audio = AUDIO_KEY.expr.is_in(pl.Series(np.array(keys, np.uint64)).implode())
    plan = scan(records).select(AUDIO_KEY.name, record_id(), *lines)
    rows = plan.filter(same_audio | pl.col("id").is_in(ids)).collect() if named else pl.DataFrame()
    for key, id, *line_numbers in rows.iter_rows():
        for each in (*named.get(key, ()), *named.get(id, ())):
            yield each, dict(zip(LINE_OF, line_numbers, strict=True))
