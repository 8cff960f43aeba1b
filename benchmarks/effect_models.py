"""The models that `benchmarks.effect_real` trains: of what shape, from what, and for how long."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.effect_arms import (
    ARMS,
    EACH_SHARE,
    ONE_SHARE,
    RANDOM,
    Sizes,
)
from train.config import RECIPES
from train.tiny import Kind


@dataclass(frozen=True)
class Learner:
    """A tiny model: its `shape` in the words of `train.tiny.Sizes`, the steps that make the model
    which all arms of a seed begin with, and those of an arm. `encoder` is the model whose start
    lends it the encoder. The start is trained on `start_rows` utterances. With `start_takes` they
    are joined from takes that no arm has, so many of each speaker and word, and seeds with the same
    held-out speakers share the start.
    """

    kind: Kind
    recipe: str
    shape: Mapping[str, int]
    settings: Sequence[str]
    start_steps: int
    steps: int
    arms: Sequence[str]
    encoder: Learner | None = None
    start_rows: int = 120
    start_takes: int = 0

    def digest(self, sizes: Sizes, digits: Path) -> str:
        """One name for what results depend on beside arm and seed."""
        figures = [
            *(self.settings, self.start_steps, self.steps, asdict(sizes)),
            *(*self.shape.values(), ONE_SHARE, EACH_SHARE),
        ]
        if self.start_takes:
            figures.append(self.start_takes)
        digest = hashlib.blake2b(json.dumps(figures).encode(), digest_size=8)
        digest.update(digits.read_bytes())
        digest.update((RECIPES / f"{self.recipe}.yaml").read_bytes())
        if self.encoder is not None:
            digest.update(self.encoder.digest(sizes, digits).encode())
        return digest.hexdigest()


SETTINGS = ("trainer.log_every_n_steps=100", "optim.lr=3e-3", "train_ds.batch_duration=20")
CTC = Learner("ctc", "tiny-ctc", {"d_model": 64, "layers": 2}, SETTINGS, 300, 200, ARMS)
"""250,000 parameters."""

_START_ROWS, _START_TAKES = 1500, 10
"""A decoder learns the digits only from many different sequences of them. They are joined from a
fifth of the takes, so that an arm's audio is new to its start."""

CANARY = Learner(
    "canary",
    "tiny",
    {"d_model": 64, "layers": 2, "decoder_layers": 2, "decoder_inner": 256},
    ("trainer.log_every_n_steps=500", "optim.lr=3e-3", "train_ds.batch_duration=40"),
    start_steps=800,
    steps=100,
    arms=(
        *("start", "spoiled", "clean"),
        *(f"{name}{also}" for name in ("rules", "agreement") for also in ("", RANDOM)),
    ),
    encoder=Learner(
        *("ctc", "tiny-ctc", {"d_model": 64, "layers": 2}),
        ("trainer.log_every_n_steps=500", "optim.lr=3e-3", "train_ds.batch_duration=40"),
        *(400, 200, ARMS),
        start_rows=_START_ROWS,
        start_takes=_START_TAKES,
    ),
    start_rows=_START_ROWS,
    start_takes=_START_TAKES,
)
"""Its encoder is one that CTC has trained, since a decoder learns late. 384,000 parameters."""

MODELS = {"ctc": CTC, "canary": CANARY}
