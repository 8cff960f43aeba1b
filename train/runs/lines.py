"""Lines of manifests or of shards, in pieces of PIECE lines, and their audio in files.

What a piece is made of depends on its lines and the request only, so that an interrupted command
goes on to the same bytes, and several processes share the pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from curate.artifacts.shard_index import read_index
from curate.errors import ConfigError
from train.data.rows import Row
from train.data.stored_rows import StoredAudio, StoredRow, check_tars, read_stored
from train.runs.pieces import PIECE, Line, key_of, read_all, record_of
from train.scoring.row_scores import moved_path


@dataclass(frozen=True, slots=True)
class ReadableRow:
    """A row as a model reads it; `audio` is where its audio is stored, None for a plain file."""

    row: Row
    audio: StoredAudio | None = None

    def named(self, reason: str) -> str:
        """The reason with the place of the audio instead of the file that it was extracted to."""
        if self.audio is None:
            return reason
        return reason.replace(str(self.row.audio), self.audio.place)


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines whose results are one file, and the number of the piece."""

    number: int
    lines: Sequence[Line]

    @contextmanager
    def readable(self, scratch: Path) -> Iterator[list[ReadableRow]]:
        """The records, with audio in files for as long as the block lasts (see `readable`)."""
        with readable(self.lines, scratch) as rows:
            yield rows


@contextmanager
def readable(lines: Sequence[Line], scratch: Path | None) -> Iterator[list[ReadableRow]]:
    """The records among the lines, with audio in files for as long as the block lasts; what is in
    shards is extracted into a folder of its own in `scratch`, or where temporary files are.
    """
    stored = [line for line in lines if isinstance(line, StoredRow)]
    if not stored:
        yield [ReadableRow(line) for line in lines if isinstance(line, Row)]
        return
    with TemporaryDirectory(prefix="audio-", dir=scratch) as folder:
        files = [
            each.audio.extract(Path(folder).absolute() / f"{at:06d}")
            for at, each in enumerate(stored)
        ]
        yield [
            ReadableRow(each.with_audio(file), each.audio)
            for each, file in zip(stored, files, strict=True)
        ]


def moved(line: Line) -> str | None:
    """The audio's path in another folder, where the row's own is relative to the manifest's; that
    of a record of shards stays, relative where it was inside a tar.
    """
    return moved_path(line) if isinstance(line, Row) else None


def check_sources(manifests: Sequence[Path], data: Sequence[Path]) -> None:
    """ConfigError unless there are either manifests or directories of shards."""
    if bool(manifests) == bool(data):
        what = "exactly one is needed"
        raise ConfigError.of("--manifest, --data", what, "name manifests, or shards")


def check_stored(lines: Sequence[Line]) -> None:
    """InputError with every tar file of these lines that is damaged or lacks audio."""
    check_tars(line for line in lines if isinstance(line, StoredRow))


@dataclass(frozen=True)
class Lines:
    """All lines of a request, in order. `content` names what the shards hold, if there are any."""

    all: Sequence[Line]
    content: tuple[str, ...] = ()

    @classmethod
    def read(
        cls, manifests: Sequence[Path], data: Sequence[Path], needs_text: bool = True
    ) -> Lines:
        """Those of the manifests, or of the lists of the shards in `data`; InputError where there
        is no record.
        """
        if not data:
            return cls(read_all(manifests, needs_text))
        rows = [row for folder in data for row in read_stored(folder)]
        shards = [each for folder in data for each in read_index(folder).shards]
        return cls(rows, tuple(str(sorted(each.sha256.items())) for each in shards))

    @property
    def records(self) -> list[Row]:
        """The records, as their manifests have them."""
        return [row for row in map(record_of, self.all) if isinstance(row, Row)]

    @property
    def pieces(self) -> int:
        """How many pieces there are."""
        return -(-len(self.all) // PIECE)

    def piece(self, number: int) -> Piece:
        """A piece, by its number from 0."""
        return Piece(number, self.all[number * PIECE : (number + 1) * PIECE])

    def check_audio(self, numbers: Sequence[int]) -> None:
        """InputError with every tar file of these pieces that is damaged or lacks audio."""
        check_stored([line for number in numbers for line in self.piece(number).lines])

    def key(self, settings: Sequence[Any], files: Sequence[Path]) -> str:
        """One name for all that the results depend on: the settings, the files of the model, the
        lines and what the shards hold.
        """
        return key_of([*settings, self.content], files, self.all)
