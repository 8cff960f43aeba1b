"""Warnings about files of text whose lines are not UTF-8, with the command that converts them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from curate.formatting.units import plural
from curate.manifest.chunks import read_chunks
from curate.manifest.encodings import encoding_of, iconv_name
from curate.manifest.kaldi import FORMAT as KALDI_FORMAT
from curate.manifest.origin import FOLDER_FORMAT, Origin, cut_lines, is_archived
from curate.manifest.spool import is_local
from curate.manifest.strict import Malformed, parse_line

NOT_UTF8 = "not UTF-8"
WARNED = 3
"""Files that are warned about one by one."""
_SAMPLE = 200
"""Lines by which the encoding is guessed."""
_SHOWN = 40
"""Letters of a line that are shown."""
_PLACE = re.compile(r"(.+?):(\d+)(?:\s|\Z)")


@dataclass(slots=True)
class _File:
    """A file of which `lines` are not UTF-8; where the first one is, and its byte."""

    origin: Origin
    lines: int
    first: int | None
    byte: str


class Undecoded:
    """The files of lines that hold no record because they are not UTF-8."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}

    def add(self, origin: Origin, line: int, reason: str, as_read: str) -> None:
        """Count a line that is none for this reason; `as_read` names the file of a folder's row."""
        if not reason.startswith(NOT_UTF8) or is_archived(origin):
            return
        name, at = place_of(origin, line, as_read)
        file = self._files.setdefault(name, _File(origin, 0, at, reason.removeprefix(NOT_UTF8)))
        file.lines += 1

    def warnings(self) -> list[str]:
        """A warning for each of the first files, and a count of the others."""
        shown = list(self._files.items())[:WARNED]
        warnings = [
            f"{name}: {_what(file)}; {utf8_hint(file.origin, name)}" for name, file in shown
        ]
        more = len(self._files) - WARNED
        return [*warnings, f"so it is with {plural(more, 'more file')}"] if more > 0 else warnings


def _what(file: _File) -> str:
    are = "line is" if file.lines == 1 else "lines are"
    first = "" if file.first is None else f", the first is line {file.first:,}"
    return f"{file.lines:,} {are} not UTF-8 and hold no record{first}{file.byte}"


def place_of(origin: Origin, line: int, as_read: str) -> tuple[str, int | None]:
    """The path of the file of a line, and its number there; None where a folder's row is a file."""
    if origin.format != FOLDER_FORMAT:
        return origin.name, line
    try:
        place = str(parse_line(as_read.encode()).get("text_file", ""))
    except Malformed:
        place = as_read
    match = _PLACE.match(place)
    name, at = (match[1], int(match[2])) if match else (place, None)
    while not (Path(origin.name) / name).is_file() and " " in name:
        name = name.rpartition(" ")[0]
    return str(Path(origin.name) / name), at


def utf8_hint(origin: Origin, name: str) -> str:
    """How to convert a file of an input: a command where its encoding is sure."""
    if not is_local(name) or not Path(name).is_file() or name.endswith((".gz", ".zst")):
        return "convert it to UTF-8 before it is read"
    lines, is_mixed = _sample(name)
    if is_mixed:
        return "other lines of it are UTF-8: convert only those that are not"
    codec = encoding_of(lines)
    if codec is None:
        return f"{_command(origin, name, 'ENCODING')} (put the encoding in which it was saved)"
    words = next(line for line in lines if not line.isascii()).decode(codec).split()
    odd = next(at for at, word in enumerate(words) if not word.isascii())
    shown = " ".join(words[odd:])[:_SHOWN]
    return f"as {iconv_name(codec)} it reads `{shown}`: {_command(origin, name, iconv_name(codec))}"


def _sample(name: str) -> tuple[list[bytes], bool]:
    """Lines of a file that are not UTF-8, and whether others are and not only ASCII."""
    sample: list[bytes] = []
    is_mixed = False
    for line in _odd_lines(name):
        try:
            line.decode()
            is_mixed = True
        except UnicodeDecodeError:
            if len(sample) < _SAMPLE:
                sample.append(line)
    return sample, is_mixed


def _odd_lines(name: str) -> Iterator[bytes]:
    for chunk in read_chunks(name):
        if not chunk.data.isascii():
            yield from (line for _, line in cut_lines(chunk) if not line.isascii())


def _command(origin: Origin, name: str, encoding: str) -> str:
    """The command that converts a file; under its own name where its folder is read as one."""
    path = Path(name)
    read = f"iconv -f {encoding} -t UTF-8"
    if origin.format in {FOLDER_FORMAT, KALDI_FORMAT}:
        old = shlex.quote(f"{name}.{encoding.lower()}")
        new = shlex.quote(name)
        return f"mv {new} {old} && {read} {old} > {new}"
    new = shlex.quote(str(path.with_name(f"{path.stem}.utf8{path.suffix}")))
    return f"{read} {shlex.quote(name)} > {new}"
