"""A warning where audio paths of an input lead out of its folder."""

from __future__ import annotations

import os.path

from curate.errors import parameter
from curate.manifest.audio_files import is_address
from curate.manifest.origin import Origin, is_archived, is_command
from curate.manifest.strict import parse_line

_MARKS = (b"..", b"u002")
"""One is in each line whose path has `..` in it, as it is or escaped."""


class OutsidePaths:
    """Counts the relative paths of an input that lead out of where they begin, by their `..`.

    A few among others are slips, or an attempt to have files read that are none of the corpus;
    where all do, the corpus may be laid out so, and moves only as a whole.
    """

    def __init__(self, origin: Origin) -> None:
        self._name = origin.name
        self._is_archived = is_archived(origin)
        self._lines = self._outside = 0
        self._first = ""

    def add(self, line: bytes) -> None:
        """Count a NeMo line as it is read."""
        self._lines += 1
        if self._is_archived or not any(mark in line for mark in _MARKS):
            return
        name = str(parse_line(line)["audio_filepath"])
        if name.startswith(("/", "~")) or is_address(name) or is_command(name):
            return
        if os.path.normpath(name).split("/", 1)[0] == "..":
            self._first = self._first or name
            self._outside += 1

    def warning(self) -> str | None:
        """What to report of the input; None where nothing is odd."""
        if not self._outside:
            return None
        leading = f"{self._outside:,} of {self._lines:,} audio paths lead out of the folder"
        hint = f"{parameter('allow_root')} DIR, of curate profile and shard, opens none outside DIR"
        return f"{self._name}: {leading} ({self._first}); {hint}"
