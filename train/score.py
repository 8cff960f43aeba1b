"""Score manifests with a model: `score(request)`.

Every line of every manifest ends in scores.jsonl, in its order, with what the model says of it: a
manifest that `curate profile` reads, whose scores are metrics there. Lines are scored in pieces;
a piece is kept when it is finished, so that a killed scoring goes on, and an array of jobs can
share the pieces. What a piece holds depends on its lines and the request only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import (
    ROOM,
    check_out,
    full_disk_as_error,
    one_writer,
    resumable_directory,
    whole_file,
)
from curate.artifacts.score_fields import SCORE_FIELD, SCORE_REASON, SCORE_VALUES
from curate.errors import ConfigError, InputError
from curate.nemo.archive import Archive
from train.artifacts.scores import Missing, Scores
from train.data.rows import Row, Unread, read_lines
from train.pretrained import archive_of
from train.recipe import recipe_for
from train.runs import runtime
from train.runs.provenance import versions
from train.scoring.row_scores import AUDIO, HYPOTHESIS, RowScore, ScoresRows, scored_line
from train.scoring.scoring import run_model, why_unusable

SCORES = "scores.jsonl"
OUTPUT_FILES = frozenset({SCORES, Scores.file})
PIECE = 512
"""Lines of a piece: what a killed scoring loses at most."""
DONE = "done"

Log = Callable[[str], None]
Line = Row | Unread


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


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What to score, and by which model. Rows longer than `max_duration_s` are not scored."""

    model: str
    manifests: Sequence[Path]
    out: Path
    batch_size: int = 16
    device: Literal["auto", "cpu", "gpu"] = "auto"
    max_duration_s: float = 40.0
    command: str = ""


def score(request: ScoreRequest, log: Log = lambda _: None) -> Scores:
    """Score the manifests; scores.jsonl and scores.json stand in `out`, whole or not at all.

    Pieces that an interrupted call, or calls of `score_part`, have finished are taken as they are.
    A row that cannot be scored has a null hypothesis and the reason; a line that is no record stays
    as it is. InputError where no row can be scored.
    """
    check_out(request.out, Scores.file)
    work = _Work.of(request)
    with (
        full_disk_as_error(request.out, ROOM),
        resumable_directory(request.out, OUTPUT_FILES, Scores.file, work.key) as stage,
    ):
        work.finish(stage / DONE, range(work.pieces), log)
        folder = stage / "out"
        folder.mkdir(exist_ok=True)
        work.join(stage / DONE, folder / SCORES)
        record = make_record(request, work.lines, folder / SCORES)
        write_artifact(folder, record)
    return record


def score_part(request: ScoreRequest, part: Part, log: Log = lambda _: None) -> int:
    """Score the pieces of one part, beside `out`; how many there are. `score` with the same request
    takes them, once all parts are done.
    """
    work = _Work.of(request)
    out = request.out.absolute()
    done = out.parent / f".{out.name}.{work.key}.part" / DONE
    mine = range(part.number - 1, work.pieces, part.count)
    with one_writer(done / f"part {part.number}", done.parent / f"{part.number}.lock"):
        work.finish(done, mine, log)
    return len(mine)


