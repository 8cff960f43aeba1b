"""The data of a run: a directory of `curate shard`, opened by its index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.shard_index import read_index as read_any_index
from curate.errors import InputError


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
        raise InputError.of(path, "lists no shard: nothing to train on")
    return ShardSet(folder, index)
