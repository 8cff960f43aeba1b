"""Audio paths of a manifest as they read from another folder."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from curate.manifest.audio_files import FROM_WORKING_FOLDER, Bases, bases_of, is_address
from curate.manifest.origin import COMMAND, Origin, is_archived, is_command


class MovedPaths:
    """The paths of one origin, to be written into a manifest in the folder `into`.

    A path below `into` is relative to it, any other one that was relative is absolute, and so is
    each where `into` is None. Absolute paths, addresses and commands stay as they are, and so do
    names in an archive.
    """

    def __init__(self, origin: Origin, into: Path | None, root: Path | None = None) -> None:
        self._bases: Bases = bases_of(origin, root)
        self._into = None if into is None else os.path.realpath(into)
        self._is_archived = is_archived(origin)
        self._must_exist = origin.format in FROM_WORKING_FOLDER

    @property
    def all_stay(self) -> bool:
        """Whether relative paths begin at the same folder before and after."""
        is_same = self._bases[0] == self._into and not self._must_exist
        return is_same or self._is_archived

    def moved(self, path: str) -> str:
        """The path as it is written there."""
        if is_address(path) or is_command(path) or path.startswith(("/", "~", COMMAND)):
            return os.path.expanduser(path) if self._into is None else path  # noqa: PTH111
        head, _, name = path.rpartition("/")
        if not self._must_exist:
            return f"{_folder(head, self._bases, self._into)}{name}"
        for base in self._bases:
            if os.path.lexists(os.path.join(base, path)):  # noqa: PTH118 - no path object a row
                return f"{_folder(head, (base,), self._into)}{name}"
        return path  # an id, or what is not on this machine


@lru_cache(1 << 16)
def _folder(head: str, bases: Bases, into: str | None) -> str:
    """A folder of audio as the other manifest names it, with a slash; the folder `into` is ""."""
    places = [os.path.normpath(os.path.join(base, head)) for base in bases]  # noqa: PTH118
    place = next((each for each in places if Path(each).is_dir()), places[0])
    if into is None:
        return f"{place}/"
    if place == into:
        return ""
    return place.removeprefix(f"{into}/") + "/" if place.startswith(f"{into}/") else f"{place}/"
