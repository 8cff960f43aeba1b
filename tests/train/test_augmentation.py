"""Noise and impulse responses: checked before a run, shown in its plan, written for Lhotse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from curate.errors import ConfigError, InputError
from tests.lines import lines_of
from tests.train.planted import ROWS, row, write_model, write_shards
from train.config import RunConfig, Setting, load_config, parse_setting
from train.data.augmentation import read_augmentation, write_augmentation
from train.plan import Plan, make_plan
from train.pretrained import archive_of

RECIPE = """\
trainer: {max_steps: 30, val_check_interval: 10}
optim: {lr: 1e-5, warmup_steps: 1, min_lr: 1e-6}
train_ds: {batch_duration: 20, max_duration: 10, num_buckets: 2, num_workers: 4}
"""

Config = Callable[..., RunConfig]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    def build(*settings: str, rows: Any = ROWS) -> RunConfig:
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(RECIPE, encoding="utf-8")
        data = write_shards(tmp_path / "shards", rows)
        spec = {"spec_augment": {"freq_masks": 2, "freq_width": 27, "time_masks": 0}}
        model = write_model(tmp_path / "model.nemo", changes=spec)
        given = {"model": model, "data": data, "out": tmp_path / "run"}
        options = [Setting(f"--{key}", key, str(value)) for key, value in given.items()]
        return load_config(recipe, [*options, *map(parse_setting, settings)])

    return build


def noise(path: Path, seconds: float = 0.5, rate: int = 16_000, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (round(seconds * rate), channels)
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, shape), rate)
    return path


def plan_of(run: RunConfig) -> Plan:
    return make_plan(run, archive_of(run.model))


def effects(plan: Plan) -> dict[str, tuple[float | None, str]]:
    return {each.name: (each.share, each.effect) for each in plan.record().augmentation}


def test_the_plan_shows_each_augmentation_and_what_it_changes(
    config: Config, tmp_path: Path
) -> None:
    noise(tmp_path / "noise/a.wav", 3600 / 10)
    noise(tmp_path / "noise/deeper/b.flac", 1, 8000, 2)
    (tmp_path / "noise/README.txt").write_text("not audio", encoding="utf-8")
    settings = (
        f"augmentation.noise_path={tmp_path / 'noise'}",
        "augmentation.perturb_speed=true",
        "augmentation.lowpass_enabled=true",
        "augmentation.compression_enabled=true",
        "model.encoder.dropout_att=0.1",
    )
    shown = effects(plan_of(config(*settings, rows=[*ROWS, row(seconds=9.5)])))
    assert shown.keys() == {"noise", "speed", "low-pass", "compression", "SpecAugment", "dropout"}
    share, text = shown["noise"]
    assert share == 0.5
    assert text.startswith("10 to 20 dB SNR, of 2 files, 6.02 min")
    assert "1 resampled; 1 reduced to the first channel" in text
    assert "1 slow copies exceed 10 s and are dropped" in shown["speed"][1]
    assert shown["dropout"] == (None, "encoder.dropout_att 0.1")
    assert shown["SpecAugment"] == (1.0, "2 freq masks up to 27")


def test_slow_copies_are_the_longest_of_the_plan(config: Config) -> None:
    rows = [*ROWS, row(seconds=8.1)]
    fast, slow = (
        plan_of(config(f"augmentation.perturb_speed={value}", rows=rows)).facts.batches.longest_s
        for value in ("false", "true")
    )
    assert fast == 8.1
    assert slow == pytest.approx(9.0)


def test_every_unusable_file_is_named_at_once(config: Config, tmp_path: Path) -> None:
    sound = noise(tmp_path / "sound.wav")
    (tmp_path / "damaged.wav").write_bytes(b"RIFF")
    noise(tmp_path / "short.wav", 0.05)
    lines = [
        json.dumps({"audio_filepath": "sound.wav", "duration": 0.5, "text": "-"}),
        json.dumps({"audio_filepath": "absent.wav", "duration": 3}),
        json.dumps({"audio_filepath": "damaged.wav"}),
        json.dumps({"audio_filepath": "short.wav"}),
        json.dumps({"audio_filepath": "sound.wav", "offset": 0.45, "duration": 3.0}),
        json.dumps({"text": "no audio"}),
        "not JSON",
    ]
    manifest = tmp_path / "noise.json"
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = config(
        f"augmentation.noise_path={manifest}",
        "augmentation.rir_enabled=true",
        f"augmentation.rir_path={tmp_path / 'rirs'}",
    )
    with pytest.raises(InputError) as raised:
        read_augmentation(run)
    assert [(fault.where, fault.what.split(":")[0]) for fault in raised.value.faults] == [
        (f"{manifest}:2", "audio file is missing"),
        (f"{manifest}:3", "audio cannot be read"),
        (f"{manifest}:4", "audio is 0.05 s long, and 0.1 s are the least"),
        (f"{manifest}:5", "audio is 0.05 s long, and 0.1 s are the least"),
        (f"{manifest}:6", "has no audio_filepath"),
        (f"{manifest}:7", "has no audio_filepath"),
        (str(tmp_path / "rirs"), "there is no such file or directory"),
    ]
    assert sound.is_file()


def test_an_empty_directory_is_no_noise(config: Config, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no audio file"):
        read_augmentation(config(f"augmentation.noise_path={tmp_path / 'empty'}"))


def test_long_impulse_responses_are_taken_for_noise(config: Config, tmp_path: Path) -> None:
    noise(tmp_path / "rirs/a.wav", 30)
    rirs = ("augmentation.rir_enabled=true", f"augmentation.rir_path={tmp_path / 'rirs'}")
    plan = plan_of(config(*rirs))
    assert ("long-rirs", "warning") in {(each.code, each.level) for each in plan.findings}


def test_lhotse_reads_what_is_written_without_a_transcript(config: Config, tmp_path: Path) -> None:
    from lhotse import CutSet, RecordingSet

    noise(tmp_path / "long.wav", 2.0, 8000, 2)
    manifest = tmp_path / "noise.json"
    segment = {"audio_filepath": "long.wav", "offset": 0.5, "duration": 1.0, "text": "-"}
    manifest.write_text(json.dumps(segment), encoding="utf-8")
    noise(tmp_path / "rirs/r.wav", 0.3, 44_100)
    run = config(
        f"augmentation.noise_path={manifest}",
        "augmentation.rir_enabled=true",
        f"augmentation.rir_path={tmp_path / 'rirs'}",
    )
    run.out.mkdir()
    write_augmentation(run, read_augmentation(run), 16_000)
    cuts = list(CutSet.from_file(run.out / "augmentation/noise.jsonl").resample(16_000))
    assert [(cut.start, cut.duration, cut.supervisions) for cut in cuts] == [(0.5, 1.0, [])]
    assert cuts[0].load_audio().shape == (1, 16_000)
    rirs = list(RecordingSet.from_file(run.out / "augmentation/rirs.jsonl"))
    assert [rir.sampling_rate for rir in rirs] == [16_000]
    assert rirs[0].load_audio().shape == (1, 4800)
    assert len(lines_of((run.out / "augmentation/rirs.jsonl").read_text("utf-8"))) == 1


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("noise_snr=[20, 10]", "'augmentation.noise_snr' goes from 20 to 10"),
        ("rir_path=rirs", "rir_enabled is false"),
        ("lowpass_frequencies_interval=[0, 8000]", "is not positive"),
        ("compression_level_interval=[0.5, 1.5]", "is not between 0 and 1"),
        ("compression_codecs=[aac]", "cannot be 'aac'"),
        ("noise_mix_prob=2", "less than or equal to 1"),
        ("concatenate_samples=true", "unknown key"),
    ],
)
def test_settings_that_cannot_be_are_refused(config: Config, setting: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what.replace("[", r"\[")) as raised:
        config(f"augmentation.{setting}")
    assert raised.value.faults[0].where == f"--set augmentation.{setting}"
