"""Augmented training on real NeMo: the same batches after a resume, and transcripts untouched."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.shard_indexes import write_index
from tests.train.world import NEMO, SENTENCES, World, saved_weights, shard
from train.fit import RunRequest, TrainRun, fit
from train.runs.signals import Interrupted

pytestmark = NEMO

STEPS = 4


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Noise shorter and longer than a recording, of another rate, with NeMo's text of noise."""
    folder = tmp_path_factory.mktemp("noise")
    random = np.random.default_rng(0)
    soundfile.write(folder / "short.wav", random.normal(0, 0.1, 1600), 8000)
    soundfile.write(folder / "long.wav", random.normal(0, 0.1, 160_000), 16_000)
    names = ("short.wav", "long.wav")
    lines = (json.dumps({"audio_filepath": name, "duration": 20, "text": "-"}) for name in names)
    (folder / "noise.json").write_text("\n".join(lines), encoding="utf-8")
    (folder / "rirs").mkdir()
    soundfile.write(folder / "rirs/room.wav", np.exp(-np.arange(800) / 90), 8000)
    return (
        f"trainer.max_steps={STEPS}",
        "trainer.val_check_interval=2",
        "checkpoints.export=last",
        f"augmentation.noise_path={folder / 'noise.json'}",
        "augmentation.noise_mix_prob=0.9",
        "augmentation.perturb_speed=true",
        "augmentation.rir_enabled=true",
        f"augmentation.rir_path={folder / 'rirs'}",
        "augmentation.lowpass_enabled=true",
        "augmentation.compression_enabled=true",
        "augmentation.compression_codecs=[opus, gsm]",
    )


class Seen:
    """What the model was given: cuts of training, and audio of validation."""

    def __init__(self) -> None:
        self.cuts: list[Any] = []
        self.texts: list[str] = []
        self.validated: list[Any] = []


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    from nemo.collections.asr.models import EncDecMultiTaskModel

    noted = Seen()
    training, validation = (
        getattr(EncDecMultiTaskModel, name) for name in ("training_step", "validation_pass")
    )

    def train(self: Any, batch: Any, index: int) -> Any:
        noted.cuts += list(batch.cuts)
        ids = batch.transcript.tolist()
        rows = zip(ids, batch.transcript_lens.tolist(), strict=True)
        noted.texts += [self.tokenizer.ids_to_text(row[:count]) for row, count in rows]
        return training(self, batch, index)

    def validate(self: Any, batch: Any, *given: Any, **named: Any) -> Any:
        noted.validated.append(batch.audio.clone())
        return validation(self, batch, *given, **named)

    monkeypatch.setattr(EncDecMultiTaskModel, "training_step", train)
    monkeypatch.setattr(EncDecMultiTaskModel, "validation_pass", validate)
    return noted


def tracks(cut: Any) -> list[Any]:
    return list(getattr(cut, "tracks", ()))


def weights(run: TrainRun) -> dict[str, Any]:
    return saved_weights(run.folder / "model.nemo")


def test_an_augmented_run_is_resumed_bit_for_bit(
    world: World, settings: tuple[str, ...], seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.nemo.callbacks import Freezing

    model = world.model("canary").path
    whole = fit(RunRequest(world.config(model, "augmented", *settings)))
    noisy = [
        any("noise-" in str(track.cut.recording_id) for track in tracks(cut)) for cut in seen.cuts
    ]
    assert 0 < sum(noisy) < len(noisy)
    ids = " ".join(cut.id for cut in seen.cuts)
    assert all(mark in ids for mark in ("_sp0.9", "_sp1.1", "_rvb", "_lowpassed", "_opus", "_gsm"))
    sentences = {text for group in SENTENCES.values() for text in group}
    assert {text.strip() for text in seen.texts} <= sentences  # the noise's text is in none
    text = (whole.folder / "validation/eval.jsonl").read_text(encoding="utf-8")
    longest, _ = soundfile.read(json.loads(text.split("\n")[0])["audio_filepath"])
    assert seen.validated[0][0].numpy() == pytest.approx(longest, abs=1e-6)  # is not augmented
    findings = [finding.what for finding in whole.record.findings]
    assert any("noise, speed, low-pass, reverberation, compression" in what for what in findings)

    def kill(self: Any, trainer: Any, model: Any, outputs: Any, batch: Any, index: int) -> None:
        if trainer.global_step == 3 and not sent:
            sent.append(3)
            os.kill(os.getpid(), signal.SIGTERM)

    sent: list[int] = []
    config = world.config(model, "augmented-stopped", *settings)
    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(Freezing, "on_train_batch_end", kill, raising=False)
        fit(RunRequest(config))
    resumed = fit(RunRequest(config, resume=True))
    assert resumed.record.resumed_at == (3,)
    before, after = weights(whole), weights(resumed)
    assert [name for name in before if (before[name] != after[name]).any()] == []


def test_rows_that_are_set_aside_stay_so_under_other_ids(
    world: World, settings: tuple[str, ...], seen: Seen, tmp_path: Path
) -> None:
    data = tmp_path / "shards"
    copy_with_a_long_text(world.data, data)
    more = ("faults.max_missing=0.2", f"data={data}", "train_ds.batch_duration=15")
    run = fit(RunRequest(world.config(world.model("canary").path, "aside-aug", *settings, *more)))
    assert run.record.recordings.drawn > 2 * 18  # so that each was drawn
    assert max(map(len, seen.texts)) < 100
    assert run.record.rows[0].problems[0].code == "too-long"


def copy_with_a_long_text(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder)
    first = folder / "train/cuts.000000.jsonl.gz"
    with gzip.open(first, "rt", encoding="utf-8") as file:
        cuts = [json.loads(line) for line in file]
    supervision = cuts[0]["supervisions"][0]
    supervision["text"] = " ".join([supervision["text"]] * 300)
    with gzip.open(first, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(cut) + "\n" for cut in cuts)
    shards = [shard(folder, path) for path in sorted((folder / "train").glob("cuts.*"))]
    write_index(folder, shards, {"eval": (6, 0.01)})
