"""Audio that only ffmpeg reads, so that its length is not known, and the warning about folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from curate.formatting.units import plural
from curate.manifest.captions.audio import FOLDER
from curate.manifest.headers import NOT_MEASURED
from curate.manifest.hints.conversion import conversion
from curate.manifest.origin import FOLDER_FORMAT, Origin
from curate.nemo.ffmpeg_kinds import CONVERT

_MOST = 1000
"""Files by whose folders the command is made."""


class NeedsFfmpeg:
    """Rows that hold no record because only ffmpeg reads their audio."""

    def __init__(self) -> None:
        self._rows = Counter[str]()
        self._files: dict[str, list[str]] = {}
        self._paths: dict[str, list[str]] = {}

    def add(self, origin: Origin, reason: str) -> None:
        """Count a row that is none for this reason, which ends with the name of its audio."""
        if not reason.startswith(NOT_MEASURED):
            return
        _, is_for_ffmpeg, name = reason.partition(f"{CONVERT}): ")
        if is_for_ffmpeg and origin.format != FOLDER_FORMAT:
            paths = self._paths.setdefault(origin.name, [])
            paths += [name] * (len(paths) < _MOST)
        elif is_for_ffmpeg:
            root = origin.beside.get(FOLDER, (origin.name,))[0]
            self._rows[origin.name] += 1
            files = self._files.setdefault(origin.name, [])
            if len(files) < _MOST:
                files.append(str(Path(root) / name))

    def paths_of(self, origin: Origin) -> list[str]:
        """The first audio paths of such rows of an input that is no folder."""
        return self._paths.get(origin.name, [])

    def warnings(self) -> list[str]:
        """A warning for each folder, with the command that converts its files."""
        return [_warning(name, rows, self._files[name]) for name, rows in self._rows.items()]


def _warning(folder: str, rows: int, files: Sequence[str]) -> str:
    command = conversion(files)
    what = f"{plural(rows, 'row')} hold{'s' * (rows == 1)} no record, since only ffmpeg reads"
    instead = "a FLAC of the same name beside each is read instead"
    return f"{folder}: {what} the audio; {instead}: {command}"
