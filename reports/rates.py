"""Which rate an evaluation leads with: that of rows which the model was not trained on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from reports.format import percent, plural
from train.artifacts.wer import Rates, Slice, Wer

HALLUCINATIONS = "hallucinations"
"""The place on a page that lists records with hallucinations."""
_PREFERRED = (("test",), ("eval", "dev", "val", "valid", "validation"))
_TRAINING = ("train", "training")


class Lead(NamedTuple):
    """Rates, and the clusters that their interval is drawn from.

    `manifest` names the one that they are of, empty for all; `seen` are the manifests that the
    model was trained on, and `by_name` that only their names say so.
    """

    rates: Rates
    clusters: int
    manifest: str
    seen: Sequence[Slice]
    others: Sequence[Slice]
    by_name: bool


def lead_of(wer: Wer) -> Lead:
    """The test manifest where training data was evaluated too, else everything."""
    parts = [part for part in wer.by.get("manifest", ()) if part.value]
    by_name = not wer.trained_on
    seen = [part for part in parts if _is_training(wer, part)]
    unseen = [part for part in parts if part not in seen]
    if not seen or not unseen:
        return Lead(wer.overall, wer.interval.clusters, "", seen, (), by_name)
    first = min(unseen, key=_rank)
    others = [part for part in unseen if part is not first]
    return Lead(first, first.clusters, short_name(wer, first.value), seen, others, by_name)


def short_name(wer: Wer, manifest: str | None) -> str:
    """The file's name of a manifest, where no other one has it, else its path."""
    names = [PurePath(part.value or "").name for part in wer.by.get("manifest", ())]
    name = PurePath(manifest or "").name
    return name if names.count(name) == 1 else manifest or "—"


def interval_of(rates: Rates, clusters: int, unit: str) -> str:
    """The bootstrap interval of the rate to name, else why there is none; empty where every draw
    has the same rate.
    """
    rate, low, high = rates.named
    if rate is None or (low is not None and low == high):
        return ""
    if low is None or high is None:
        return f"too few for an interval: {plural(clusters, unit)}"
    return f"95 % CI {percent(low).removesuffix(' %')} to {percent(high).removesuffix(' %')} %"


def _is_training(wer: Wer, part: Slice) -> bool:
    if wer.trained_on:
        return part.value in wer.trained_on
    return bool(_words(part) & set(_TRAINING))


def _words(part: Slice) -> set[str]:
    return set(re.split(r"[^a-z]+", PurePath(part.value or "").name.lower()))


def _rank(part: Slice) -> tuple[int, int]:
    words = _words(part)
    ranks = [at for at, names in enumerate(_PREFERRED) if words & set(names)]
    return (min(ranks, default=len(_PREFERRED)), -part.ref_words)
