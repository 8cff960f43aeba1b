"""How far audio is looked into, and which columns that fills. None of what decodes audio: most
profiles analyse none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from curate.artifacts.columns import DESCRIBED_BY
from curate.metrics import METRICS

if TYPE_CHECKING:
    import polars as pl

    from curate.audio.analyse import Depth
    from curate.metrics.measure import Settings
    from curate.profiles.measure.source import Source

AUDIO_CACHE = "audio_cache.parquet"
"""Results of audio analysis, beside the records."""

GROUPS_OF: Mapping[Depth, frozenset[str]] = {
    "header": frozenset({"audio"}),
    "signal": frozenset({"audio", "signal"}),
    "vad": frozenset({"audio", "signal", "vad"}),
}
"""The groups of metrics that each depth fills."""

Progress = Callable[[int, int], None]
"""Called with how many files are done, of how many."""


def depth_for(groups: frozenset[str]) -> Depth:
    """How far one must look to fill these groups (of GROUPS_OF)."""
    return next(depth for depth, filled in GROUPS_OF.items() if groups <= filled)


def values_of(groups: frozenset[str]) -> Mapping[str, pl.DataType]:
    """The columns of the records that audio analysis fills for these groups, with their types."""
    described = {
        column.name: column.dtype
        for group in GROUPS_OF["vad"] & groups
        for column in DESCRIBED_BY.get(group, ())
    }
    measured = {m.name: m.dtype for m in METRICS if m.group in groups & GROUPS_OF["vad"]}
    return {**described, **measured}


class AudioScan(NamedTuple):
    """What audio analysis needs beside the records: the manifests, the options, and tables of
    results of earlier profiles.
    """

    sources: Sequence[Source]
    settings: Settings
    known: Sequence[Path] = ()
    threads: int | None = None
    on_progress: Progress = lambda done, files: None

    @property
    def depth(self) -> Depth:
        """How deep the requested groups read: header, or samples."""
        return depth_for(self.groups)

    @property
    def groups(self) -> frozenset[str]:
        """The groups of metrics that need the audio."""
        return self.settings.groups & GROUPS_OF["vad"]

    def folder(self, source: Source) -> Path:
        """Where the relative audio paths of a manifest begin."""
        return self.settings.audio.root or Path(source.folder)
