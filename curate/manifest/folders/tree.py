"""The files below a folder: audio, and what may hold its texts."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePosixPath

from curate.errors import InputError
from curate.manifest.audio_suffix import AUDIO_SUFFIXES
from curate.manifest.readable_twins import without_twins

_SUFFIXES = frozenset(AUDIO_SUFFIXES)
_COMPRESSED = frozenset({"gz", "zst"})


@dataclass(frozen=True)
class Tree:
    """Names below `root`, relative to it, sorted by their bytes: `audio` by suffix, and `others`.

    Hidden names are left out. A directory that symlinks lead to several times, or into itself, is
    read once; a symlink that leads nowhere is a name like others. A compressed file (.gz, .zst) has
    the name of its content, unless a file of that name is there; `packed` has its own. `twins` is
    audio that is passed over, since a file of its name beside it is read without ffmpeg.
    """

    root: str
    audio: tuple[str, ...]
    others: tuple[str, ...]
    packed: Mapping[str, str] = field(default_factory=dict)
    twins: tuple[str, ...] = ()

    @classmethod
    def read(cls, root: str) -> Tree:
        """Read the directory; InputError where it, or one below it, cannot be listed."""
        names = sorted(walk(root), key=os.fsencode)
        others = [name for name in names if not is_audio(name)]
        packed = _packed(others)
        of_content = {own: name for name, own in packed.items()}
        audio, twins = without_twins([name for name in names if is_audio(name)])
        return cls(root, audio, tuple(of_content.get(name, name) for name in others), packed, twins)

    def path(self, name: str) -> str:
        """Where a name is."""
        return f"{self.root}/{self.packed.get(name, name)}"

    def of_names(self, paths: Collection[str]) -> Tree:
        """The same with only those of its other files that have these paths."""
        names = (name for name in self.others if self.path(name) in paths)
        return replace(self, others=tuple(names))

    @cached_property
    def suffixes(self) -> frozenset[str]:
        """Suffixes of the files that are no audio, in lower case."""
        return frozenset(PurePosixPath(name.lower()).suffix for name in self.others)


def _packed(names: Sequence[str]) -> Mapping[str, str]:
    """By the name of its content, each compressed file whose content is not there too."""
    there = set(names)
    packed: dict[str, str] = {}
    for name in names:
        content, dot, suffix = name.rpartition(".")
        if dot and suffix.lower() in _COMPRESSED and content not in there and not is_audio(content):
            packed.setdefault(content, name)
    return packed


def is_audio(name: str) -> bool:
    """Whether a name ends as those of audio do."""
    return name[name.rfind(".") :].lower() in _SUFFIXES


def has_audio(root: str) -> bool:
    """Whether any file below the directory is named as audio is."""
    return any(is_audio(name) for name in walk(root))


def walk(root: str) -> Iterator[str]:
    """Names of files below the directory, in the order of the disk; each directory once."""
    waiting, seen = [""], set[tuple[int, int]]()
    while waiting:
        folder = waiting.pop()
        try:
            status = os.stat(f"{root}/{folder}")  # noqa: PTH116 - one call
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(f"{root}/{folder}") as entries:
                inside = [(entry.name, _is_folder(entry)) for entry in entries]
        except OSError as error:
            raise InputError.of(f"{root}/{folder}", f"cannot be listed: {error.strerror}") from None
        below = [f"{folder}{name}/" for name, is_folder in inside if is_folder and name[0] != "."]
        waiting.extend(sorted(below, key=os.fsencode, reverse=True))
        yield from (f"{folder}{name}" for name, is_dir in inside if not is_dir and name[0] != ".")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a symlink in a circle
        return False


def is_regular(path: str) -> bool:
    """Whether a path leads to a regular file."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - for each of millions
    except (OSError, ValueError):
        return False
