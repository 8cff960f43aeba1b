"""What Lhotse itself reads from a shard: the last word on whether training will see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from curate.environment.extras import require
from curate.errors import Fault
from curate.shards.readback import ShardRead

SAMPLED = 8
"""Recordings of a shard that are decoded where not all are."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """Which recordings of a shard are decoded: `none`, a `sample` of 8, or `all`."""

    of: str = "sample"

    def rows(self, count: int) -> frozenset[int]:
        """The row numbers to decode, spread over the shard, its first and last among them."""
        number = {"none": 0, "sample": min(SAMPLED, count), "all": count}[self.of]
        if number <= 1:
            return frozenset(range(min(number, count)))
        return frozenset(round(at * (count - 1) / (number - 1)) for at in range(number))


def read_with_lhotse(
    paths: Mapping[str, Path], expected: ShardRead, decoding: Decoding
) -> list[Fault]:
    """Faults where Lhotse reads other cuts than are there, or cannot decode one."""
    lhotse = require("lhotse", "reading shards")
    fields = {kind: [str(path)] for kind, path in paths.items()}
    chosen = decoding.rows(len(expected.ids))
    ids: list[str] = []
    where = str(paths["cuts"])
    try:
        for at, cut in enumerate(lhotse.CutSet.from_shar(fields=fields)):
            ids.append(cut.id)
            if at in chosen:
                _decode(cut)
    except Exception as error:  # whatever it is, Lhotse cannot read the shard
        what = f"Lhotse cannot read it: {type(error).__name__}: {_short(error)}"
        return [Fault(where, f"{what} (cut {len(ids)}: {ids[-1] if ids else 'none'})")]
    if ids != list(expected.ids):
        return [Fault(where, f"Lhotse reads {len(ids)} cuts of {len(expected.ids)}, or others")]
    return []


def _decode(cut: Any) -> None:
    if not cut.has_recording:
        return
    samples = cut.load_audio()
    if samples.shape[-1] != cut.num_samples:
        raise ValueError(f"{cut.id} decodes to {samples.shape[-1]} samples of {cut.num_samples}")
    if not np.isfinite(samples).all():
        raise ValueError(f"{cut.id} decodes to samples that are not finite")


def _short(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
