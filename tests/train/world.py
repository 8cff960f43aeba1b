"""What the tests on real NeMo share: a little data, and tiny models, built and trained once each.

The audio is tones, a tone a word, so the models have something to learn.
"""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from curate.artifacts.shard_index import Shard
from tests.shard_indexes import shard_of, write_index
from train.config import RunConfig, Setting, load_config, parse_setting
from train.fit import RunRequest, TrainRun, fit
from train.tiny import FAMILIES, Kind, Sizes, TinyModel, build_tiny, read_architecture

NEMO = [
    pytest.mark.nemo,
    # Third parties' own, where they are told in our name; the rest `runtime.prepare` silences.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:audioread"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Lhotse leaves shards open
    pytest.mark.usefixtures("collected"),  # and they must be found while that is expected
]
"""The marks of a module that runs NeMo."""

SIZES = Sizes(d_model=32, layers=1, heads=2, subsampling_channels=8, decoder_layers=1)
TONES = {"ja": 300, "nein": 500, "doch": 800, "yes": 1200, "no": 1800, "well": 2500}
SENTENCES = {"de": ("ja nein", "doch ja", "nein doch ja"), "en": ("yes no", "well yes", "no well")}
STEPS = 6

RECIPE = f"""\
trainer: {{max_steps: {STEPS}, val_check_interval: 3, log_every_n_steps: 2, accelerator: cpu}}
optim: {{lr: 1e-3, warmup_steps: 1, min_lr: 1e-5}}
train_ds: {{batch_duration: 6, max_duration: 6, num_buckets: 2, num_workers: 0}}
validation_ds: {{batch_size: 4}}
"""


@dataclass(frozen=True)
class World:
    """The data, and the models and runs made on it so far; each is made when first asked for."""

    folder: Path
    _models: dict[Kind, TinyModel] = field(default_factory=dict)
    _runs: dict[Kind, TrainRun] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The shard folder."""
        return self.folder / "shards"

    @cached_property
    def english(self) -> Path:
        """A second shard folder, of English alone."""
        return write_data(self.folder / "english", ["en"])

    def model(self, kind: Kind) -> TinyModel:
        """The untrained model of a kind; the Canary has the encoder of the CTC model."""
        if kind not in self._models:
            encoder = str(self.model("ctc").path) if kind == "canary" else None
            path, manifests = self.folder / f"{kind}.nemo", [self.data / "train.jsonl"]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("train.tiny.read_architecture", short_search)
                self._models[kind] = build_tiny(path, manifests, kind, SIZES, 0, encoder)
        return self._models[kind]

    def run(self, kind: Kind) -> TrainRun:
        """The first run of a kind, with the recipe as it stands."""
        if kind not in self._runs:
            workers = ["train_ds.num_workers=1"] if kind == "ctc" else []
            config = self.config(self.model(kind).path, f"run-{kind}", *workers)
            self._runs[kind] = fit(RunRequest(config))
        return self._runs[kind]

    def config(self, model: Path, out: str, *settings: str) -> RunConfig:
        """The configuration of a run into `out`, with `--set` settings."""
        given = {"model": model, "data": self.data, "out": self.folder / out}
        options = [Setting(f"--{key}", key, str(value)) for key, value in given.items()]
        recipe = self.folder / "recipe.yaml"
        return load_config(recipe, [*options, *map(parse_setting, settings)])


def saved_weights(path: Path) -> dict[str, Any]:
    """The weights in an archive, as torch reads them; no model is built for that."""
    import torch

    with tarfile.open(path) as tar:
        return dict(torch.load(tar.extractfile("./model_weights.ckpt"), weights_only=True))


def short_search(kind: Kind) -> dict[str, Any]:
    """The architecture of a kind, with a Canary whose search ends at the number of frames.

    An untrained one searches to the end, in tests for a third of a fit's time. A frame takes 40 ms:
    behind the prompt more tokens have room than a sentence has.
    """
    config = read_architecture(kind)
    if FAMILIES[kind].architecture == "canary":
        config["decoding"]["beam"]["max_generation_delta"] = 0
    return config


def make_world(folder: Path) -> World:
    """Write the data and the recipe; the models come when they are asked for."""
    write_data(folder / "shards")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    return World(folder)


def write_data(folder: Path, languages: Sequence[str] = tuple(SENTENCES)) -> Path:
    """A shard folder as `curate shard` writes it, but by Lhotse's own writer."""
    from lhotse import CutSet

    (folder / "train").mkdir(parents=True)
    rows = {
        name: [row for row in tone_rows(folder, name, repeats) if row["lang"] in languages]
        for name, repeats in SPLITS
    }
    for name, group in rows.items():
        lines = "".join(json.dumps(row) + "\n" for row in group)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    cuts = CutSet.from_cuts(as_cut(row) for row in rows["train"])
    cuts.to_shar(folder / "train", fields={"recording": "flac"}, shard_size=9)
    shards = [shard(folder, path) for path in sorted((folder / "train").glob("cuts.*"))]
    hours = sum(row["duration"] for row in rows["eval"]) / 3600
    write_index(folder, shards, {"eval": (len(rows["eval"]), hours)})
    return folder


SPLITS = (("train", 3), ("eval", 1))


def tone_rows(folder: Path, split: str, repeats: int) -> Iterator[dict[str, Any]]:
    for repeat in range(repeats):
        for lang, sentences in SENTENCES.items():
            for number, text in enumerate(sentences):
                path = folder / f"{split}-{lang}-{number}-{repeat}.wav"
                soundfile.write(path, say(text, repeat), 16000)
                yield {
                    "audio_filepath": str(path),
                    "duration": soundfile.info(path).duration,
                    "text": text,
                    "lang": lang,
                    "source_lang": lang,
                    "target_lang": lang,
                    "pnc": "no",
                    "speaker": f"{lang}{repeat}",
                    "_curate": {"id": f"m:{number}", "verdict": "clean", "tags": []},
                }


def say(text: str, seed: int) -> Any:
    """A tone a word, and some noise."""
    times = np.arange(6400) / 16000
    tones = np.concatenate([np.sin(2 * np.pi * TONES[word] * times) for word in text.split()])
    return tones / 3 + np.random.default_rng(seed).normal(0, 0.01, len(tones))


def as_cut(row: dict[str, Any]) -> Any:
    from lhotse import Recording, SupervisionSegment

    cut = Recording.from_file(row["audio_filepath"]).to_cut()
    cut.supervisions = [
        SupervisionSegment(cut.id, cut.id, 0, cut.duration, text=row["text"], language=row["lang"])
    ]
    cut.custom = {key: row[key] for key in ("source_lang", "target_lang", "pnc")}
    return cut


def shard(folder: Path, cuts: Path) -> Shard:
    """The entry of a shard whose cuts stand in this file."""
    with gzip.open(cuts, "rt", encoding="utf-8") as file:
        durations = [json.loads(line)["duration"] for line in file]
    number = int(cuts.name.split(".")[1])
    return shard_of(folder, number, len(durations), sum(durations) / 3600)
