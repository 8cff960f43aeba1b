"""The command that makes files which are read of audio that only ffmpeg reads, by their own paths,
and how the input names them then.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

from curate.manifest.captions import CAPTIONS
from curate.manifest.origin import FOLDER_FORMAT, Origin
from curate.manifest.spool import is_local
from curate.nemo.ffmpeg_kinds import CONVERT, SUFFIXES

_BY_STEM = frozenset({FOLDER_FORMAT, *(each.name for each in CAPTIONS)})
"""Formats that find audio by its name without the suffix: the new file is read in place of the old.
"""
_LINES = (".jsonl", ".json", ".csv", ".tsv", ".scp", ".txt")
"""Inputs whose text names the files."""


def conversion_hint(files: Sequence[str], origin: Origin) -> str:
    """How these files, which only ffmpeg reads and `origin` names, are read: CONVERT where none is
    known.
    """
    if not files:
        return CONVERT
    command = f"{conversion(files)} makes a FLAC beside each"
    if origin.format in _BY_STEM:
        return f"{command}, which is read in its place"
    suffixes = _suffixes(files)
    name = origin.beside.get("wav.scp", (origin.name,))[0]
    path = PurePosixPath(name)
    if not is_local(name) or path.suffix not in _LINES:
        return f"{command}, whose name is to stand in {origin.name} then"
    scripts = [word for each in suffixes for word in ("-e", f"s/\\{each}/.flac/g")]
    renamed = str(path.with_name(f"{path.stem}.flac{path.suffix}"))
    renaming = shlex.join(["sed", *scripts, name])
    return f"{command}; {renaming} > {shlex.quote(renamed)} names them"


def conversion(files: Sequence[str]) -> str:
    """The command that makes a FLAC beside each file of these kinds in the folders of `files`.

    >>> conversion(["talks/a.m4a"])
    'ffmpeg -i talks/a.m4a talks/a.flac'
    >>> conversion(["talks/a.m4a", "talks/b.m4a"])
    'for f in talks/*.m4a; do ffmpeg -nostdin -i "$f" "${f%.*}.flac"; done'
    """
    if len(files) == 1:
        return shlex.join(["ffmpeg", "-i", files[0], f"{files[0].rpartition('.')[0]}.flac"])
    folders = {os.path.dirname(file) or "." for file in files}  # noqa: PTH120 - as it is written
    suffixes = _suffixes(files)
    if len(folders) == 1:
        folder = shlex.quote(folders.pop())
        globs = " ".join(f"{folder}/*{each}" for each in suffixes)
        return f'for f in {globs}; do ffmpeg -nostdin -i "$f" "${{f%.*}}.flac"; done'
    names = " -o ".join(f"-name '*{each}'" for each in suffixes)
    names = f"\\( {names} \\)" if len(suffixes) > 1 else names
    common = shlex.quote(os.path.commonpath(folders) or ".")
    return (
        f"find {common} {names} -exec sh -c "
        """'ffmpeg -nostdin -i "$1" "${1%.*}.flac"' sh {} ';'"""
    )


def _suffixes(files: Sequence[str]) -> list[str]:
    """The suffixes as they are written, each once."""
    return list(dict.fromkeys(PurePosixPath(file).suffix for file in files))


def is_for_ffmpeg(name: str) -> bool:
    """Whether a name is that of audio which only ffmpeg reads."""
    return name.lower().endswith(SUFFIXES)
