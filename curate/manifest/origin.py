"""A file of records as it is on disk, and what every format gives: canonical lines with places."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from curate.manifest.chunks import Chunk, read_chunks
from curate.manifest.strict import Malformed, Record
from curate.text.words import digest_bytes

if TYPE_CHECKING:
    from curate.manifest.text_changes import TextChanges

Offsets = npt.NDArray[np.int64]
Source = TypeVar("Source")

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)

FOLDER_FORMAT = "folder"
"""The format of a folder of audio."""
UNPAIRED_FORMAT = "unpaired"
"""The format of a transcript without audio among others that have audio."""

PORTION_BYTES = 2 << 20
"""Original bytes in one portion of a format that Python converts."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A file whose lines (or rows) are records, and how to read it.

    `beside` names further files by their role (durations, recordings); `added` are fields that
    each of its records gets, as a blend's tags do. `name` is what record ids begin with.
    """

    name: str
    format: str = "nemo"
    beside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> Mapping[str, object]:
        """What a name of all that its rows depend on is made of, beside its own name."""
        return {
            "format": self.format,
            "beside": {role: list(files) for role, files in self.beside.items()},
            "added": dict(self.added),
        }


INSIDE = "inside"
"""What an origin's `beside` has of its `audio` where a table itself holds it."""
_TARS = frozenset({"lhotse_shar", "webdataset"})
"""Formats whose audio is in tars, always."""


def is_archived(origin: Origin) -> bool:
    """Whether the audio stands in tars or in the table: its paths are names in there."""
    beside = origin.beside
    return origin.format in _TARS or "tars" in beside or INSIDE in beside.get("audio", ())


AUDIO_ROOT = "audio_root"
"""Where an origin keeps the folder in which its audio paths begin, where a corpus.yaml names it."""


def home_of(origin: Origin) -> str:
    """The directory in which its relative audio paths begin: that which its corpus names, its own,
    or that of its file.
    """
    if AUDIO_ROOT in origin.beside:
        return os.path.realpath(origin.beside[AUDIO_ROOT][0])
    place = os.path.realpath(origin.name)
    return place if origin.format == FOLDER_FORMAT else os.path.dirname(place)  # noqa: PTH120


def is_command(place: str) -> bool:
    """Whether an audio path is a command that readers would run."""
    bare = place.strip()
    return bare.startswith(("|", "pipe:")) or bare.endswith("|")


COMMAND = "command:"
"""Begins the audio path of a recording that is a command."""


def command_of(recording: str) -> str:
    """The audio path of a recording that is a command: a name that nobody runs or finds."""
    return f"{COMMAND}{recording}"


class Places(NamedTuple):
    """Where each canonical line of a portion was in the original, and where it is now."""

    line: Offsets
    byte_offset: Offsets
    byte_length: Offsets
    start: Offsets
    length: Offsets


@dataclass(frozen=True, slots=True)
class Portion:
    """Records of one origin in NeMo's form, a line each, for `read_batch`.

    Where `places` is None the lines are the origin's own. Else every line is one record without
    blank lines between, `reasons` says which rows their format could not read (row -> reason), and
    `bytes`, `blank_lines`, `blank_bytes` and `digest` speak of the original. `copied` is what a
    split copies by original places; None where only the canonical lines can be written.
    `not_finite` counts lines whose NaN or Infinity stands there as null, `text_changes` is what
    text rules did.
    """

    chunk: Chunk
    bytes: int
    copied: Chunk | None = None
    places: Places | None = None
    reasons: Mapping[int, str] = field(default_factory=dict)
    blank_lines: int = 0
    blank_bytes: int = 0
    digest: int = 0
    not_finite: int = 0
    text_changes: TextChanges | None = None


class Item(NamedTuple):
    """One original record: where it is, its bytes, and what they say (or why nothing)."""

    line: int
    byte_offset: int
    data: bytes
    record: Record | str


def native(chunk: Chunk) -> Portion:
    """A portion whose lines are NeMo's already."""
    return Portion(chunk, len(chunk.data), copied=chunk)


def portion(
    origin: Origin,
    items: Sequence[Item],
    raw: bytes,
    blank_lines: int = 0,
    blank_bytes: int = 0,
    copied: Chunk | None = None,
) -> Portion:
    """The portion of some records; `raw` are the original bytes that they were read from."""
    written = [line_of(item) for item in items]
    lines = [line for line, _ in written]
    reasons = {row: reason for row, (_, reason) in enumerate(written) if reason is not None}
    return lines_portion(origin, items, lines, reasons, raw, (blank_lines, blank_bytes), copied)


def line_of(item: Item, is_line: bool = False) -> tuple[bytes, str | None]:
    """The NeMo line of a record, and why it is none; its data already where `is_line`."""
    content = item.record
    try:
        if not isinstance(content, str):
            return item.data if is_line else canonical(content), None
    except Malformed as fault:
        content = str(fault)
    return canonical(_lost(item)), content


