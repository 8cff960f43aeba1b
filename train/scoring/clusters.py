"""Which rows of an evaluation are drawn together when its intervals are made."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import polars as pl

from curate.statistics.bootstrap import FEWEST, Clusters
from curate.text.ids import SPEAKER_FIELDS, canonical_ids
from train.data.rows import Row


def clusters_of(rows: Sequence[Row]) -> Clusters:
    """Speakers where they are known, else recordings; utterances where those are too few.

    A row without a speaker is of its recording's cluster, and so is one whose speaker is a
    placeholder such as `unknown`: thousands of rows of "nobody" are not one person.
    """
    audio = [f"audio {row.audio}" for row in rows]
    speakers = _speakers(rows)
    if any(speaker is not None for speaker in speakers):
        pairs = zip(speakers, audio, strict=True)
        names = [a if s is None else f"speaker {s}" for s, a in pairs]
        clusters = Clusters.named("speaker", names)
        if clusters.count >= FEWEST:
            return clusters
    clusters = Clusters.named("recording", audio)
    return clusters if clusters.count >= FEWEST else Clusters("utterance", np.arange(len(rows)))


def _speakers(rows: Sequence[Row]) -> list[str | None]:
    """The speaker of each row in one spelling, as splits compare them; None for nobody."""
    speakers = pl.Series([None] * len(rows), dtype=pl.String)
    for field in SPEAKER_FIELDS:
        values = [row.fields.get(field) for row in rows]
        texts = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
        ids = canonical_ids(pl.Series(texts, dtype=pl.String))
        speakers = pl.select(pl.coalesce(speakers, ids)).to_series()
    return speakers.to_list()
