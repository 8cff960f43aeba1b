"""Compare the voices of manifests with their speakers: `score_voices(request)`.

Every line of every manifest ends in voices.jsonl, in its order, with how its voice compares with
that of its own speaker and of the others, and the cluster of voices that it is in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import ROOM, check_out, full_disk_as_error, resumable_directory
from curate.artifacts.score_fields import VOICE_ROWS, VOICE_VECTORS
from curate.environment.extras import require
from curate.errors import ConfigError
from train.artifacts.voices import Voices
from train.runs import runtime
from train.runs.lines import Lines, check_stored
from train.runs.pieces import DONE, Line, Log, Part, Pieces, Work
from train.voices.audio import LONGEST_S, SHORTEST_S
from train.voices.campplus import CamPlusPlus, ModelFiles
from train.voices.compared import Compared
from train.voices.embedding import Embedded, Embeds, piece_of
from train.voices.request import VoicesRequest

ROWS, VECTORS = VOICE_ROWS, VOICE_VECTORS

__all__ = ["ROWS", "VECTORS", "VoicesRequest", "embed_part", "score_voices"]

OUTPUT_FILES = frozenset({ROWS, VECTORS, Voices.file})
MODEL = "CAM++ (3D-Speaker)"


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
        embedded = work.embedded(stage / DONE, log)
        compared = Compared.of(work.pieces.lines, embedded, request.same_voice)
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
        files = None if request.embeddings else ModelFiles.of(request.model)
        lines = Lines.read(request.manifests, request.data, needs_text=False)
        if files is None:
            return cls(request, None, Pieces(lines.all, "given", ""))
        settings = request.device, str(request.out), SHORTEST_S, LONGEST_S
        key = lines.key(settings, [files.network, files.weights])
        return cls(request, files, Pieces(lines.all, key, ".npz"))

    def embedded(self, done: Path, log: Log) -> Embedded:
        """The voices of all lines."""
        if self.request.embeddings is not None:
            return Embedded.given(self.request.embeddings, self.pieces.lines)
        self.pieces.finish(done, range(self.pieces.count), self.start, log)
        return Embedded.of_pieces(self.pieces.paths(done), MODEL)

    def start(self, due: Sequence[Line]) -> Work:
        """Check the shards of the lines that are due, and load the model: what embeds a piece."""
        assert self.files is not None
        check_stored(due)
        return piece_of(_model(self.files, self.request.device))


def _model(files: ModelFiles, device: Literal["auto", "cpu", "gpu"]) -> Embeds:
    runtime.prepare()
    torch = require("torch", "voice embeddings")
    has_gpu = torch.cuda.is_available()
    if device == "gpu" and not has_gpu:
        raise ConfigError.of("--device", "torch sees no GPU", "--device cpu")
    return CamPlusPlus(files, "cpu" if device == "cpu" or not has_gpu else "cuda")
