"""Audio files in the folders of a table's audio that no row of any input names."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from curate.arrays import Bytes, UInt64s
from curate.formatting.units import plural
from curate.manifest.audio_files import bases_of, folders_of_paths, keys_of_paths, recording_keys
from curate.manifest.folders.names import spelled
from curate.manifest.folders.tree import is_audio, walk
from curate.manifest.origin import Origin, home_of, is_archived
from curate.manifest.scan import scan
from curate.manifest.spool import is_local
from curate.manifest.values import unescape

AUDIO = "audio_filepath"
NO_ROW = "no row names the audio file"
"""Why an audio file beside a table is no record."""
_TABLES = frozenset({"table", "xlsx", "nemo_mapped", "parquet", "arrow"})
_PARTS = frozenset({"nemo"})
"""Formats of which one file often names a part of the audio: train, eval, test."""


@dataclass(slots=True)
class _Named:
    """What the rows of an origin name: the keys of files, and the folders they are in, as written.

    `refused` are rows that hold no record, in which a name may stand.
    """

    origin: Origin
    keys: list[UInt64s] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)


class NamedAudio:
    """The audio that the rows of inputs name; `root` is where relative paths begin, if named."""

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._named: dict[str, _Named] = {}

    def add(self, origin: Origin, data: bytes, refused: Collection[int]) -> None:
        """Add a portion of an origin, as NeMo lines of which some (by number) hold no record."""
        is_table = origin.format in _TABLES | _PARTS and is_local(origin.name)
        if not is_table or is_archived(origin):
            return
        named = self._named.setdefault(origin.name, _Named(origin))
        lines: Bytes = np.frombuffer(data, np.uint8)
        scanned = scan(lines, (AUDIO,))
        rows = np.flatnonzero(scanned.length[:, 0] > 0)
        start, length = (each[rows, 0].astype(np.int64) for each in (scanned.start, scanned.length))
        paths, start, length = unescape(lines, scanned.kind[rows, 0], start, length)
        pipe = ord("|")  # commands name no folder
        named_rows = (paths[start] != pipe) & (paths[start + length - 1] != pipe)
        start, length = start[named_rows], length[named_rows]
        of = np.zeros(start.size, np.int64)
        keys = recording_keys(paths, start, length, of, [bases_of(origin, self._root)])
        named.keys.append(keys)
        named.folders.update(folders_of_paths(paths, start, length))
        originals = data.split(b"\n") if refused else []
        named.refused += [originals[row].decode(errors="replace") for row in refused]

    def unnamed(self) -> Iterator[tuple[Origin, list[str], int]]:
        """For each input the audio files in its folders that no row names, and how many files its
        rows name.
        """
        if not self._named:
            return
        all_keys = _distinct([keys for each in self._named.values() for keys in each.keys])
        seen: set[str] = set()
        for each in self._named.values():
            names = [name for name in _audio_below(each, self._root) if name not in seen]
            seen.update(names)
            keys = keys_of_paths(
                pl.Series(names, dtype=pl.String), np.zeros(len(names), np.int64), [("/",)]
            )
            at = np.searchsorted(all_keys, keys).clip(0, max(all_keys.size - 1, 0))
            left = np.flatnonzero(all_keys[at] != keys).tolist() if all_keys.size else []
            refused = spelled("\n".join(each.refused))
            lost = sorted(n for n in (names[at] for at in left) if not _is_in(n, refused))
            yield each.origin, lost, _distinct(each.keys).size


def _distinct(keys: Sequence[UInt64s]) -> UInt64s:
    """Keys in order, each once: by sorting, which `np.unique` does not do in large arrays."""
    ordered = np.sort(np.concatenate(keys))
    return ordered[np.flatnonzero(np.diff(ordered, prepend=ordered[:1] + np.uint64(1)))]


def _is_in(name: str, refused: str) -> bool:
    """Whether a row that holds no record has the name of the file in it."""
    return bool(refused) and spelled(os.path.basename(name)) in refused  # noqa: PTH119


def _audio_below(named: _Named, root: Path | None) -> Iterator[str]:
    """Audio files in and below the folders of an origin's audio, as far as these are below its own
    folder, or the audio root; of that itself without the folders below, where audio is in it.
    """
    home = home_of(named.origin) if root is None else os.path.realpath(root)
    bases = bases_of(named.origin, root)
    places = {place for each in named.folders if (place := _place(each, bases)) is not None}
    inside = {place for place in places if place == home or place.startswith(f"{home}/")}
    if home in inside:
        with os.scandir(home) as entries:
            yield from (f"{home}/{e.name}" for e in entries if e.is_file() and _is_listed(e.name))
    below = sorted(inside - {home})
    common = os.path.commonpath(below) if below else home
    for top in [common] if common != home else _tops(below):
        yield from (f"{top}/{name}" for name in walk(top) if is_audio(name))


def _is_listed(name: str) -> bool:
    return is_audio(name) and not name.startswith(".")


def _place(folder: str, bases: Sequence[str]) -> str | None:
    """The folder on disk; None where there is none."""
    places = (os.path.realpath(os.path.join(base, folder)) for base in bases)  # noqa: PTH118
    return next((place for place in places if os.path.isdir(place)), None)  # noqa: PTH112


def _tops(folders: Sequence[str]) -> list[str]:
    """Sorted folders without those that are below another one."""
    tops: list[str] = []
    for folder in folders:
        if not tops or not folder.startswith(f"{tops[-1]}/"):
            tops.append(folder)
    return tops


def is_listed(origin: Origin, unnamed: Sequence[str], named: int) -> bool:
    """Whether such files are listed among the malformed lines: where the rows of a table name most
    of what is there. Else it is one of several, or of a part of the corpus.
    """
    return origin.format in _TABLES and len(unnamed) <= named


def unnamed_warning(origin: Origin, unnamed: Sequence[str]) -> str:
    """The warning about such files where they are not listed."""
    files = plural(len(unnamed), "audio file", "is/are")
    return f"{origin.name}: {files} in its folders and in no row ({_own_name(origin, unnamed[0])})"


def _own_name(origin: Origin, name: str) -> str:
    return name.removeprefix(f"{home_of(origin)}/")


def unnamed_line(origin: Origin, name: str) -> bytes:
    """A line about such a file in the file of malformed lines."""
    own = _own_name(origin, name)
    fields = {"source": origin.name, "reason": f"{NO_ROW} ({own})", "as_read": own}
    text = json.dumps(fields, ensure_ascii=False)
    return text.encode(errors="backslashreplace") + b"\n"
