"""Manifests in pieces of lines, each kept when it is finished: what a killed command goes on with,
and what an array of jobs shares.

What a piece holds depends on its lines and the key only, so that it does not matter which call has
made it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.artifacts.outputs import one_writer, whole_file
from curate.errors import ConfigError, InputError
from train.data.rows import Row, Unread, read_lines
from train.data.stored_rows import StoredRow
from train.runs.provenance import versions

PIECE = 512
"""Lines of a piece: what a killed command loses at most."""
DONE = "done"

Log = Callable[[str], None]
Line = Row | Unread | StoredRow
"""A line of a manifest, or a record of shards."""
Work = Callable[[Sequence[Line]], bytes]
"""The content of a piece, of its lines."""
Start = Callable[[Sequence[Line]], Work]
"""What makes pieces, of the lines of all that are to be made."""


@dataclass(frozen=True, slots=True)
class Part:
    """The `number`-th of `count` parts of the pieces, from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Part:
        """The part that `k/n` names; ConfigError where it names none."""
        match = re.fullmatch(r"(\d+)/(\d+)", text)
        part = cls(int(match[1]), int(match[2])) if match else cls(0, 0)
        if not 1 <= part.number <= part.count:
            raise ConfigError.of("--part", f"{text!r} is no part", "for instance --part 1/8")
        return part


def record_of(line: Line) -> Row | Unread:
    """The line as its manifest has it."""
    return line.row if isinstance(line, StoredRow) else line


def read_all(manifests: Sequence[Path], needs_text: bool = True) -> list[Row | Unread]:
    """The lines of all manifests but blank ones; InputError where there is no record."""
    lines = [line for manifest in manifests for line in read_lines(manifest, needs_text)]
    if not any(isinstance(line, Row) for line in lines):
        faults = [line.fault for line in lines if isinstance(line, Unread)]
        if faults:
            raise InputError(*faults)
        raise InputError.of(manifests[0], "holds no record")
    return lines


@dataclass(frozen=True, slots=True)
class Pieces:
    """Lines in pieces of PIECE; `key` is one name for all that the pieces depend on. Files of
    pieces are named by their numbers and `suffix`.
    """

    lines: Sequence[Line]
    key: str
    suffix: str

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return -(-len(self.lines) // PIECE)

    def finish(self, done: Path, pieces: Sequence[int], start: Start, log: Log) -> None:
        """Make those of the pieces that are not in `done`; where there are some, `start` gives what
        makes them.
        """
        due = [piece for piece in pieces if not self.path(done, piece).is_file()]
        if len(due) < len(pieces):
            log(f"{len(pieces) - len(due)} of {len(pieces)} pieces were scored before")
        work = start([line for piece in due for line in self.of(piece)]) if due else None
        for number, piece in enumerate(due, start=1):
            assert work is not None
            with whole_file(self.path(done, piece)) as path:
                path.write_bytes(work(self.of(piece)))
            log(f"{number} of {len(due)} pieces of {PIECE} lines scored")

    def of(self, piece: int) -> Sequence[Line]:
        """The lines of a piece."""
        return self.lines[piece * PIECE : (piece + 1) * PIECE]

    def finish_part(self, out: Path, part: Part, start: Start, log: Log) -> int:
        """Make the pieces of one part, beside `out`, where `resumable_directory` takes them; how
        many there are.
        """
        out = out.absolute()
        done = out.parent / f".{out.name}.{self.key}.part" / DONE
        mine = range(part.number - 1, self.count, part.count)
        with one_writer(done / f"part {part.number}", done.parent / f"{part.number}.lock"):
            self.finish(done, mine, start, log)
        return len(mine)

    def path(self, done: Path, piece: int) -> Path:
        """The file of a piece."""
        return done / f"{piece:06d}{self.suffix}"

    def paths(self, done: Path) -> list[Path]:
        """The files of all pieces, in order."""
        return [self.path(done, piece) for piece in range(self.count)]


def key_of(settings: Sequence[Any], files: Sequence[Path], lines: Sequence[Line]) -> str:
    """One name for these settings, the contents of the files and lines, and what runs them."""
    digest = hashlib.blake2b(digest_size=12)
    digest.update(json.dumps([settings, PIECE, versions()], sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    for line in map(record_of, lines):
        where, content = (
            (line.place, line.raw.encode())
            if isinstance(line, Row)
            else (line.fault.where, line.line)
        )
        digest.update(f"{where} {len(content)} ".encode() + content)
    return digest.hexdigest()
