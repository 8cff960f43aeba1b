"""What an input looks like from outside: its first bytes, or the names in its folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from curate.errors import InputError
from curate.manifest.chunks import open_manifest, read_head
from curate.manifest.origin import Origin, Portion
from curate.manifest.spool import is_local
from curate.manifest.strict import Malformed, Record, parse_line


@dataclass(frozen=True)
class Look:
    """One named input. `folder` holds the names in a directory, and is None for a file; `fields`
    maps the names of records' fields to those of its own, where the user gave them; `audio_root`
    is where relative audio paths begin, if not at the input's folder.
    """

    name: str
    folder: frozenset[str] | None
    fields: Mapping[str, str] = field(default_factory=dict)
    audio_root: str | None = None

    @classmethod
    def at(
        cls, name: str, fields: Mapping[str, str] | None = None, audio_root: str | None = None
    ) -> Look:
        """Look at an input; InputError where there is none or it is no file or directory."""
        if is_local(name) and os.path.isdir(name):  # noqa: PTH112 - "" is no folder
            names = frozenset(os.listdir(name))  # noqa: PTH208 - names, not paths
            return cls(name, names, fields or {}, audio_root)
        os.close(open_manifest(name))
        return cls(name, None, fields or {}, audio_root)

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB of a file's content; empty for a directory."""
        return b"" if self.folder is not None else read_head(self.name)

    @cached_property
    def first(self) -> Record:
        """The first JSON object among the first lines; empty where there is none."""
        for line in self.head.split(b"\n")[:100]:
            try:
                return parse_line(line)
            except Malformed:
                continue
        return {}

    @cached_property
    def header(self) -> str:
        """The first line as text."""
        return self.head.split(b"\n", 1)[0].decode(errors="replace").rstrip("\r")

    def beside(self, *names: str) -> str | None:
        """The first of these names that is in the same folder, plain or compressed."""
        folder = Path(self.name) if self.folder is not None else Path(self.name).parent
        for name in names:
            for ending in ("", ".gz", ".zst"):
                if is_local(self.name) and (folder / (name + ending)).is_file():
                    return str(folder / (name + ending))
        return None


RowPlace = tuple[int, tuple[int, int]]
"""A record that is looked up: its line, its byte offset and its length."""


class Format(NamedTuple):
    """A shape that records come in.

    `sniff` tells it from outside; `find` gives its files of records, faults raised as InputError;
    `read` their portions, and `read_rows`, where a format can, those of some records only, of files
    that are not compressed: each given by its line, ascending, and its place. `converted`: its
    records are no NeMo lines, so a split writes them as such; else a split copies the original
    lines. `extra_columns` are fields that become columns.
    """

    name: str
    what: str
    sniff: Callable[[Look], bool]
    find: Callable[[Look], list[Origin]]
    read: Callable[[Origin], Iterator[Portion]]
    read_rows: Callable[[Origin, Sequence[RowPlace]], Iterator[Portion]] | None = None
    converted: bool = True
    extra_columns: tuple[str, ...] = ()


def one_file(look: Look, format: str) -> Origin:
    """The origin of a format that is a single file; InputError for a directory."""
    if look.folder is not None:
        os.close(open_manifest(look.name))
        raise InputError.of(look.name, "is a directory")
    return Origin(look.name, format)
