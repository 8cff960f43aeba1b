"""The warning about audio of a folder that only ffmpeg reads, so that its length is not known."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path

from curate.formatting.units import plural
from curate.manifest.captions.audio import FOLDER
from curate.manifest.headers import NOT_MEASURED
from curate.manifest.origin import FOLDER_FORMAT, Origin
from curate.nemo.ffmpeg_kinds import CONVERT


class NeedsFfmpeg:
    """Rows of folders that hold no record because only ffmpeg reads their audio."""

    def __init__(self) -> None:
        self._rows = Counter[str]()
        self._first: dict[str, str] = {}

    def add(self, origin: Origin, reason: str) -> None:
        """Count a row that is none for this reason, which ends with the name of its audio."""
        if origin.format != FOLDER_FORMAT or not reason.startswith(NOT_MEASURED):
            return
        _, is_for_ffmpeg, name = reason.partition(f"{CONVERT}): ")
        if is_for_ffmpeg:
            root = origin.beside.get(FOLDER, (origin.name,))[0]
            self._rows[origin.name] += 1
            self._first.setdefault(origin.name, str(Path(root) / name))

    def warnings(self) -> list[str]:
        """A warning for each folder, with the command for its first file."""
        return [_warning(name, rows, self._first[name]) for name, rows in self._rows.items()]


def _warning(folder: str, rows: int, audio: str) -> str:
    made = str(Path(audio).with_suffix(".flac"))
    command = shlex.join(["ffmpeg", "-i", audio, made])
    what = f"{plural(rows, 'row')} hold{'s' * (rows == 1)} no record, since only ffmpeg reads"
    instead = "a FLAC of the same name beside each is read instead"
    return f"{folder}: {what} the audio; {instead}: {command}"
