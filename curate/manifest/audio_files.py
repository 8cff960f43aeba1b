"""Which file an audio path means, whatever its spelling: RECORDING_KEY, and a segment's key.

Relative paths begin at the manifest's folder (Kaldi's and Lhotse's at the working folder). `.`,
`..` and symlinks are resolved as the disk has them; NFC and NFD are one, and so are upper and lower
case where the disk ignores it. Directories are listed once each, files are not opened: a symlink is
known from its directory's list. What is not on this machine is compared by its normalised path.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import numpy as np
import polars as pl

from curate.arrays import Bools, Bytes, Int64s, UInt64s
from curate.artifacts.columns import AUDIO_CHANNEL, OFFSET_S, RECORDING_KEY
from curate.manifest.absent_folders import Folders, cut, keys_of_absent
from curate.manifest.folder_keys import FolderKeys, PathParts
from curate.manifest.origin import Origin, home_of
from curate.manifest.syntax import STRING
from curate.manifest.values import Interner, combine, hash_spans

Bases = tuple[str, ...]
"""Folders at which relative paths may begin; the first where their own folder is counts."""

FROM_WORKING_FOLDER = frozenset({"kaldi", "lhotse_cuts", "lhotse_supervisions", "lhotse_shar"})
"""Formats whose relative paths (and ids of recordings without a path) begin there."""
MOST_LISTED = 100_000
"""Entries of a directory that are looked through for a first symlink."""
_SYSTEM = ("/proc/", "/sys/", "/dev/")
"""Folders of the system's own, which are not searched."""
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/|[A-Za-z]:\\|\\\\")


def bases_of(origin: Origin, root: Path | None = None) -> Bases:
    """Where the relative paths of an origin begin; `root` (--audio-root) stands above all."""
    if root is not None:
        return (os.path.realpath(root),)
    own, working = home_of(origin), os.getcwd()  # noqa: PTH109
    return (working, own) if origin.format in FROM_WORKING_FOLDER else (own, working)


def is_address(path: str) -> bool:
    """Whether a path names a scheme, such as s3://, or a Windows drive."""
    return _ADDRESS.match(path) is not None


def is_windows_path(name: str) -> bool:
    """Whether a path begins with a drive or a share of Windows."""
    return _WINDOWS.match(name) is not None


def segment_key() -> pl.Expr:
    """Identity of a row's segment: its file, offset (none being 0) and channel; null without a
    file.
    """
    place = pl.struct(RECORDING_KEY.name, OFFSET_S.name, AUDIO_CHANNEL.name)
    keys = place.map_batches(_segment_keys, return_dtype=pl.UInt64(), is_elementwise=True)
    return keys.alias("segment_key")


def _segment_keys(rows: pl.Series) -> pl.Series:
    frame = rows.struct.unnest()
    files = frame[RECORDING_KEY.name]
    offsets = frame[OFFSET_S.name].fill_null(0.0).to_numpy() + 0.0  # -0.0 is 0.0
    channels = frame[AUDIO_CHANNEL.name].cast(pl.Float64).fill_null(-1.0).to_numpy()
    keys = pl.Series(combine(combine(files.fill_null(0).to_numpy(), offsets), channels))
    return keys.zip_with(files.is_not_null(), keys.clear(keys.len()))


def keys_of_paths(paths: pl.Series, of: Int64s, bases: Sequence[Bases]) -> UInt64s:
    """Keys of path strings, each relative to one of `bases`; 0 for null."""
    texts = [(path or "").encode() for path in paths]
    length = np.array([len(text) for text in texts], np.int64)
    data = np.frombuffer(b"".join(texts), np.uint8)
    keys = recording_keys(data, np.cumsum(length) - length, length, of, bases)
    keys[paths.is_null().to_numpy()] = 0
    return keys


def recording_keys(
    data: Bytes,
    start: Int64s,
    length: Int64s,
    of: Int64s,
    bases: Sequence[Bases],
    parts: PathParts | None = None,
) -> UInt64s:
    """A 64-bit key of the file that each path means; `of` says which bases are a row's. `parts` are
    those of the paths, where they are known.
    """
    of_bases = np.array([_key("\0".join(each)) for each in bases], np.uint64)
    begins = np.full(of.size, of_bases[0]) if of_bases.size == 1 else of_bases[of]
    keys, rows = _FOLDERS.find(parts or PathParts.of(data, start, length), begins)
    if rows.size:
        keys[rows] = _look_up(data, start[rows], length[rows], of[rows], bases, begins[rows])
    return keys


_FOLDERS = FolderKeys()


