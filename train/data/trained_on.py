"""Which manifests hold the data that a model was trained on, by its own configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_PATHS = ("shar_path", "manifest_filepath")
TRAIN = "train.jsonl"
"""What `curate shard` writes beside the shards in train/: their records."""


def trained_on(config: Mapping[str, object], manifests: Sequence[Path]) -> tuple[str, ...]:
    """The manifests that `train_ds` of a model's configuration names, or whose shards it names.

    Paths are resolved in the working directory; one of another machine names none of these.
    """
    named = {Path(path).resolve() for path in _paths(config.get("train_ds"))}
    return tuple(
        str(path)
        for path in manifests
        if path.resolve() in named
        or (path.name == TRAIN and path.resolve().with_suffix("") in named)
    )


def _paths(value: object, *, is_path: bool = False) -> Iterator[str]:
    """Every text under a key of `_PATHS`, however deep in lists with weights."""
    if isinstance(value, str):
        yield from [value] if is_path else ()
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _paths(each, is_path=key in _PATHS)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _paths(each, is_path=is_path)
