"""Warnings about files of text whose lines are not UTF-8, with the command that converts them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.errors.typed import typed_command
from curate.formatting.units import plural
from curate.manifest.chunks import read_chunks
from curate.manifest.encodings import encoding_of, iconv_name, possible_encodings
from curate.manifest.kaldi import FORMAT as KALDI_FORMAT
from curate.manifest.origin import FOLDER_FORMAT, Origin, cut_lines, is_archived
from curate.manifest.spool import is_local
from curate.manifest.strict import Malformed, parse_line

NOT_UTF8 = "not UTF-8"
WARNED = 3
"""Files that are warned about one by one."""
_SAMPLE = 200
"""Lines by which the encoding is guessed."""
_READINGS = 3
"""Encodings in which a line is shown where none is sure."""
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

    def add_rows(self, origin: Origin, rows: int, line: int, reason: str) -> None:
        """Count rows of an input whose lines are its own, the first being this line."""
        byte = reason.removeprefix(NOT_UTF8)
        self._files[origin.name] = _File(origin, rows, line, byte)

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
    """How to convert a file of an input, and to read it then: a command where its encoding is sure,
    else what the first line is in those that are possible.
    """
    if not is_local(name) or not Path(name).is_file() or name.endswith((".gz", ".zst")):
        return "convert it to UTF-8 before it is read"
    lines, is_mixed = _sample(name)
    if is_mixed:
        return "other lines of it are UTF-8: convert only those that are not"
    codec = encoding_of(lines)
    if codec is not None:
        encoding = iconv_name(codec)
        return (
            f"as {encoding} it reads `{_shown(lines, codec)}`: {_command(origin, name, encoding)}"
        )
    possible = possible_encodings(lines)[:_READINGS]
    if not possible:
        return f"{_command(origin, name, 'ENCODING')} (put the encoding in which it was saved)"
    differing = [line for line in lines if len({line.decode(each) for each in possible}) > 1]
    shown = differing or lines
    readings = [f"as {iconv_name(each)} `{_shown(shown, each)}`" for each in possible]
    first, *others = map(iconv_name, possible)
    or_others = f" (or with {' or '.join(others)} in its place)" if others else ""
    command = _command(origin, name, first)
    return f"it reads {', '.join(readings)}; if that is right: {command}{or_others}"


def _shown(lines: Sequence[bytes], codec: str) -> str:
    """The first line from the word on that has its first character beside ASCII, be it a blank."""
    text = lines[0].decode(codec)
    odd = next((at for at, char in enumerate(text) if not char.isascii()), 0)
    begin = max(text.rfind(blank, 0, odd) for blank in " \t") + 1
    return " ".join(text[begin:].split())[:_SHOWN]


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
    """The command that converts a file, under its own name where its folder is read as one; and
    then the one that was typed, where it reads the file or its folder.
    """
    path = Path(name)
    read = f"iconv -f {encoding} -t UTF-8"
    if origin.format in {FOLDER_FORMAT, KALDI_FORMAT}:
        old = shlex.quote(f"{name}.{encoding.lower()}")
        new = shlex.quote(name)
        return f"mv {new} {old} && {read} {old} > {new}{_again(origin.name, origin.name)}"
    converted = str(path.with_name(f"{path.stem}.utf8{path.suffix}"))
    return f"{read} {shlex.quote(name)} > {shlex.quote(converted)}{_again(name, converted)}"


def _again(name: str, converted: str) -> str:
    """The command that was typed with the converted file in place of this one."""
    typed = typed_command()
    if typed is None or name not in typed.inputs:
        return ""
    inputs = [converted if each == name else each for each in typed.inputs]
    return f" && {typed._replace(inputs=inputs)}"