def folders_of_paths(data: Bytes, start: Int64s, length: Int64s) -> set[str]:
    """What paths have up to their last slash, each once."""
    head, wide = np.zeros(start.size, np.int64), np.zeros(start.size, np.bool_)
    cut(data, start, length, head, wide)
    hashes = hash_spans(data, np.full(start.size, STRING, np.uint8), start, head)
    first = np.unique(hashes, return_index=True)[1]
    return set(_texts(data, start, head, first))


def _look_up(
    data: Bytes,
    start: Int64s,
    length: Int64s,
    of: Int64s,
    bases: Sequence[Bases],
    begins: UInt64s,
) -> UInt64s:
    """The keys, by the disk; what follows from their directories is remembered."""
    head, wide = np.zeros(start.size, np.int64), np.zeros(start.size, np.bool_)
    cut(data, start, length, head, wide)
    plain = np.full(start.size, STRING, np.uint8)
    interner = Interner()
    codes = interner.codes(data, plain, start, head).astype(np.int64)
    names = hash_spans(data, plain, start + head, length - head)
    rows = np.flatnonzero(wide)
    names[rows] = _name_keys(_texts(data, start + head, length - head, rows), False)
    pairs = of * interner.size + codes
    first, own = np.unique(pairs, return_index=True, return_inverse=True)[1:]
    known, regular, others = _known_folders(data, start[first], head[first], of[first], bases)
    keys = _joined(known[own], names)
    for at, folder in others.items():
        mine = np.flatnonzero(own == at)
        its_names = names[mine]
        if folder.ignores_case:
            its_names = _name_keys(_texts(data, start + head, length - head, mine), True)
        keys[mine] = folder.keys(its_names)
    places = hash_spans(data, plain[first], start[first], head[first]) ^ begins[first]
    _FOLDERS.remember(places[regular], known[regular])
    return keys


def _known_folders(
    data: Bytes, start: Int64s, length: Int64s, of: Int64s, bases: Sequence[Bases]
) -> tuple[UInt64s, Bools, dict[int, _Folder]]:
    """The keys of directories that paths begin with; whether the keys of all files in a directory
    follow from its key, and those directories of which they do not.
    """
    keys, is_regular = np.zeros(start.size, np.uint64), np.zeros(start.size, np.bool_)
    below = Folders.of(data, start, length)
    rows, keys_below = keys_of_absent(below, of, lambda above, base: _absent(above, bases[base]))
    keys[rows], is_regular[rows] = keys_below, True
    rows = np.flatnonzero(~is_regular)
    others: dict[int, _Folder] = {}
    for row, written in zip(rows.tolist(), _texts(data, start, length, rows), strict=True):
        folder = _folder(written, bases[of[row]])
        keys[row] = folder.key
        if folder.ignores_case or folder.links is not None:
            others[row] = folder
        else:
            is_regular[row] = True
    return keys, is_regular, others


def _texts(data: Bytes, start: Int64s, length: Int64s, rows: Int64s) -> list[str]:
    return [data[start[at] : start[at] + length[at]].tobytes().decode() for at in rows.tolist()]


def _name_keys(names: Sequence[str], fold: bool) -> UInt64s:
    texts = [_spelled(name, fold).encode(errors="surrogateescape") for name in names]
    length = np.array([len(text) for text in texts], np.int64)
    data = np.frombuffer(b"".join(texts), np.uint8)
    kind = np.full(length.size, STRING, np.uint8)
    return hash_spans(data, kind, np.cumsum(length) - length, length)


def _spelled(name: str, fold: bool) -> str:
    name = name if name.isascii() else normalize("NFC", name)
    return name.casefold() if fold else name


class _Folder(NamedTuple):
    """A directory of audio: the key of its real path, and its files that are symlinks by the keys
    of their names, sorted, with the keys of what they lead to.
    """

    key: int
    ignores_case: bool = False
    links: UInt64s | None = None
    targets: UInt64s | None = None

    def keys(self, names: UInt64s) -> UInt64s:
        """Keys of files in it by the keys of their names."""
        keys = _joined(np.full(names.size, self.key, np.uint64), names)
        if self.links is not None and self.targets is not None:
            at = np.searchsorted(self.links, names).clip(0, self.links.size - 1)
            keys = np.where(self.links[at] == names, self.targets[at], keys)
        return keys


def _joined(folders: UInt64s, names: UInt64s) -> UInt64s:
    with np.errstate(over="ignore"):
        mixed = (names ^ folders) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x94D049BB133111EB) ^ folders
    joined: UInt64s = mixed ^ (mixed >> np.uint64(32))
    return joined


