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
    lends it the encoder.
    """

    kind: Kind
    recipe: str
    shape: Mapping[str, int]
    settings: Sequence[str]
    start_steps: int
    steps: int
    arms: Sequence[str]
    encoder: Learner | None = None

    def digest(self, sizes: Sizes, digits: Path) -> str:
        """One name for what results depend on beside arm and seed."""
        figures = [
            *(self.settings, self.start_steps, self.steps, asdict(sizes)),
            *(*self.shape.values(), ONE_SHARE, EACH_SHARE),
        ]
        digest = hashlib.blake2b(json.dumps(figures).encode(), digest_size=8)
        digest.update(digits.read_bytes())
        digest.update((RECIPES / f"{self.recipe}.yaml").read_bytes())
        if self.encoder is not None:
            digest.update(self.encoder.digest(sizes, digits).encode())
        return digest.hexdigest()


SETTINGS = ("trainer.log_every_n_steps=100", "optim.lr=3e-3", "train_ds.batch_duration=20")
CTC = Learner("ctc", "tiny-ctc", {"d_model": 64, "layers": 2}, SETTINGS, 300, 200, ARMS)
"""250,000 parameters."""

CANARY = Learner(
    "canary",
    "tiny",
    {"d_model": 128, "layers": 3, "decoder_layers": 2, "decoder_inner": 512},
    ("trainer.log_every_n_steps=100", "train_ds.batch_duration=20"),
    start_steps=600,
    steps=300,
    arms=(
        *("start", "spoiled", "clean"),
        *(
            f"{name}{also}"
            for name in ("rules", "agreement", "over-filtered")
            for also in ("", RANDOM)
        ),
    ),
    encoder=Learner("ctc", "tiny-ctc", {"d_model": 128, "layers": 3}, SETTINGS, 300, 200, ARMS),
)
"""The shape and the recipe of `make demo`: a decoder learns late, so that all begin with an encoder
that CTC has trained. 1.8 million parameters."""

MODELS = {"ctc": CTC, "canary": CANARY}
