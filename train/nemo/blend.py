"""A blend of shards as a data type of NeMo's: cuts are drawn so that the hours keep their shares.

NeMo's own weights choose a source for each cut, so a source of long cuts gets more hours than its
weight, and what the duration filter leaves out counts as drawn. Here the source that is furthest
behind its share of hours comes next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lhotse import CutSet
from nemo.collections.common.data.lhotse.cutset import data_type_parser

from train.recipe import BLEND

SOURCE = "blend_source"
"""The custom field of a cut that names its source."""

CUT_ID = "source_cut_id"
"""The custom field with the id of a cut before augmentation, which gives it another."""


class BlendedCuts:
    """Endless cuts of endless streams, `shares` of the hours from each.

    Cuts outside `durations_s` are passed on uncounted: NeMo filters them out.
    """

    def __init__(
        self,
        names: Sequence[str],
        streams: Sequence[CutSet],
        shares: Sequence[float],
        durations_s: tuple[float, float],
    ) -> None:
        self._names = tuple(names)
        self._streams = tuple(streams)
        self._shares = tuple(shares)
        self._durations_s = durations_s

    def __iter__(self) -> Iterator[Any]:
        streams = [iter(stream) for stream in self._streams]
        drawn = [0.0] * len(streams)
        shortest, longest = self._durations_s
        while True:
            number = min(range(len(drawn)), key=lambda n: drawn[n] / self._shares[n])
            cut = next(streams[number])
            if shortest <= cut.duration <= longest:
                drawn[number] += cut.duration
            setattr(cut, SOURCE, self._names[number])
            setattr(cut, CUT_ID, cut.id)
            yield cut


def read_blend(config: Any) -> tuple[CutSet, bool]:
    """The cuts of `sources`: name, share, and a `folder` of shards or their files, `cuts` and
    `recording`.

    The second value tells NeMo that the data is read in order, as from tar files.
    """
    sources = list(config.sources)
    blended = BlendedCuts(
        [source.name for source in sources],
        [_stream(source, config) for source in sources],
        [source.share for source in sources],
        (config.min_duration, config.max_duration),
    )
    return CutSet(blended), True


def _stream(source: Any, config: Any) -> CutSet:
    """One source without end, its shards in another order each time."""
    where: dict[str, Any] = (
        {"in_dir": source.folder}
        if "folder" in source
        else {"fields": {kind: list(source[kind]) for kind in ("cuts", "recording")}}
    )
    if config.get("metadata_only") and "fields" in where:
        del where["fields"]["recording"]
    cuts = CutSet.from_shar(**where, shuffle_shards=True, seed=config.shard_seed)
    return cuts.repeat(preserve_id=True)


data_type_parser(BLEND)(read_blend)
