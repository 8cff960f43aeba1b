"""Recordings identified by the bytes of their files: `--audio-identity content`.

By default two files are two recordings (curate.manifest.audio_files). With content identity,
files with the same bytes are one, whatever their names and folders. Only files that share their
size are read. The same audio in other bytes (another tag, another format) is another recording.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from curate.artifacts.columns import RECORDING_KEY
from curate.audio.faults import Unusable
from curate.audio.paths import open_audio, refuse_name
from curate.errors import ConfigError, parameter
from curate.errors.nearest import nearest
from curate.files.state import FileState, state_of
from curate.formatting.units import plural
from curate.manifest.audio_files import Bases
from curate.splits.written_manifests import PATH

BY_PATH, BY_CONTENT = "path", "content"

Files = Mapping[int, str | None]
"""By recording key the path of its file; None where there is no such file."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a comparison by content covers: files that records name, those among them whose bytes
    another one has, and those that could not be read, which are distinguished by their paths.
    """

    files: int
    same: int
    unread: int

    def __str__(self) -> str:
        text = f"by content, {self.same:,} of {self.files:,} files have the bytes of another"
        text += " (the same audio in other bytes is not looked for)"
        if not self.unread:
            return text
        return f"{text}; NOT CHECKED: {plural(self.unread, 'file')} that cannot be read"


def is_by_content(identity: str) -> bool:
    """Whether recordings are compared by content; ConfigError for what is no identity."""
    if identity in (BY_PATH, BY_CONTENT):
        return identity == BY_CONTENT
    near = nearest(identity, (BY_PATH, BY_CONTENT))
    meant = f"did you mean '{near}'? " if near else ""
    what = f"{identity!r} is neither path nor content"
    raise ConfigError.of(parameter("audio_identity"), what, f"{meant}name one")


def files_of(rows: pl.DataFrame, bases_at: Callable[[int], Bases]) -> Files:
    """The file of each recording of these rows, which have PATH; `bases_at` takes a row's number
    and says where its relative path begins.
    """
    named = rows.select(RECORDING_KEY.name, PATH).with_row_index("row").drop_nulls()
    firsts = named.unique(RECORDING_KEY.name, keep="first", maintain_order=True)
    return {key: _file(name, bases_at(row)) for row, key, name in firsts.iter_rows()}


def _file(name: str, bases: Bases) -> str | None:
    try:
        refuse_name(name)
    except Unusable:
        return None
    if name.startswith("~"):
        name = os.path.expanduser(name)  # noqa: PTH111
    paths = (os.path.join(base, name) for base in bases)  # noqa: PTH118
    return next((path for path in paths if os.path.isfile(path)), None)  # noqa: PTH113


def by_content(rows: pl.DataFrame, files: Files) -> tuple[pl.DataFrame, Contents]:
    """The rows with one recording key for all files of the same bytes: the least of their keys."""
    groups, unread = _groups(files)
    first = {key: min(group) for group in groups for key in group if len(group) > 1}
    key = RECORDING_KEY.expr.replace(first) if first else RECORDING_KEY.expr
    contents = Contents(len(files), len(first), unread)
    return rows.with_columns(key.alias(RECORDING_KEY.name)), contents


def _groups(files: Files) -> tuple[list[list[int]], int]:
    """Keys of files with the same bytes, and how many files could not be read."""
    sizes: dict[int, dict[tuple[int, int], list[int]]] = defaultdict(lambda: defaultdict(list))
    unread = 0
    for key, path in files.items():
        status = None if path is None else _stat(path)
        if status is None:
            unread += 1
            continue
        sizes[status.st_size][status.st_dev, status.st_ino].append(key)
    groups = []
    for inodes in sizes.values():
        if len(inodes) == 1:  # of this size there is one file, by one name or several
            groups += list(inodes.values())
            continue
        alike, failed = _by_digest(inodes.values(), files)
        groups += alike
        unread += failed
    return groups, unread


def _by_digest(inodes: Iterable[list[int]], files: Files) -> tuple[list[list[int]], int]:
    alike: dict[bytes, list[int]] = defaultdict(list)
    failed = 0
    for keys in inodes:
        path = files[keys[0]]
        status = None if path is None else _stat(path)
        digest = None if path is None or status is None else _digest(path, state_of(status))
        if digest is None:
            failed += len(keys)
        else:
            alike[digest] += keys
    return list(alike.values()), failed


def _stat(path: str) -> os.stat_result | None:
    """What the disk says of a file that holds something."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return status if status.st_size else None


@lru_cache(1 << 20)
def _digest(path: str, state: FileState) -> bytes | None:
    """Hash of a file's bytes; None where they cannot be read. Reused for an unchanged file."""
    try:
        with open_audio(path) as descriptor, open(descriptor, "rb", closefd=False) as file:
            return hashlib.file_digest(file, "blake2b").digest()
    except (OSError, Unusable):
        return None
