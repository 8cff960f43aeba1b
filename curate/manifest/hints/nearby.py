"""Where audio is whose paths lead to no file: below a folder beside the input, by its names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from curate.errors.typed import OptionWords
from curate.files.unicode_forms import form_on_disk
from curate.manifest.audio_files import is_address, is_windows_path
from curate.manifest.audio_suffix import suffix_of

_LOOKED_AT = 20
"""Paths that are looked for."""
_FOLDERS = 200
"""Folders in which they are."""
_BESIDE = frozenset({
    "audio", "audios", "clips", "data", "media", "recordings", "sound", "sounds", "speech", "wav",
    "wavs", "waves", "flac", "mp3", "aufnahmen", "ton", "enregistrements", "sons", "grabaciones",
})  # fmt: skip
"""Names of folders beside that of the input which are looked into: others are of other corpora."""


class Moved(NamedTuple):
    """What paths begin with, and the folder that stands for it here."""

    old: str
    new: str


def are_there(paths: Sequence[str], folder: str) -> bool:
    """Whether any of the first paths leads to a file from the folder or the working folder."""
    return any(_is_there(base, path) for path in paths[:_LOOKED_AT] for base in (folder, "."))


def audio_root_near(paths: Sequence[str], folder: str) -> str | None:
    """The folder below or beside `folder` from which most of the first paths, which are relative,
    lead to a file; None where none does.
    """
    first = [path for path in paths[:_LOOKED_AT] if not _is_placed(path)]
    hits = {each: sum(_is_there(each, path) for path in first) for each in _folders(folder)}
    best = max(hits, key=lambda each: hits[each], default=None)
    return best if best is not None and hits[best] else None


def placed_near(paths: Sequence[str], folder: str) -> OptionWords | None:
    """The option by which paths that lead to no file from `folder` lead to one near it; None where
    none does.
    """
    if (root := audio_root_near(paths, folder)) is not None:
        return "--audio-root", os.path.normpath(root)
    moved = moved_near(paths, folder) or renamed_near(paths, folder)
    return None if moved is None else ("--path-map", f"{moved.old}={moved.new}")


def renamed_near(paths: Sequence[str], folder: str) -> Moved | None:
    """The first directories of a relative path, and what they are called in `folder`: by another
    name, or by the same in upper and lower case.
    """
    path = next((path for path in paths[:_LOOKED_AT] if not _is_placed(path)), "")
    parts = path.split("/")
    for at in range(len(parts) - 1, 0, -1):
        own, rest = "/".join(parts[:at]), "/".join(parts[at:])
        same_letters = _in_other_case(folder, parts[:at])
        others = [os.path.relpath(each, folder) for each in _folders(folder)] if at == 1 else []
        for other in (*same_letters, *others):
            if other != own and _is_there(os.path.join(folder, other), rest):  # noqa: PTH118
                return Moved(own, other)
    return None


def _in_other_case(folder: str, parts: Sequence[str]) -> list[str]:
    """The directories in a folder that have these names but for upper and lower case."""
    directories = [""]
    for part in parts:
        directories = [
            os.path.join(above, os.path.basename(each))  # noqa: PTH118, PTH119
            for above in directories
            for each in _inside(os.path.join(folder, above))  # noqa: PTH118
            if os.path.basename(each).casefold() == part.casefold()  # noqa: PTH119
        ]
    return directories


def moved_near(paths: Sequence[str], folder: str) -> Moved | None:
    """What the first of the paths that is absolute, or of another machine, begins with, and the
    folder near `folder` in which the rest of it is there; None where no rest is.
    """
    path = next((path for path in paths[:_LOOKED_AT] if _is_placed(path)), None)
    if path is None:
        return None
    cuts = [at for at, letter in enumerate(path) if letter in "/\\" and 0 < at < len(path) - 1]
    for at in cuts:
        rest = path[at + 1 :].replace("\\", "/")
        for each in (folder, *_folders(folder)):
            if _is_there(each, rest):
                return Moved(path[:at], os.path.realpath(each))
    return None


def _is_placed(path: str) -> bool:
    """Whether a path does not begin at the input's folder."""
    return path.startswith(("/", "~")) or is_windows_path(path) or is_address(path)


def _is_there(folder: str, path: str) -> bool:
    full = os.path.join(folder, path)  # noqa: PTH118 - a path may be anything that people write
    if "\0" in full:
        return False
    is_there = os.path.lexists(full) or form_on_disk(full) is not None
    return is_there or suffix_of([path], [folder]) is not None


def _folders(folder: str) -> list[str]:
    """The folders in a folder, then those of audio beside it, without hidden ones."""
    own = os.path.realpath(folder)
    of_audio = [each for each in _inside(os.path.dirname(own), _BESIDE) if each != own]  # noqa: PTH120
    return [*_inside(folder)[:_FOLDERS], *of_audio]


def _inside(folder: str, named: frozenset[str] = frozenset()) -> Sequence[str]:
    """The folders in a folder, sorted, without hidden ones; of these names only, where there are
    some.
    """
    try:
        state = os.stat(folder)  # noqa: PTH116
        return _listed(folder, named, (state.st_dev, state.st_ino, state.st_mtime_ns))
    except OSError:  # a folder that may not be listed holds no audio that could be read
        return ()


@lru_cache(maxsize=4)
def _listed(folder: str, named: frozenset[str], _state: tuple[int, ...]) -> Sequence[str]:
    """What `_inside` gives: a thousand manifests of one folder would each list it."""
    with os.scandir(folder) as entries:
        paths = [
            each.path
            for each in entries
            if each.name[0] != "." and (not named or each.name.lower() in named) and each.is_dir()
        ]
    return tuple(sorted(paths))
