"""Rows of canonical lines, put back to where their records are in the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import BYTE_LENGTH, BYTE_OFFSET, LANG, LINE, MALFORMED, SPEAKER, TASK
from curate.artifacts.frames import Clips
from curate.manifest.nemo import Batch
from curate.manifest.origin import Portion
from curate.text.ids import canonical_id


def in_original_places(clips: Clips, batch: Batch, portion: Portion) -> tuple[Clips, Batch]:
    """Both with the original's lines, places, blank lines, digest and reasons.

    Line numbers are then the file's own, so `lines` is 0. A native portion stays as it is.
    """
    places = portion.places
    if places is None:
        return clips, batch
    frame = clips.frame
    assert frame.height == places.line.size, "a canonical line is one record"
    reasons = frame[MALFORMED.name]
    if portion.reasons:
        rows = np.fromiter(portion.reasons, np.int64)
        reasons = reasons.scatter(rows, list(portion.reasons.values()))  # type: ignore[arg-type,unused-ignore]
    frame = frame.with_columns(
        pl.Series(LINE.name, places.line),
        pl.Series(BYTE_OFFSET.name, places.byte_offset),
        pl.Series(BYTE_LENGTH.name, places.byte_length),
        reasons.alias(MALFORMED.name),
    )
    original = replace(
        batch,
        lines=0,
        blank_lines=portion.blank_lines,
        blank_bytes=portion.blank_bytes,
        digest=portion.digest,
    )
    return replace(clips, frame=frame), original


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
        clips, frame=clips.frame.with_columns(columns), translation=_translation(clips, added)
    )


def _translation(clips: Clips, added: Mapping[str, str]) -> npt.NDArray[np.bool_] | None:
    """Whether the texts are translations, where the added fields name both languages."""
    if not {"source_lang", "target_lang"} <= added.keys():
        return clips.translation
    return np.full(clips.frame.height, added["source_lang"] != added["target_lang"])
