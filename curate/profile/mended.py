"""People's decisions in a profile: rows measured again for them, and what became of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from curate.columns import (
    AUDIO_KEY,
    BYTE_LENGTH,
    BYTE_OFFSET,
    LINE,
    OVERRIDE,
    SOURCE,
    TEXT_FIX,
)
from curate.manifest.chunks import Chunk
from curate.manifest.lines import fetch_lines
from curate.manifest.nemo import read_batch
from curate.manifest.places import with_fields
from curate.metrics.measure import Settings
from curate.overrides import Decision, Overrides
from curate.overrides.identity import audio_keys
from curate.profile.reuse import Kept
from curate.profile.source import Source

NAMED = 20
"""Decisions that are named, at most, of those that found no record."""
_PLACE = (LINE.name, BYTE_OFFSET.name, BYTE_LENGTH.name)
_WHICH = [SOURCE.name, LINE.name]
_AT = "at"


def kept_rows(
    old: Kept,
    sources: Sequence[Source],
    overrides: Overrides,
    settings: Settings,
    fields: Sequence[str],
) -> Iterator[pl.DataFrame]:
    """The rows of kept sources, in order, marked by today's decisions.

    Those whose text was mended when the profile was made, or is to be now, are measured again by
    their lines; the others as they are.
    """
    again = _measured_again(old, sources, overrides, settings, fields)
    for rows in old.rows(sources):
        marked = overrides.mark(rows)
        if again.height:
            places = rows.select(*_WHICH).with_row_index(_AT)
            here = again.join(places, on=_WHICH, how="inner")
            kept = marked.with_row_index(_AT).join(here.select(_AT), on=_AT, how="anti")
            marked = pl.concat([kept.select(here.columns), here]).sort(_AT).drop(_AT)
        yield marked


def _measured_again(
    old: Kept,
    sources: Sequence[Source],
    overrides: Overrides,
    settings: Settings,
    fields: Sequence[str],
) -> pl.DataFrame:
    frames = [
        rows.filter(rows[TEXT_FIX.name].is_not_null() | overrides.mends(rows)).select(
            SOURCE.name, *_PLACE
        )
        for rows in old.rows(sources)
    ]
    found = {source.name: source for source in sources}
    places = pl.concat(frames) if frames else pl.DataFrame()
    if not places.height:
        return pl.DataFrame()
    return pl.concat(
        _measured_lines(
            found[part[SOURCE.name][0]], part.select(*_PLACE), overrides, settings, fields
        )
        for part in places.partition_by(SOURCE.name, maintain_order=True)
    )


def _measured_lines(
    source: Source,
    places: pl.DataFrame,
    overrides: Overrides,
    settings: Settings,
    fields: Sequence[str],
) -> pl.DataFrame:
    wanted = list(zip(places[BYTE_OFFSET.name], places[BYTE_LENGTH.name], strict=True))
    lines = fetch_lines(source.origin, wanted)
    chunk = Chunk(source.name, 0, b"\n".join(lines[place] for place in wanted))
    clips = with_fields(read_batch(chunk, fields), source.origin.added, fields)
    measured = overrides.measure(clips, settings)
    assert measured.height == places.height, "a line is one record, as it was"
    return measured.with_columns(places.get_columns())


def told(records: Path, overrides: Overrides) -> Mapping[str, object] | None:
    """What became of the decisions, for profile.json; None where no log was named.

    `unmatched` found no record, `stale` found one that has changed since.
    """
    if overrides.log is None:
        return None
    rows = _rows_by_line(records)
    idle = [each for each in overrides.standing.decisions if each.line not in rows]
    found = _candidates(records, idle)
    later = [each for each in idle if found[each.line] > each.line]
    stale = [each for each in idle if found[each.line] == 0]
    unmatched = [each for each in idle if found[each.line] < 0]
    by: dict[str, int] = {}
    for each in overrides.standing.decisions:
        by[each.decision] = by.get(each.decision, 0) + rows.get(each.line, 0)
    return {
        "file": overrides.log.name,
        "sha256": overrides.log.sha256,
        "decisions": len(overrides.standing.decisions),
        "rows": sum(rows.values()),
        "rows_by_decision": by,
        "superseded": overrides.standing.superseded + len(later),
        "undone": overrides.standing.undone,
        "unmatched": _named(unmatched, overrides),
        "stale": _named(stale, overrides),
    }


def warnings_of(found: Mapping[str, object] | None) -> list[str]:
    """What people must hear of decisions that were not followed."""
    if found is None:
        return []
    said = {
        "unmatched": "found no record of these manifests",
        "stale": "found a record that has changed since; it was left alone",
    }
    warned = []
    for key, what in said.items():
        those: Mapping[str, object] = found[key]  # type: ignore[assignment]
        if count := those["count"]:
            example = those["examples"][0]  # type: ignore[index]
            plural = "decision" if count == 1 else "decisions"
            warned.append(f"{count:,} {plural} of {found['file']} {what}, such as {example}")
    return warned


def _named(decisions: Sequence[Decision], overrides: Overrides) -> Mapping[str, object]:
    assert overrides.log is not None
    named = [f"{overrides.log.name}:{each.line} ({each.record})" for each in decisions[:NAMED]]
    return {"count": len(decisions), "examples": named}


def _rows_by_line(records: Path) -> dict[int, int]:
    counted = (
        pl.scan_parquet(records)
        .filter(OVERRIDE.expr.is_not_null())
        .group_by(OVERRIDE.name)
        .agg(pl.len())
        .collect()
    )
    return dict(counted.rows())


def _candidates(records: Path, decisions: Sequence[Decision]) -> dict[int, int]:
    """For each decision that decided no row: the line of the later one that decided a row of its
    record, 0 where its record is there but has changed, -1 where there is none.
    """
    found = dict.fromkeys((each.line for each in decisions), -1)
    keys = {
        key: each.line
        for each, both in zip(decisions, audio_keys(decisions), strict=True)
        for key in (both if each.id is None else ())
    }
    ids = {each.id: each.line for each in decisions if each.id is not None}
    if not decisions:
        return found
    wanted = pl.Series(np.array(sorted(keys), np.uint64)).implode()
    named = pl.concat_str(SOURCE.expr, pl.lit(":"), LINE.expr.cast(pl.String))
    plan = pl.scan_parquet(records).select(AUDIO_KEY.name, OVERRIDE.name, named.alias("id"))
    rows = plan.filter(AUDIO_KEY.expr.is_in(wanted) | pl.col("id").is_in(list(ids))).collect()
    for key, override, id in rows.iter_rows():
        for line in (keys.get(key), ids.get(id)):
            if line is not None:
                found[line] = max(found[line], override or 0)
    return {line: at if at == -1 or at > line else 0 for line, at in found.items()}
