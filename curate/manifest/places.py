"""Rows of canonical lines, put back to where their records are in the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import BYTE_LENGTH, BYTE_OFFSET, LANG, LINE, MALFORMED, SPEAKER, TASK
from curate.artifacts.frames import Clips
from curate.manifest.nemo import Batch
from curate.manifest.origin import Portion
from curate.text.ids import canonical_id


def in_original_places(
    clips: Clips, batches: Sequence[Batch], portions: Sequence[Portion]
) -> tuple[Clips, list[Batch]]:
    """Both with the original's lines, places, blank lines, digest and reasons; the portions are all
    converted, or all native.

    Line numbers are then the file's own, so `lines` is 0. Native portions stay as they are.
    """
    places = [portion.places for portion in portions if portion.places is not None]
    if not places:
        return clips, list(batches)
    frame = clips.frame
    line = np.concatenate([each.line for each in places])
    assert frame.height == line.size, "a canonical line is one record"
    frame = frame.with_columns(
        pl.Series(LINE.name, line),
        pl.Series(BYTE_OFFSET.name, np.concatenate([each.byte_offset for each in places])),
        pl.Series(BYTE_LENGTH.name, np.concatenate([each.byte_length for each in places])),
        _with_reasons(frame[MALFORMED.name], portions, [each.line.size for each in places]),
    )
    original = [
        batch._replace(
            lines=0,
            blank_lines=portion.blank_lines,
            blank_bytes=portion.blank_bytes,
            digest=portion.digest,
        )
        for batch, portion in zip(batches, portions, strict=True)
    ]
    return replace(clips, frame=frame), original


def _with_reasons(
    reasons: pl.Series, portions: Sequence[Portion], heights: Sequence[int]
) -> pl.Series:
    """The reasons with those that the portions' formats give; `heights` are their rows."""
    given = {
        before + row: reason
        for portion, before in zip(portions, accumulate(heights, initial=0), strict=False)
        for row, reason in portion.reasons.items()
    }
    if not given:
        return reasons
    return reasons.scatter(np.fromiter(given, np.int64), list(given.values()))  # type: ignore[arg-type,unused-ignore]


def with_fields(clips: Clips, added: Mapping[str, str], extra_fields: Sequence[str]) -> Clips:
    """Clips whose well-formed rows carry these fields, whatever they say themselves.

    `target_lang` and `source_lang` become the language only of rows that declare none.
    """
    if not added:
        return clips
    good = MALFORMED.expr.is_null()
    values = {**added, SPEAKER.name: canonical_id(added.get(SPEAKER.name))}
    columns = [
        pl.when(good).then(pl.lit(values[name], pl.String())).otherwise(pl.col(name)).alias(name)
        for name in (LANG.name, SPEAKER.name, TASK.name, *extra_fields)
        if name in added
    ]
    spare = added.get("target_lang", added.get("source_lang"))
    if LANG.name not in added and spare is not None:
        columns.append(
            pl.when(good & LANG.expr.is_null())
            .then(pl.lit(spare))
            .otherwise(LANG.expr)
            .alias(LANG.name)
        )
    return replace(
        clips,
        frame=clips.frame.with_columns(columns),
        translation=_translation(clips, added),
        languages=None,
    )


def _translation(clips: Clips, added: Mapping[str, str]) -> npt.NDArray[np.bool_] | None:
    """Whether the texts are translations, where the added fields name both languages."""
    if not {"source_lang", "target_lang"} <= added.keys():
        return clips.translation
    return np.full(clips.frame.height, added["source_lang"] != added["target_lang"])
