"""Which rows of an evaluation are drawn together when its intervals are made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curate.resample import FEWEST, Clusters
from train.rows import Row


def clusters_of(rows: Sequence[Row]) -> Clusters:
    """Speakers where they are known, else recordings; utterances where those are too few.

    A row without a speaker is of its recording's cluster.
    """
    audio = [f"audio {row.audio}" for row in rows]
    speakers = [row.fields.get("speaker") for row in rows]
    if any(speaker is not None for speaker in speakers):
        pairs = zip(speakers, audio, strict=True)
        names = [a if s is None else f"speaker {s}" for s, a in pairs]
        found = Clusters.named("speaker", names)
        if found.count >= FEWEST:
            return found
    found = Clusters.named("recording", audio)
    return found if found.count >= FEWEST else Clusters("utterance", np.arange(len(rows)))