@lru_cache(1 << 16)
def _folder(written: str, bases: Bases) -> _Folder:
    """The directory that paths begin with, as written up to the last slash."""
    if is_address(written):
        return _Folder(_key(written))
    if written.startswith("~"):
        written = os.path.expanduser(written)  # noqa: PTH111
    place = _real(bases[0] + "/" + written if written[:1] != "/" else written)
    first = written.partition("/")[0]
    for base in bases[1:] if not place.exists and first else ():
        if _real(f"{base}/{first}").exists and (other := _real(f"{base}/{written}")).exists:
            place = other
            break
    return _listed(place.disk, place.spelled) if place.exists else _Folder(_key(place.spelled))


def _absent(written: str, bases: Bases) -> str | None:
    """How the path of what is in a directory begins, as it is compared, if the directory is nowhere
    on the disk; None if it is, or if the disk does not decide.
    """
    if is_address(written) or written.startswith("~"):
        return None
    paths = [written] if written.startswith("/") else [f"{base}/{written}" for base in bases]
    places = [*map(_real, paths)]
    return None if any(place.exists for place in places) else f"{places[0].spelled}/"


class _Place(NamedTuple):
    """A directory without symlinks: its path on the disk, as it is compared, and if it is there."""

    disk: str
    spelled: str
    exists: bool


_ROOT = _Place("", "", True)


@lru_cache(1 << 16)
def _real(path: str) -> _Place:
    """The place of an absolute path, component by component as the disk resolves them."""
    above, _, name = path.rstrip("/").rpartition("/")
    if not name:
        return _ROOT
    up = _real(above)
    if name == ".":
        return up
    if name == "..":
        return _real(up.disk.rpartition("/")[0])
    if not up.exists or f"{up.disk}/".startswith(_SYSTEM):
        return _Place(f"{up.disk}/{name}", f"{up.spelled}/{_spelled(name, False)}", False)
    forms = () if name.isascii() else (normalize("NFC", name), normalize("NFD", name))
    for form in (name, *forms):
        full = f"{up.disk}/{form}"
        status = _lstat(full)
        if status is not None:
            return _place_of(full, f"{up.spelled}/", form, status)
    return _Place(f"{up.disk}/{name}", f"{up.spelled}/{_spelled(name, False)}", False)


def _place_of(path: str, above: str, name: str, status: os.stat_result) -> _Place:
    """The place of an entry that is there; of a symlink that of what it leads to."""
    if not stat.S_ISLNK(status.st_mode):
        is_folder = stat.S_ISDIR(status.st_mode)
        return _Place(path, above + _spelled(name, _is_same(path, status)), is_folder)
    to = os.path.realpath(path)
    there = _lstat(to)
    if there is None or stat.S_ISLNK(there.st_mode):  # it leads nowhere, or in a circle
        return _Place(path, above + _spelled(name, False), False)
    return _real(to)


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (OSError, ValueError):  # a NUL character, a name that is too long
        return None


def _is_same(path: str, status: os.stat_result) -> bool:
    """Whether the disk finds the same entry by a name in the other case."""
    above, name = os.path.split(path)
    other = None if name == name.swapcase() else _lstat(os.path.join(above, name.swapcase()))  # noqa: PTH118
    return other is not None and (other.st_dev, other.st_ino) == (status.st_dev, status.st_ino)


def _listed(disk: str, spelled: str) -> _Folder:
    """A directory that is there, its entries looked through for symlinks."""
    links: list[tuple[str, str]] = []
    ignores: bool | None = None
    try:
        with os.scandir(disk or "/") as entries:
            for number, entry in enumerate(entries):
                if entry.is_symlink():
                    links.append((entry.name, os.path.realpath(entry.path)))
                elif ignores is None and entry.name != entry.name.swapcase():
                    ignores = _is_same(entry.path, entry.stat(follow_symlinks=False))
                if number > MOST_LISTED and not links:
                    break
    except OSError:
        links = []
    fold = bool(ignores)
    if not links:
        return _Folder(_key(spelled), fold)
    names = _name_keys([name for name, _ in links], fold)
    heads = [_real(os.path.dirname(to)).spelled for _, to in links]  # noqa: PTH120
    tails = _name_keys([os.path.basename(to) for _, to in links], fold)  # noqa: PTH119
    order = np.argsort(names)
    targets = _joined(np.array([_key(head) for head in heads], np.uint64), tails)
    return _Folder(_key(spelled), fold, names[order], targets[order])


def look_anew() -> None:
    """Forget what the disk held: it may have changed since the last reading."""
    _FOLDERS.clear()
    _folder.cache_clear()
    _real.cache_clear()


def _key(text: str) -> int:
    digest = hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
