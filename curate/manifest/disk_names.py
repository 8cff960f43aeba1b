"""Audio paths in the Unicode form that their names have on disk: NFC and NFD are one name."""

from __future__ import annotations

import os
from pathlib import Path

from curate.files.unicode_forms import form_on_disk
from curate.formatting.units import plural
from curate.manifest.audio_files import is_address
from curate.manifest.origin import COMMAND, Origin, is_archived, is_command


class DiskNames:
    """The audio paths of one origin, to be written into a manifest in the folder `into` (absolute
    paths where it is None), as the disk has them; counts those that are there in another form only.

    A path that exists as it stands never changes, nor does a name in an archive, an address or a
    command.
    """

    def __init__(self, origin: Origin, into: Path | None) -> None:
        self._name = origin.name
        self._into = os.path.abspath(into or "/")  # noqa: PTH100 - symlinks keep their names
        self._is_archived = is_archived(origin)
        self._changed = 0
        self._first = ""

    def may_change(self, line: bytes) -> bool:
        """Whether the audio path of a NeMo line, or of several, may hold more than ASCII."""
        return not self._is_archived and not (line.isascii() and b"\\u" not in line)

    def on_disk(self, path: str) -> str:
        """The path as it is written there."""
        if path.isascii() or self._is_archived or is_address(path) or is_command(path):
            return path
        if path.startswith(COMMAND) or os.path.lexists(path):  # NeMo's second place: working folder
            return path
        full = os.path.expanduser(path) if path[0] == "~" else os.path.join(self._into, path)  # noqa: PTH111, PTH118
        there = form_on_disk(full)
        if there is None:
            return path
        self._changed += 1
        self._first = self._first or path
        return there if path[0] == "~" else there[len(there) - _length_of_tail(there, path) :]

    def warning(self) -> str | None:
        """What to report of the origin; None where no path changed."""
        if not self._changed:
            return None
        paths = plural(self._changed, "audio path")
        what = "written in the Unicode form of their names on disk"
        return f"{self._name}: {paths} {what} ({self._first}): NFC and NFD are one name"


def _length_of_tail(whole: str, path: str) -> int:
    """The length of as many last parts of a path as another one has."""
    parts = path.count("/") + 1
    return len("/".join(whole.split("/")[-parts:]))
