"""The files inside a .nemo archive, on their way into another one.

NeMo's `save_to` writes the model's configuration, its weights and the artifacts that the model has
registered. All else that the original holds (a timestamps model with its tokenizers, notes) would
be lost, so it is carried over.
"""

from __future__ import annotations

import tarfile
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from curate.errors import InputError
from curate.nemo.archive import NEMO_FILE, Archive, artifact_name, member_name


def artifacts_of(config: Any) -> set[str]:
    """The paths of the archive's files that a configuration names (`nemo:...`)."""
    return {artifact_name(text) for text in _texts(config) if text.startswith(NEMO_FILE)}


def _texts(config: Any) -> Iterator[str]:
    if isinstance(config, str):
        yield config
    elif isinstance(config, Mapping | list):
        for value in config.values() if isinstance(config, Mapping) else config:
            yield from _texts(value)


def carried_members(
    archive: Archive, config: Mapping[str, Any], written: Collection[str]
) -> list[str]:
    """The files of `archive` that belong into a new one, beside those already `written`.

    An artifact that only the old configuration named, and neither `config` nor another one inside,
    was replaced in training: it is left out.
    """
    named = artifacts_of(config).union(*map(artifacts_of, archive.other_configs.values()))
    replaced = artifacts_of(archive.config) - named
    return [name for name in archive.files if name not in replaced and name not in written]


def copy_members(archive: Archive, names: Collection[str], into: tarfile.TarFile) -> None:
    """Copy files of `archive` byte for byte, in pieces; InputError where one is not as it was."""
    left = set(names)
    with tarfile.open(archive.path, "r:*") as tar:
        for member in tar:
            name = member_name(member)
            if name in left and member.size == archive.files[name]:
                into.addfile(member, tar.extractfile(member))
                left.remove(name)
    if left:
        what = f"holds no {min(left)!r} as it was when it was opened"
        raise InputError.of(archive.path, what)
