"""Rows whose audio file is missing from a folder that holds audio: no records of a new manifest.

A folder that is not there, or holds no audio, is on another machine: nobody knows what it lacks.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from curate.files.unicode_forms import form_on_disk
from curate.manifest.audio_files import FROM_WORKING_FOLDER, bases_of, is_address
from curate.manifest.audio_suffix import lacks_suffix
from curate.manifest.headers import NO_FILE
from curate.manifest.origin import COMMAND, Origin, is_archived, is_command
from curate.manifest.spool import is_local

_FORMATS = frozenset(
    {"table", "common_voice", "fleurs", "xlsx", "parquet", "arrow", "kaldi", "nemo_mapped"}
)
"""Formats of rows that name audio: NeMo's own lines stay, and others look for audio themselves."""


class MissingFiles:
    """The audio files that rows of an origin name and that are missing; `root` is where relative
    paths begin, if named.
    """

    def __init__(self, origin: Origin, root: Path | None) -> None:
        self.is_checked = (
            origin.format in _FORMATS and is_local(origin.name) and not is_archived(origin)
        )
        self._bases = bases_of(origin, root)
        self._has_ids = origin.format in FROM_WORKING_FOLDER
        self._there: dict[str, frozenset[str]] = {}

    def reason(self, path: str) -> str | None:
        """Why a row of this path is no record; None where its file is there, or where its folder is
        not, or holds no audio.
        """
        if not self.is_checked:
            return None
        head, _, last = path.rpartition("/")
        if last in self._there.get(head, ()):  # as most are, of millions
            return None
        if (self._has_ids and "/" not in path) or not _is_file(path):
            return None
        places = [path] if path[:1] == "/" else [f"{base}/{path}" for base in self._bases]
        holds_audio = False
        for place in places:
            above, _, name = place.rpartition("/")
            folder = _listed(above or "/")
            if name in folder.names:
                self._there[head] = folder.names
                return None
            holds_audio |= folder.holds_audio
        if not holds_audio or any(map(_is_there, places)):
            return None
        return f"{NO_FILE}: {path}"


class _Listed(NamedTuple):
    """The names in a folder, and whether an audio file is among them; none of what is no folder."""

    names: frozenset[str]
    holds_audio: bool


@lru_cache(1 << 12)
def _listed(folder: str) -> _Listed:
    try:
        names = frozenset(os.listdir(folder))  # noqa: PTH208 - names, not paths
    except (OSError, ValueError):  # it is not there, or may not be listed
        return _Listed(frozenset(), False)
    return _Listed(names, not all(map(lacks_suffix, names)))


def look_anew() -> None:
    """Forget what folders held."""
    _listed.cache_clear()


def _is_file(path: str) -> bool:
    is_other = is_address(path) or is_command(path) or path.startswith((COMMAND, "~"))
    return bool(path) and "\0" not in path and not is_other


def _is_there(place: str) -> bool:
    return os.path.lexists(place) or form_on_disk(place) is not None
