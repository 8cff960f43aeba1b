"""The lines that are scored, of manifests or of shards, in pieces of PIECE lines.

What a piece is made of depends on its lines and the request only, so that an interrupted scoring
goes on to the same bytes, and several processes share the pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from curate.artifacts.shard_index import read_index
from curate.nemo.archive import Archive
from train.data.rows import Row, Unread
from train.data.stored_rows import StoredAudio, StoredRow, check_tars, read_stored
from train.runs.pieces import PIECE, key_of, read_all
from train.score.request import ScoreRequest

Line = Row | Unread | StoredRow


@dataclass(frozen=True, slots=True)
class ScoredFrom:
    """A row as the model reads it; `audio` is where its audio is stored, None for a plain file."""

    row: Row
    audio: StoredAudio | None = None

    def named(self, reason: str) -> str:
        """The reason with the place of the audio instead of the file that it was extracted to."""
        if self.audio is None:
            return reason
        return reason.replace(str(self.row.audio), self.audio.place)


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that are scored together, and the number of the piece."""

    number: int
    lines: Sequence[Line]

    @contextmanager
    def readable(self, scratch: Path) -> Iterator[list[ScoredFrom]]:
        """The records, with audio in files for as long as the block lasts; what is in shards is
        extracted into a folder of its own in `scratch`.
        """
        if not any(isinstance(line, StoredRow) for line in self.lines):
            yield [ScoredFrom(line) for line in self.lines if isinstance(line, Row)]
            return
        with TemporaryDirectory(prefix="audio-", dir=scratch) as folder:
            stored = [line for line in self.lines if isinstance(line, StoredRow)]
            files = [
                each.audio.extract(Path(folder).absolute() / f"{at:06d}")
                for at, each in enumerate(stored)
            ]
            yield [
                ScoredFrom(each.with_audio(file), each.audio)
                for each, file in zip(stored, files, strict=True)
            ]


@dataclass(frozen=True)
class Lines:
    """All lines of a request, in order. `content` names what the shards hold, if there are any."""

    all: Sequence[Line]
    content: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: ScoreRequest) -> Lines:
        """Read the manifests, or the lists of the shards; InputError where there is no record."""
        if request.data:
            rows = [row for folder in request.data for row in read_stored(folder)]
            shards = [each for folder in request.data for each in read_index(folder).shards]
            return cls(rows, tuple(str(sorted(each.sha256.items())) for each in shards))
        lines = read_all(request.manifests)
        return cls(lines)

    @property
    def records(self) -> list[Row]:
        """The records, as their manifests have them."""
        rows = (line.row if isinstance(line, StoredRow) else line for line in self.all)
        return [row for row in rows if isinstance(row, Row)]

    @property
    def pieces(self) -> int:
        """How many pieces there are."""
        return -(-len(self.all) // PIECE)

    def piece(self, number: int) -> Piece:
        """A piece, by its number from 0."""
        return Piece(number, self.all[number * PIECE : (number + 1) * PIECE])

    def check_audio(self, numbers: Sequence[int]) -> None:
        """InputError with every tar file of these pieces that is damaged or lacks audio."""
        lines = (line for number in numbers for line in self.piece(number).lines)
        check_tars(line for line in lines if isinstance(line, StoredRow))

    def key(self, request: ScoreRequest, archive: Archive) -> str:
        """One name for all that the scores depend on."""
        settings = [
            request.batch_size, request.device, request.max_duration_s, str(request.out),
            self.content,
        ]  # fmt: skip
        files = [path for path in (archive.path, archive.checkpoint) if path is not None]
        lines = [line.row if isinstance(line, StoredRow) else line for line in self.all]
        return key_of(settings, files, lines)
