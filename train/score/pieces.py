"""Score the pieces of a request: one file of scored lines for each, in the folder of the stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from curate.artifacts.outputs import whole_file
from curate.nemo.archive import Archive
from train.data.rows import Row, Unread
from train.recipe import recipe_for
from train.runs import runtime
from train.runs.lines import Lines, Piece, ReadableRow, moved
from train.runs.pieces import PIECE, Log, record_of
from train.score.request import ScoreRequest
from train.scoring.row_scores import RowScore, ScoresRows, scored_line
from train.scoring.scoring import run_model, why_unusable


@dataclass(frozen=True, slots=True)
class Bench:
    """Where pieces are scored: by which model, and the folder of those that are done."""

    request: ScoreRequest
    archive: Archive
    done: Path

    def path(self, number: int) -> Path:
        """The file of a piece."""
        return self.done / f"{number:06d}.jsonl"

    def load(self) -> ScoresRows:
        """The model, which takes the memory and the time that it takes."""
        with runtime.importing():
            from train.nemo.score import Scorer

        return Scorer(self.archive, self.request.device)


Finish = Callable[[Bench, Lines, Sequence[int], Log], None]
"""Scores those of the numbered pieces that are not done."""


def finish(bench: Bench, lines: Lines, numbers: Sequence[int], log: Log) -> None:
    """Score those of the pieces that are not done, in this process."""
    due = due_of(bench, lines, numbers, log)
    scorer = bench.load() if due else None
    for count, number in enumerate(due, start=1):
        assert scorer is not None
        score_piece(bench, lines.piece(number), scorer)
        log(f"{count} of {len(due)} pieces of {PIECE} lines scored")


def due_of(bench: Bench, lines: Lines, numbers: Sequence[int], log: Log) -> list[int]:
    """Those of the pieces that are not done; InputError where their audio is damaged in shards."""
    due = [number for number in numbers if not bench.path(number).is_file()]
    if len(due) < len(numbers):
        log(f"{len(numbers) - len(due)} of {len(numbers)} pieces were scored before")
    lines.check_audio(due)
    return due


def score_piece(bench: Bench, piece: Piece, scorer: ScoresRows) -> None:
    """Score the lines of a piece and write its file, whole or not at all."""
    with whole_file(bench.path(piece.number)) as path:
        path.write_bytes(b"".join(_scored(bench, piece, scorer)))


def _scored(bench: Bench, piece: Piece, scorer: ScoresRows) -> Iterator[bytes]:
    prompted = recipe_for(bench.archive) == "aed"
    with piece.readable(bench.done.parent) as rows:
        results = score_rows([each.row for each in rows], scorer, prompted, bench.request)
        scores = iter(_named(each, score) for each, score in zip(rows, results, strict=True))
    for line in piece.lines:
        record = record_of(line)
        if isinstance(record, Unread):
            yield record.line.rstrip(b"\r") + b"\n"
        else:
            yield scored_line(record, next(scores), moved(line)).encode()


def _named(source: ReadableRow, score: RowScore) -> RowScore:
    return RowScore(score.hypothesis, score.values, source.named(score.reason))


def score_rows(
    rows: Sequence[Row], scorer: ScoresRows, prompted: bool, request: ScoreRequest
) -> list[RowScore]:
    """The score of each row, in order; batches are of rows of like length."""
    problems = why_unusable(rows, prompted, scorer)
    problems |= {
        at: f"longer than --max-duration {request.max_duration_s:g}: {row.duration_s:.2f} s"
        for at, row in enumerate(rows)
        if row.duration_s > request.max_duration_s
    }
    usable = sorted(set(range(len(rows))) - problems.keys(), key=lambda at: -rows[at].duration_s)
    run = partial(scorer.score, batch_size=request.batch_size)
    scores = run_model(rows, usable, run, problems) if usable else {}
    return [scores.get(at) or RowScore(None, {}, problems[at]) for at in range(len(rows))]
