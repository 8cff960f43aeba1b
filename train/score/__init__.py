"""Score records with a model: `score(request)`.

Every line of every manifest ends in scores.jsonl, in its order, with what the model says of it: a
manifest that `curate profile` reads, whose scores are metrics there. Of shards these are the lines
of the train.jsonl beside them, by the audio in the shards. Lines are scored in pieces; a piece is
kept when it is finished, so that a killed scoring goes on, and an array of jobs can share the
pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import (
    ROOM,
    check_out,
    full_disk_as_error,
    one_writer,
    resumable_directory,
)
from curate.nemo.archive import Archive
from train.artifacts.scores import Scores
from train.pretrained import archive_of
from train.runs.lines import Lines
from train.runs.pieces import DONE, Log, Part
from train.score.pieces import Bench, Finish, finish
from train.score.record import make_record
from train.score.request import ScoreRequest

__all__ = ["SCORES", "Part", "ScoreRequest", "score", "score_part"]

SCORES = "scores.jsonl"
OUTPUT_FILES = frozenset({SCORES, Scores.file})


def score(
    request: ScoreRequest, log: Log = lambda _: None, finish_pieces: Finish = finish
) -> Scores:
    """Score the records; scores.jsonl and scores.json stand in `out`, whole or not at all.
    `finish_pieces` scores the pieces: `finish` here, `train.score.cluster.on_ray` on a cluster.

    Pieces that an interrupted call, or calls of `score_part`, have finished are taken as they are.
    A row that cannot be scored has a null hypothesis and the reason; a line that is no record stays
    as it is. InputError where no row can be scored, and where shards are damaged.
    """
    check_out(request.out, Scores.file)
    archive = archive_of(request.model)
    lines = Lines.read(request.manifests, request.data)
    with (
        full_disk_as_error(request.out, ROOM),
        resumable_directory(
            request.out, OUTPUT_FILES, Scores.file, _key(request, archive, lines)
        ) as stage,
    ):
        bench = Bench(request, archive, stage / DONE)
        finish_pieces(bench, lines, range(lines.pieces), log)
        folder = stage / "out"
        folder.mkdir(exist_ok=True)
        _join([bench.path(number) for number in range(lines.pieces)], folder / SCORES)
        record = make_record(request, lines, folder / SCORES)
        write_artifact(folder, record)
    return record


def score_part(
    request: ScoreRequest, part: Part, log: Log = lambda _: None, finish_pieces: Finish = finish
) -> int:
    """Score the pieces of one part, beside `out`; how many there are. `score` with the same request
    takes them, once all parts are done.
    """
    archive = archive_of(request.model)
    lines = Lines.read(request.manifests, request.data)
    out = request.out.absolute()
    done = out.parent / f".{out.name}.{_key(request, archive, lines)}.part" / DONE
    mine = range(part.number - 1, lines.pieces, part.count)
    with one_writer(done / f"part {part.number}", done.parent / f"{part.number}.lock"):
        finish_pieces(Bench(request, archive, done), lines, mine, log)
    return len(mine)


def _key(request: ScoreRequest, archive: Archive, lines: Lines) -> str:
    """One name for all that the scores depend on."""
    settings = request.batch_size, request.device, request.max_duration_s, str(request.out)
    files = [path for path in (archive.path, archive.checkpoint) if path is not None]
    return lines.key(settings, files)


def _join(pieces: Sequence[Path], out: Path) -> None:
    """One file of all pieces."""
    with out.open("wb") as file:
        for piece in pieces:
            file.write(piece.read_bytes())
