"""Compare the voices of manifests with their speakers: `score_voices(request)`.

Every line of every manifest ends in voices.jsonl, in its order, with how its voice compares with
that of its own speaker and of the others, and the cluster of voices that it is in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from curate.arrays import Int64s
from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import ROOM, check_out, full_disk_as_error, resumable_directory
from curate.artifacts.score_fields import (
    SCORE_FIELD,
    VOICE_CLUSTER,
    VOICE_NEAREST,
    VOICE_REASON,
    VOICE_VALUES,
)
from curate.environment.extras import require
from curate.errors import ConfigError, InputError
from train.artifacts.scores import Missing
from train.artifacts.voices import Voices
from train.data.rows import Row
from train.runs import runtime
from train.runs.pieces import DONE, Line, Log, Part, Pieces, Work, key_of, read_all
from train.runs.provenance import versions
from train.scoring.missing import count_reasons
from train.scoring.row_scores import line_with, moved_path, score_of
from train.scoring.voice_clusters import cluster_voices
from train.scoring.voices import (
    VoiceScores,
    compare_voices,
    equal_error_rate,
    number_of,
)
from train.voices.audio import LONGEST_S, SHORTEST_S
from train.voices.campplus import CamPlusPlus, ModelFiles
from train.voices.embedding import Embedded, Embeds, piece_of

ROWS, VECTORS = "voices.jsonl", "voices.npy"
OUTPUT_FILES = frozenset({ROWS, VECTORS, Voices.file})
SAME_VOICE = 0.6
DECIMALS = 4
MODEL = "CAM++ (3D-Speaker)"


@dataclass(frozen=True, slots=True)
class VoicesRequest:
    """Whose voices to compare, by the embeddings of a file (`embeddings`), else by CAM++ from the
    directory `model` or as it is installed. Records whose cosine is `same_voice` or more are put
    into one cluster.
    """

    manifests: Sequence[Path]
    out: Path
    embeddings: Path | None = None
    model: Path | None = None
    device: Literal["auto", "cpu", "gpu"] = "auto"
    same_voice: float = SAME_VOICE
    command: str = ""


def score_voices(request: VoicesRequest, log: Log = lambda _: None) -> Voices:
    """Compare the voices of the manifests; voices.jsonl, voices.npy and voices.json stand in `out`,
    whole or not at all. InputError where no record has a voice.

    Pieces that an interrupted call, or calls of `embed_part`, have finished are taken as they are.
    """
    check_out(request.out, Voices.file)
    work = _Work.of(request)
    with (
        full_disk_as_error(request.out, ROOM),
        resumable_directory(request.out, OUTPUT_FILES, Voices.file, work.pieces.key) as stage,
    ):
        lines, embedded = work.pieces.lines, work.embedded(stage / DONE, log)
        compared = _Compared.of(lines, embedded, request.same_voice)
        folder = stage / "out"
        folder.mkdir(exist_ok=True)
        with (folder / ROWS).open("wb") as file:
            file.writelines(compared.lines())
        np.save(folder / VECTORS, embedded.voices)
        record = compared.record(request)
        write_artifact(folder, record)
    return record


def embed_part(request: VoicesRequest, part: Part, log: Log = lambda _: None) -> int:
    """Embed the pieces of one part, beside `out`; how many there are. `score_voices` with the same
    request takes them, once all parts are done. ConfigError where embeddings are given.
    """
    if request.embeddings is not None:
        raise ConfigError.of(
            "--part", "embeddings are given, so that none are made", "leave it out"
        )
    work = _Work.of(request)
    return work.pieces.finish_part(request.out, part, work.start, log)


@dataclass(frozen=True, slots=True)
class _Work:
    """The lines of a request in pieces, and what embeds them."""

    request: VoicesRequest
    files: ModelFiles | None
    pieces: Pieces

    @classmethod
    def of(cls, request: VoicesRequest) -> _Work:
        """InputError where there is no record, ConfigError where there is no model."""
        if request.embeddings is not None and request.model is not None:
            raise ConfigError.of("--model", "embeddings are given", "leave out --embeddings")
        if request.embeddings is not None:
            lines = read_all(request.manifests, needs_text=False)
            return cls(request, None, Pieces(lines, "given", ""))
        files = ModelFiles.of(request.model)
        lines = read_all(request.manifests, needs_text=False)
        settings = request.device, str(request.out), SHORTEST_S, LONGEST_S
        key = key_of(settings, [files.network, files.weights], lines)
        return cls(request, files, Pieces(lines, key, ".npz"))

    def embedded(self, done: Path, log: Log) -> Embedded:
        """The voices of all lines."""
        if self.request.embeddings is not None:
            return Embedded.given(self.request.embeddings, self.pieces.lines)
        self.pieces.finish(done, range(self.pieces.count), self.start, log)
        return Embedded.of_pieces(self.pieces.paths(done), MODEL)

    def start(self) -> Work:
        """Load the model: what embeds the lines of a piece."""
        assert self.files is not None
        return piece_of(_model(self.files, self.request.device))


def _model(files: ModelFiles, device: Literal["auto", "cpu", "gpu"]) -> Embeds:
    runtime.prepare()
    torch = require("torch", "voice embeddings")
    has_gpu = torch.cuda.is_available()
    if device == "gpu" and not has_gpu:
        raise ConfigError.of("--device", "torch sees no GPU", "--device cpu")
    return CamPlusPlus(files, "cpu" if device == "cpu" or not has_gpu else "cuda")


@dataclass(frozen=True, slots=True)
class _Compared:
    """Lines with how their voices compare; `speaker` is the number of each line's name."""

    given: Sequence[Line]
    embedded: Embedded
    names: Sequence[str]
    speaker: Int64s
    scores: VoiceScores
    cluster: Int64s

    @classmethod
    def of(cls, lines: Sequence[Line], embedded: Embedded, same_voice: float) -> _Compared:
        """InputError where no record has a voice."""
        is_row = np.array([isinstance(line, Row) for line in lines])
        embedded.voices[~is_row] = np.nan
        if np.isnan(embedded.voices[:, 0]).all():
            reasons = [each.reason for each in _missing(lines, embedded.reasons)]
            what = f"no record has a voice ({'; '.join(reasons[:10])})"
            what = f"no record has a voice ({'; '.join(reasons[:10])})"
            raise InputError.of("train voices", what, "correct the manifest or the embeddings")
        names, speaker = number_of(
            [line.speaker if isinstance(line, Row) else None for line in lines]
        )
        scores = compare_voices(embedded.voices, speaker, len(names))
        cluster = cluster_voices(embedded.voices, speaker, len(names), same_voice)
        return cls(lines, embedded, names, speaker, scores, cluster)

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return int(self.cluster.max()) + 1

    def lines(self) -> Iterator[bytes]:
        """Each line with its numbers; one that is no record as it is."""
        for at, line in enumerate(self.given):
            if isinstance(line, Row):
                yield line_with(line, self._fields(at, line), moved_path(line)).encode()
            else:
                yield line.line.rstrip(b"\r") + b"\n"

    def _fields(self, at: int, row: Row) -> dict[str, Any]:
        scores, nearest, cluster = self.scores, self.scores.nearest[at], self.cluster[at]
        own, other = float(scores.own[at]), float(scores.other[at])
        numbers = {
            name: None if np.isnan(value) else round(value, DECIMALS)
            for name, value in zip(VOICE_VALUES, (own, other, own - other), strict=True)
        }
        reason = self.embedded.reasons[at]
        before = {name: value for name, value in score_of(row).items() if name != VOICE_REASON}
        return {
            SCORE_FIELD: before | numbers | ({VOICE_REASON: reason} if reason else {}),
            VOICE_NEAREST: self.names[nearest] if nearest >= 0 else None,
            VOICE_CLUSTER: f"voice{cluster + 1}" if cluster >= 0 else None,
        }

    def record(self, request: VoicesRequest) -> Voices:
        """voices.json."""
        there = ~np.isnan(self.embedded.voices[:, 0])
        rows = [line for line in self.given if isinstance(line, Row)]
        embedded = [line for at, line in enumerate(self.given) if there[at]]
        values = (self.scores.own, self.scores.other, self.scores.own - self.scores.other)
        return Voices(
            command=request.command,
            versions=versions(),
            model=self.embedded.model,
            dimensions=self.embedded.voices.shape[1],
            same_voice=request.same_voice,
            manifests=tuple(map(str, request.manifests)),
            lines=len(self.given),
            embedded=len(embedded),
            hours=round(sum(e.duration_s for e in embedded if isinstance(e, Row)) / 3600, 6),
            malformed=len(self.given) - len(rows),
            named=int((there & (self.speaker >= 0)).sum()),
            speakers=len(self.names),
            clusters=self.clusters,
            values={
                name: int((~np.isnan(each)).sum())
                for name, each in zip(VOICE_VALUES, values, strict=True)
            },
            equal_error_rate=equal_error_rate(self.embedded.voices, self.speaker),
            missing=_missing(self.given, self.embedded.reasons),
        )


def _missing(lines: Sequence[Line], reasons: Sequence[str]) -> tuple[Missing, ...]:
    rows = zip(lines, reasons, strict=True)
    return count_reasons((line, reason) for line, reason in rows if isinstance(line, Row))
