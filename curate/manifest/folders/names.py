"""Which audio file of a folder a transcript means, by a path, a name, or a stem."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from unicodedata import normalize

from curate.manifest.folders.tree import is_audio
from curate.manifest.strict import Malformed

MISSING = "the audio that it names is not in the folder"
SEVERAL = "several audio files have the name that it gives"
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def spelled(name: str) -> str:
    """The name in NFC, so that it matches in either form."""
    return name if name.isascii() else normalize("NFC", name)


@dataclass(frozen=True, slots=True)
class AudioNames:
    """The audio files of a folder, by path, and by the last part of it without its suffix."""

    by_path: Mapping[str, str]
    by_stem: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, names: Sequence[str]) -> AudioNames:
        """Those of these relative names."""
        by_stem: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            by_stem[stem(spelled(name))].append(name)
        return cls({spelled(name): name for name in names}, dict(by_stem))

    def find(self, written: str, near: str, inside: str = "") -> str:
        """The file that `written` means in a transcript of the directory `near` ("" or "a/").

        A path is one from there or from the folder's root; else its directories must agree with
        those of the file as far as both have any, so that paths of another machine are read. A name
        without a suffix of audio, or with another one than the file, is taken by its stem. Of
        several files the nearest is taken, of those whose names begin with `inside`. Malformed
        where none, or several as near, are meant.
        """
        key = _plain(written)
        for folder in (near, ""):
            path = posixpath.normpath(folder + key)
            if path in self.by_path and path.startswith(inside):
                return self.by_path[path]
        if posixpath.normpath(near + key).startswith("..") or "\0" in key:
            raise Malformed(f"the path of its audio leads out of the folder ({written[:80]})")
        alike = self._candidates(posixpath.normpath(key))
        candidates = [name for name in alike if name.startswith(inside)]
        if not candidates:
            raise Malformed(f"{MISSING} ({written[:80]})")
        return _nearest(candidates, key, near)

    def _candidates(self, key: str) -> Sequence[str]:
        folders = directory_parts(key)
        alike = [
            name
            for name in self.by_stem.get(stem(key), ())
            if _agree(directory_parts(spelled(name)), folders)
        ]
        same = [name for name in alike if _last(spelled(name)) == _last(key)]
        return same or alike


def _plain(written: str) -> str:
    """A path as it is compared: in NFC, with slashes, from wherever the root of it was."""
    key = spelled(written)
    if "\\" in key and (_DRIVE.match(key) or "/" not in key):
        key = key.replace("\\", "/")
    return re.sub(r"^(?:[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*:/)?/+", "", key)


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def stem(path: str) -> str:
    """The last part of a path without its suffix, where that is one of audio."""
    last = _last(path)
    return last[: last.rindex(".")] if is_audio(last) else last


def directory(name: str) -> str:
    """The directory of a name with a slash behind it, or ""."""
    return name[: name.rfind("/") + 1]


def directory_parts(path: str) -> list[str]:
    """The parts of its directory."""
    return path.split("/")[:-1]


def _agree(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether the shorter of two lists of directories ends the longer one."""
    size = min(len(some), len(others))
    return not size or list(some[-size:]) == list(others[-size:])


def _nearest(candidates: Sequence[str], written: str, near: str) -> str:
    """The file that shares most directories with what is written, then with its transcript."""
    if len(candidates) == 1:
        return candidates[0]

    def closeness(name: str) -> tuple[int, int]:
        own = directory_parts(name)
        alike = (a == b for a, b in zip(own, directory_parts(near), strict=False))
        return min(len(own), len(directory_parts(written))), len(list(takewhile(bool, alike)))

    best = max(map(closeness, candidates))
    nearest = [name for name in candidates if closeness(name) == best]
    if len(nearest) > 1:
        raise Malformed(f"{SEVERAL} ({', '.join(nearest[:3])})")
    return nearest[0]
