"""A warning where none of the audio that an input names is there, and how to say where it is."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from curate.errors import parameter
from curate.formatting.units import plural
from curate.manifest.audio_files import FROM_WORKING_FOLDER, is_address
from curate.manifest.origin import COMMAND, Origin, is_archived, is_command
from curate.manifest.strict import parse_line
from curate.nemo.manifest_fields import audio_path

LOOKED_AT = 1_000
"""Records of an input whose audio is looked for; the first file that is there ends the search."""
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def absent_audio(origin: Origin, lines: Sequence[bytes], folder: Path) -> str | None:
    """The warning about records of an input, as NeMo lines whose relative paths begin at `folder`,
    where none of their files is there; None where one is, or none is named.

    Addresses, commands, names in archives, and ids of recordings without a path are no files.
    """
    if is_archived(origin):
        return None
    names: list[str] = []
    for line in lines[:LOOKED_AT]:
        name = str(parse_line(line)["audio_filepath"])
        is_windows = is_windows_path(name)
        if is_command(name) or name.startswith(COMMAND) or (is_address(name) and not is_windows):
            continue
        if origin.format in FROM_WORKING_FOLDER and "/" not in name:
            continue
        if not is_windows and os.path.lexists(audio_path(name, folder)):
            return None
        names.append(name)
    if not names:
        return None
    what = f"none of {plural(len(names), 'audio file')} that were looked for is there ({names[0]})"
    return f"{origin.name}: {what}; {hint_of_absent(names)}"


def is_windows_path(name: str) -> bool:
    """Whether a path begins with a drive or a share of Windows."""
    return _WINDOWS.match(name) is not None


def hint_of_absent(names: Sequence[str]) -> str:
    """How to say where the files are now, by what their paths have in common."""
    plain = [name.replace("\\", "/") for name in names]
    begin = os.path.commonprefix(plain).rpartition("/")[0]  # noqa: RUF071 - whole parts of it
    if not begin:
        return f"{parameter('audio_root')} DIR says where relative paths begin"
    moved = shlex.quote(f"{names[0][: len(begin)]}=NEW_FOLDER")
    return f"{parameter('path_map')} {moved} says where they are now"