class _Work:
    """The lines of a request in pieces, and what scores them."""

    def __init__(self, request: ScoreRequest, lines: Sequence[Line], archive: Archive) -> None:
        self._request, self._archive = request, archive
        self.lines = lines
        self.pieces = -(-len(lines) // PIECE)
        self.key = _key(request, lines, archive)

    @classmethod
    def of(cls, request: ScoreRequest) -> _Work:
        """Read the manifests and the model's archive; InputError where there is no record."""
        archive = archive_of(request.model)
        lines = [line for manifest in request.manifests for line in read_lines(manifest)]
        if not any(isinstance(line, Row) for line in lines):
            faults = [line.fault for line in lines if isinstance(line, Unread)]
            if faults:
                raise InputError(*faults)
            raise InputError.of(request.manifests[0], "holds no record")
        return cls(request, lines, archive)

    def finish(self, done: Path, pieces: Sequence[int], log: Log) -> None:
        """Score those of the pieces that are not done."""
        due = [piece for piece in pieces if not _path(done, piece).is_file()]
        if len(due) < len(pieces):
            log(f"{len(pieces) - len(due)} of {len(pieces)} pieces were scored before")
        scorer = _scorer(self._archive, self._request) if due else None
        for count, piece in enumerate(due, start=1):
            assert scorer is not None
            with whole_file(_path(done, piece)) as path:
                path.write_bytes(
                    b"".join(self._scored(self.lines[piece * PIECE : (piece + 1) * PIECE], scorer))
                )
            log(f"{count} of {len(due)} pieces of {PIECE} lines scored")

    def _scored(self, lines: Sequence[Line], scorer: ScoresRows) -> Iterator[bytes]:
        rows = [line for line in lines if isinstance(line, Row)]
        prompted = recipe_for(self._archive) == "aed"
        scores = iter(score_rows(rows, scorer, prompted, self._request))
        for line in lines:
            if isinstance(line, Unread):
                yield line.line.rstrip(b"\r") + b"\n"
            else:
                yield scored_line(line, next(scores), _moved(line)).encode()

    def join(self, done: Path, out: Path) -> None:
        """One file of all pieces."""
        with out.open("wb") as file:
            for piece in range(self.pieces):
                file.write(_path(done, piece).read_bytes())


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


def _scorer(archive: Archive, request: ScoreRequest) -> ScoresRows:
    runtime.prepare()
    from train.nemo.score import Scorer

    return Scorer(archive, request.device)


def _path(done: Path, piece: int) -> Path:
    return done / f"{piece:06d}.jsonl"


def _moved(row: Row) -> str | None:
    """The audio's path in another folder, where the row's own is relative to the manifest's."""
    return None if Path(str(row.fields[AUDIO])).is_absolute() else str(row.audio.absolute())


def _key(request: ScoreRequest, lines: Sequence[Line], archive: Archive) -> str:
    """One name for all that the scores depend on."""
    digest = hashlib.blake2b(digest_size=12)
    settings = request.batch_size, request.device, request.max_duration_s, str(request.out), PIECE
    digest.update(json.dumps([settings, versions()], sort_keys=True).encode())
    for path in (archive.path, archive.checkpoint):
        if path is not None:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    for line in lines:
        where, content = (
            (line.place, line.raw.encode())
            if isinstance(line, Row)
            else (line.fault.where, line.line)
        )
        digest.update(f"{where} {len(content)} ".encode() + content)
    return digest.hexdigest()


def make_record(request: ScoreRequest, lines: Sequence[Line], scores: Path) -> Scores:
    """scores.json, by what stands in scores.jsonl; InputError where no row has a hypothesis."""
    given = [line for line in lines if isinstance(line, Row)]
    rows = [row for row in read_lines(scores) if isinstance(row, Row)]
    scored = [row for row in rows if row.fields[HYPOTHESIS] is not None]
    missing = tuple(_missing(given, [row.fields[SCORE_FIELD] for row in rows]))
    if not scored:
        what = "; ".join(f"{each.rows} rows: {each.reason}" for each in missing[:10])
        raise InputError.of("train score", f"no row can be scored ({what})", "correct the manifest")
    values = Counter(
        name for row in rows for name in SCORE_VALUES if row.fields[SCORE_FIELD][name] is not None
    )
    return Scores(
        command=request.command,
        versions=versions(),
        model=request.model,
        manifests=tuple(map(str, request.manifests)),
        lines=len(lines),
        scored=len(scored),
        hours=round(sum(row.duration_s for row in scored) / 3600, 6),
        malformed=len(lines) - len(rows),
        values={name: values[name] for name in SCORE_VALUES},
        missing=missing,
    )


def _missing(rows: Sequence[Row], scores: Sequence[Mapping[str, Any]]) -> Iterator[Missing]:
    """The reasons, most frequent first; those that differ in figures or paths only are one."""
    by_kind: dict[str, list[Row]] = {}
    for row, score in zip(rows, scores, strict=True):
        if reason := score.get(SCORE_REASON):
            kind = re.sub(r"\d+(?:\.\d+)?", "N", reason.partition(": ")[0])
            by_kind.setdefault(kind, []).append(row)
    for kind, alike in sorted(by_kind.items(), key=lambda each: (-len(each[1]), each[0])):
        yield Missing(reason=kind, rows=len(alike), first=alike[0].place)