def lines_portion(
    origin: Origin,
    items: Sequence[Item],
    lines: Sequence[bytes],
    reasons: Mapping[int, str],
    raw: bytes,
    blank: tuple[int, int] = (0, 0),
    copied: Chunk | None = None,
) -> Portion:
    """The portion of records of which each stands as a NeMo line in `lines`; `reasons` say of rows
    why they are none, `blank` is the number and size of blank lines.
    """
    data = b"".join(line + b"\n" for line in lines)
    length = np.array([len(line) for line in lines], np.int64)
    places = Places(
        line=np.array([item.line for item in items], np.int64),
        byte_offset=np.array([item.byte_offset for item in items], np.int64),
        byte_length=np.array([len(item.data) for item in items], np.int64),
        start=np.cumsum(length + 1) - length - 1,
        length=length,
    )
    digest = int(digest_bytes(np.frombuffer(raw + data, np.uint8)))
    return Portion(
        Chunk(origin.name, 0, data),
        len(raw),
        copied,
        places,
        reasons,
        *blank,
        digest,
    )


def with_lines(portion: Portion, lines: Sequence[bytes], reasons: Mapping[int, str]) -> Portion:
    """The portion of a format that converts with other lines for the same records."""
    assert portion.places is not None, "lines of the original have no other"
    data = b"".join(line + b"\n" for line in lines)
    length = np.array([len(line) for line in lines], np.int64)
    places = portion.places._replace(start=np.cumsum(length + 1) - length - 1, length=length)
    before = portion.digest.to_bytes(8, "little")
    digest = int(digest_bytes(np.frombuffer(before + data, np.uint8)))
    chunk = Chunk(portion.chunk.source, 0, data)
    return replace(portion, chunk=chunk, places=places, reasons=reasons, digest=digest)


def canonical(record: Mapping[str, object]) -> bytes:
    """A record as one line of NeMo's JSON; fields that are None are left out, but for the text:
    null there says that nobody has transcribed the audio.
    """
    known = {key: value for key, value in record.items() if value is not None or key == "text"}
    try:
        return _ENCODER.encode(known).encode()
    except UnicodeEncodeError:
        raise Malformed("lone surrogate (cannot be written as UTF-8)") from None
    except (ValueError, RecursionError) as error:
        raise Malformed(f"cannot be written as JSON ({error})") from None


def _lost(item: Item) -> Mapping[str, object]:
    """What stands in for a record that its format cannot read: nothing of it is lost."""
    return {"original": item.data.decode(errors="backslashreplace")}


def convert_lines(
    origin: Origin,
    convert: Callable[[bytes], Record],
    skipped_lines: int = 0,
    copied: bool = False,
    chunks: Iterable[Chunk] | None = None,
) -> Iterator[Portion]:
    """Portions of a file with one record a line, or of `chunks` of it; `convert` raises Malformed
    for what is none.

    The first `skipped_lines` (a header) and blank lines count as lines that hold no record.
    `copied` says that the lines are NeMo's and splits copy them.
    """
    number = 0
    for chunk in read_chunks(origin.name, PORTION_BYTES) if chunks is None else chunks:
        items: list[Item] = []
        blank_lines = blank_bytes = 0
        for offset, line in cut_lines(chunk):
            number += 1
            if number <= skipped_lines or not line.strip(b" \t\r"):
                blank_lines += 1
                blank_bytes += len(line)
                continue
            items.append(Item(number, offset, line, convert_line(convert, line)))
        raw = chunk if copied else None
        yield portion(origin, items, chunk.data, blank_lines, blank_bytes, raw)


def convert_line(convert: Callable[[Source], Record], line: Source) -> Record | str:
    """What a line (or a row) says, or why it says nothing."""
    try:
        return convert(line)
    except Malformed as fault:
        return str(fault)


def cut_lines(chunk: Chunk) -> Iterable[tuple[int, bytes]]:
    """(byte offset, line without its newline) of a chunk; no empty line behind the last newline."""
    lines = chunk.data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    offset = chunk.byte_offset
    for line in lines:
        yield offset, line
        offset += len(line) + 1


def number_of(text: str) -> float | int | str:
    """A table's number: an int or a finite float as Python reads it, else the text as it is.

    Text that is not a number is then checked like a JSON string in a number's place.
    """
    stripped = text.strip()
    if not stripped.isascii() or "_" in stripped:
        return text
    try:
        value = float(stripped)
    except ValueError:
        return text
    if value != value or value in (float("inf"), float("-inf")):
        return text
    return int(stripped) if stripped.lstrip("-").isdigit() and len(stripped) < 16 else value
