"""What a run draws from: one directory of shards, or a blend of several and of their strata.

The share of a source is of the hours that are drawn. Without a blend a directory is drawn as it
is, each recording once an epoch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from curate.artifacts.shard_index import Shard, ShardIndex
from curate.artifacts.shard_index import read_index as read_any_index
from curate.errors import InputError
from train.config import RunConfig

AS_THE_HOURS = 1e-5
"""Shares nearer than this to those of the hours count as equal: shards.json rounds weights."""

ALL = ""
"""The name of what is drawn where nothing is blended."""


@dataclass(frozen=True, slots=True)
class ShardSet:
    """Shards for training, as their index lists them."""

    folder: Path
    index: ShardIndex

    @property
    def train(self) -> Path:
        """The directory of the shards."""
        return self.folder / "train"

    @property
    def validation(self) -> Path:
        """The manifest to validate on; absent where the index lists none."""
        listed = self.index.manifests.get("eval")
        return self.folder / (listed.file if listed else "eval.jsonl")


@dataclass(frozen=True, slots=True)
class Source:
    """A stratum of a directory, and its share of the hours drawn, (0, 1]."""

    name: str
    shards: ShardSet
    stratum: tuple[str, ...]
    hours: float
    share: float

    @property
    def files(self) -> tuple[Shard, ...]:
        """The shards of the stratum."""
        return tuple(each for each in self.shards.index.shards if each.stratum == self.stratum)

    def paths(self, kind: str) -> list[str]:
        """Absolute paths of the stratum's files of a kind, `cuts` or `recording`."""
        folder = self.shards.folder.absolute()
        return [str(shard.paths(folder)[kind]) for shard in self.files]


@dataclass(frozen=True, slots=True)
class Blend:
    """The directories that a run reads, the main one first, and its sources.

    `sources` is empty where one directory is drawn as it is.
    """

    sets: tuple[ShardSet, ...]
    sources: tuple[Source, ...] = ()

    @property
    def main(self) -> ShardSet:
        """The directory whose manifests the run validates on."""
        return self.sets[0]

    @property
    def cuts(self) -> int:
        """Cuts in all directories."""
        return sum(each.index.cuts for each in self.sets)

    @property
    def hours(self) -> float:
        """Hours in all directories."""
        return sum(each.index.hours for each in self.sets)

    @property
    def sha256(self) -> str:
        """What names the content of all shards, in their order."""
        sums = (sorted(shard.sha256.items()) for _, shard in self.shards())
        return hashlib.sha256(repr([*sums]).encode()).hexdigest()

    def shards(self) -> Iterator[tuple[Path, Shard]]:
        """Every shard with its directory."""
        for each in self.sets:
            yield from ((each.folder, shard) for shard in each.index.shards)


def open_shards(folder: Path) -> ShardSet:
    """The shards in a directory; InputError where there are none to train on.

    Only the index is read; `train.data.check` reads the rest.
    """
    index = read_any_index(folder)
    path = folder / ShardIndex.file
    if index.format != "shar":
        hint = "write them with `curate shard --format shar`"
        raise InputError.of(path, f"lists shards of format {index.format}; a run reads shar", hint)
    if not index.shards:
        hint = "see why in its ledger.json, and in that of the split"
        raise InputError.of(path, "lists no shard: nothing to train on", hint)
    return ShardSet(folder, index)


def open_blend(run: RunConfig) -> Blend:
    """Open the directories that a run names; InputError where one holds no shards to train on."""
    blend = run.blend
    main = [open_shards(folder) for folder in (run.data, *blend.also)]
    replayed = [(open_shards(Path(folder)), share) for folder, share in blend.replay.items()]
    rest = 1 - sum(share for _, share in replayed)
    sources = _shared(_strata(main), rest, blend.temperature)
    for shards, share in replayed:
        sources += _shared(_strata([shards]), share, blend.temperature)
    sets = (*main, *(shards for shards, _ in replayed))
    if len(sets) == 1 and _is_as_the_hours(sources):
        return Blend(sets)
    return Blend(sets, tuple(_named(sources)))


def _strata(sets: Sequence[ShardSet]) -> list[Source]:
    """The strata of several directories, with the shares of `curate shard --temperature`.

    A directory counts by its hours.
    """
    whole = sum(each.index.hours for each in sets)
    return [
        Source(
            name="/".join(filter(None, stratum.stratum)),
            shards=each,
            stratum=stratum.stratum,
            hours=stratum.hours,
            share=stratum.weight * each.index.hours / whole,
        )
        for each in sets
        for stratum in each.index.strata
    ]


def _shared(sources: Sequence[Source], share: float, temperature: float | None) -> list[Source]:
    """The sources with `share` among them; a temperature draws by hours to its power."""
    weights = [
        source.share if temperature is None else source.hours**temperature for source in sources
    ]
    return [
        replace(source, share=share * weight / sum(weights))
        for source, weight in zip(sources, weights, strict=True)
    ]


def _is_as_the_hours(sources: Sequence[Source]) -> bool:
    whole = sum(source.hours for source in sources)
    return all(abs(each.share - each.hours / whole) < AS_THE_HOURS for each in sources)


def _named(sources: Sequence[Source]) -> Iterator[Source]:
    """Names that differ: the stratum, with its directory where there are several."""
    several = len({source.shards.folder for source in sources}) > 1
    for source in sources:
        folder = str(source.shards.folder)
        parts = [folder, source.name] if several else [source.name]
        yield replace(source, name=" ".join(filter(None, parts)) or folder)
