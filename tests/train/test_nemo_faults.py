"""Faults in the middle of a fit, on real NeMo: signals, bad numbers, bad audio, a full GPU."""

from __future__ import annotations

import errno
import gzip
import json
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError, CurateError, GateFailed, InputError
from tests.lines import lines_of
from tests.train.world import NEMO, World, saved_weights
from train.fit import RunRequest, TrainRun, fit
from train.runs.signals import Interrupted
from train.tiny import Kind

pytestmark = NEMO

Hook = Callable[[Any, Any], None]


@contextmanager
def after_each_step(monkeypatch: pytest.MonkeyPatch, do: Hook) -> Iterator[None]:
    """Call `do(trainer, model)` after every step, before anything else of ours sees it."""
    from train.nemo.callbacks import Freezing

    def hook(self: Any, trainer: Any, model: Any, outputs: Any, batch: Any, index: int) -> None:
        do(trainer, model)

    with monkeypatch.context() as patch:
        patch.setattr(Freezing, "on_train_batch_end", hook, raising=False)
        yield


def weights(run: TrainRun) -> dict[str, Any]:
    return saved_weights(run.folder / "model.nemo")


STEP = random.SystemRandom().randint(1, 8)
"""Anywhere in the run: it validates at 3, 6 and 9, and none of it is a special place."""

ALONE = ("train_ds.num_workers=0",)
ACCUMULATED = ("train_ds.num_workers=1", "trainer.accumulate_grad_batches=2")
TWO_WORKERS = ("train_ds.num_workers=2",)
BLENDED = ("train_ds.num_workers=1", "blend={{also: [{english}], temperature: 0}}")
EXACT = [  # no id names the random step: processes that share the tests must collect the same
    pytest.param("canary", ALONE, signal.SIGTERM, STEP, id="anywhere"),
    pytest.param("ctc", ACCUMULATED, signal.SIGUSR1, 4, id="accumulated"),
    pytest.param("ctc", TWO_WORKERS, signal.SIGINT, 6, id="validation-pending"),
    pytest.param("ctc", BLENDED, signal.SIGTERM, 4, id="blended"),
]


NINE_STEPS = ("trainer.max_steps=9", "checkpoints.export=last")

Undisturbed = Callable[[Kind, tuple[str, ...]], TrainRun]


@pytest.fixture(scope="module")
def undisturbed(world: World) -> Undisturbed:
    """A run of nine steps that goes on to its end, by its kind and settings; made once."""

    @cache
    def run(kind: Kind, settings: tuple[str, ...]) -> TrainRun:
        out = f"whole-{kind}-{run.cache_info().misses}"
        whole = fit(RunRequest(world.config(world.model(kind).path, out, *NINE_STEPS, *settings)))
        assert multiprocessing.active_children() == []  # else torch waits 5 s for each, later
        return whole

    return run


@pytest.mark.parametrize(("kind", "settings", "number", "step"), EXACT)
def test_a_stopped_run_goes_on_bit_for_bit(
    world: World,
    undisturbed: Undisturbed,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    settings: tuple[str, ...],
    number: signal.Signals,
    step: int,
) -> None:
    def kill(trainer: Any, model: Any) -> None:
        if trainer.global_step == step and not sent:
            sent.append(step)
            os.kill(os.getpid(), number)

    sent: list[int] = []
    settings = tuple(setting.format(english=world.english) for setting in settings)
    whole = undisturbed(kind, settings)
    out = f"stopped-{kind}-{number}"
    config = world.config(world.model(kind).path, out, *NINE_STEPS, *settings)
    with after_each_step(monkeypatch, kill), pytest.raises(Interrupted) as raised:
        fit(RunRequest(config))
    assert raised.value.exit_code == 128 + number
    assert not (config.out / "model.nemo").exists()
    resumed = fit(RunRequest(config, resume=True))
    assert resumed.record.resumed_at == (step,)
    before, after = weights(whole), weights(resumed)
    assert [name for name in before if (before[name] != after[name]).any()] == []
    for part in ("loss", "validation", "recordings", "audio_hours_seen", "data"):
        assert getattr(resumed.record, part) == getattr(whole.record, part)
    assert columns(resumed) == columns(whole)


def test_a_run_that_waits_for_slow_workers_stops_at_once_and_goes_on(
    world: World, undisturbed: Undisturbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.nemo.loader import _Survivors

    load, calls, times = _Survivors.__call__, [], []

    def slow(self: Any, cuts: Any) -> Any:  # each worker counts for itself
        calls.append(cuts)
        if len(calls) > 2:
            time.sleep(60)
        return load(self, cuts)

    def ask() -> None:
        times.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGTERM)

    def kill_later(trainer: Any, model: Any) -> None:
        if trainer.global_step == 4:  # the last batch that comes
            threading.Timer(0.3, ask).start()

    config = world.config(world.model("ctc").path, "slow-stopped", *NINE_STEPS, *TWO_WORKERS)
    with monkeypatch.context() as patch, after_each_step(patch, kill_later):
        patch.setattr(_Survivors, "__call__", slow)
        with pytest.raises(Interrupted) as raised:
            fit(RunRequest(config))
    assert raised.value.exit_code == 143
    del raised
    for worker in multiprocessing.active_children():
        worker.join()
    assert time.monotonic() - times[0] < 5
    resumed = fit(RunRequest(config, resume=True))
    assert resumed.record.resumed_at == (4,)
    before, after = weights(undisturbed("ctc", TWO_WORKERS)), weights(resumed)
    assert [name for name in before if (before[name] != after[name]).any()] == []


def columns(run: TrainRun) -> list[tuple[str, str]]:
    """Step and loss of every row of metrics.csv."""
    lines = lines_of((run.folder / "metrics.csv").read_text(encoding="utf-8"))
    names = lines[0].split(",")
    places = names.index("step"), names.index("train_loss")
    split = [line.split(",") for line in lines[1:]]
    rows = [(cells[places[0]], cells[places[1]]) for cells in split]
    assert len(rows) > 3
    return rows


def test_a_checkpoint_appears_whole_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import torch

    from train.nemo.checkpoints import WholeCheckpoints

    path, files = tmp_path / "last.ckpt", WholeCheckpoints()
    files.save_checkpoint({"state_dict": {"weight": torch.ones(3)}, "global_step": 5}, path)
    good = path.read_bytes()

    def full(what: Any, where: Path) -> None:
        Path(where).write_bytes(b"half of i")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        files.save_checkpoint({"state_dict": {}, "global_step": 6}, path)
    assert path.read_bytes() == good
    assert [entry.name for entry in tmp_path.iterdir()] == ["last.ckpt"]
    assert files.load_checkpoint(path)["global_step"] == 5


CONNECTOR = "nemo.core.connectors.save_restore_connector.SaveRestoreConnector"
PLACES = {
    "metrics.csv": ("lightning.pytorch.loggers.csv_logs.ExperimentWriter.save", "full-1"),
    "last.ckpt": ("torch.save", "last.ckpt"),
    "unpacked": (f"{CONNECTOR}._unpack_nemo_file", tempfile.gettempdir()),
    "gathered": (f"{CONNECTOR}._save_state_dict_to_disk", tempfile.gettempdir()),
    "model.nemo": (f"{CONNECTOR}._make_nemo_file_from_folder", "full-5"),
}
"""What writes to the disk, and what the error names as full."""


@pytest.mark.parametrize("place", PLACES)
def test_a_full_disk_is_one_error_and_the_run_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    name, named = PLACES[place]
    out = f"full-{list(PLACES).index(place) + 1}"
    short = ("trainer.max_steps=2", "trainer.val_check_interval=2")
    config = world.config(world.model("ctc").path, out, *short)
    with monkeypatch.context() as patch:
        patch.setattr(name, full)
        with pytest.raises(ConfigError, match=f"{named}: cannot be written: .*No space left"):
            fit(RunRequest(config))
    assert not (config.out / "run.json").exists()
    assert fit(RunRequest(config, resume=True)).record.steps == 2


@pytest.mark.parametrize("content", [b"", b"half of it"])
def test_a_damaged_checkpoint_is_told_and_runs_nothing(tmp_path: Path, content: bytes) -> None:
    from train.nemo.checkpoints import WholeCheckpoints

    path = tmp_path / "last.ckpt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as a checkpoint"):
        WholeCheckpoints().load_checkpoint(path)


def test_weights_that_are_no_numbers_are_never_saved(tmp_path: Path) -> None:
    import torch

    from train.nemo.checkpoints import WholeCheckpoints

    bad = {"state_dict": {"a": torch.ones(2), "b": torch.tensor([1.0, float("nan")])}}
    with pytest.raises(GateFailed, match="b and 0 more weights"):
        WholeCheckpoints().save_checkpoint(bad, tmp_path / "last.ckpt")
    assert list(tmp_path.iterdir()) == []


def poison(monkeypatch: pytest.MonkeyPatch, steps: set[int]) -> None:
    """Make the audio of the batches of these steps infinitely loud."""
    from train.nemo.callbacks import Freezing

    original = Freezing.on_train_batch_start

    def hook(self: Any, trainer: Any, model: Any, batch: Any, index: int) -> None:
        original(self, trainer, model, batch, index)
        if index + 1 in steps:
            batch[0].fill_(float("inf"))

    monkeypatch.setattr(Freezing, "on_train_batch_start", hook)


def test_a_step_without_finite_gradients_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    seen: dict[int, dict[str, Any]] = {}

    def keep(trainer: Any, model: Any) -> None:
        state = {name: value.clone() for name, value in model.state_dict().items()}
        seen[trainer.global_step] = state

    poison(monkeypatch, {3, 4})
    config = world.config(world.model("ctc").path, "poisoned", "checkpoints.export=last")
    with after_each_step(monkeypatch, keep):
        run = fit(RunRequest(config))
    assert [each.step for each in run.record.skipped_steps] == [3, 4]
    assert all(each.ids for each in run.record.skipped_steps)
    for step in (3, 4):
        assert all(torch.equal(seen[2][name], seen[step][name]) for name in seen[2])
    assert any(not torch.equal(seen[4][name], seen[5][name]) for name in seen[2])
    assert all(value.isfinite().all() for value in weights(run).values())
    assert any("2 steps had gradients" in finding.what for finding in run.record.findings)


@pytest.mark.parametrize(
    ("setting", "steps"), [("faults.nonfinite=stop", {2}), ("faults.most_skipped=2", {2, 3})]
)
def test_a_run_that_diverges_stops_and_names_the_records(
    world: World, monkeypatch: pytest.MonkeyPatch, setting: str, steps: set[int]
) -> None:
    poison(monkeypatch, steps)
    config = world.config(world.model("ctc").path, f"diverged-{len(steps)}", setting)
    with pytest.raises(GateFailed, match=f"{len(steps)} step") as raised:
        fit(RunRequest(config))
    assert raised.value.exit_code == 1
    assert f"step {max(steps)}" in str(raised.value)
    assert not (config.out / "model.nemo").exists()


def test_a_full_gpu_is_told_as_the_batch_that_filled_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def full(trainer: Any, model: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    config = world.config(world.model("ctc").path, "full")
    with after_each_step(monkeypatch, full), pytest.raises(ConfigError) as raised:
        fit(RunRequest(config))
    fault = raised.value.faults[0]
    assert fault.where == "train_ds.batch_duration"
    assert "recordings, the longest" in fault.what
    smaller = float(fault.hint.split("batch_duration=")[1].split()[0].rstrip(","))
    assert 0 < smaller < config.train_ds.batch_duration


def damaged(world: World, folder: Path, damage: Callable[[bytes], bytes]) -> Path:
    """The world's shards with the first recordings' audio damaged, of the same size."""
    shutil.copytree(world.data, folder)
    tar = folder / "train/recording.000000.tar"
    tar.write_bytes(damage(tar.read_bytes()))
    return folder


def break_flac(count: int) -> Callable[[bytes], bytes]:
    """Break the first `count` FLAC streams of a tar file."""
    return lambda content: content.replace(b"fLaC", b"nope", count)


def test_unreadable_audio_is_counted_and_named(world: World, tmp_path: Path) -> None:
    data = damaged(world, tmp_path / "shards", break_flac(2))
    config = world.config(world.model("ctc").path, "lost", "faults.max_missing=0.5")
    run = fit(RunRequest(config.model_copy(update={"data": data})))
    recordings = run.record.recordings
    assert recordings.lost >= 2  # shards repeat, so they are met again
    assert len(recordings.lost_ids) == 2
    assert any("could not be read" in finding.what for finding in run.record.findings)


def test_too_much_unreadable_audio_stops_the_run(world: World, tmp_path: Path) -> None:
    data = damaged(world, tmp_path / "shards", break_flac(9))
    config = world.config(world.model("ctc").path, "silent").model_copy(update={"data": data})
    with pytest.raises(GateFailed, match="cannot be read") as raised:
        fit(RunRequest(config))
    assert "--max-missing" in str(raised.value)
    assert (config.out / "checkpoints/last.ckpt").is_file()  # goes on when told to
    more = config.model_copy(update={"faults": config.faults.model_copy(update={"max_missing": 1})})
    assert fit(RunRequest(more, resume=True)).record.recordings.lost > 1


def test_a_recording_of_an_hour_makes_no_batch_of_an_hour(world: World, tmp_path: Path) -> None:
    import numpy as np
    import soundfile
    from lhotse import CutSet

    from tests.train.world import as_cut, shard, tone_rows

    folder = tmp_path / "shards"
    shutil.copytree(world.data, folder)
    hour = tmp_path / "hour.flac"
    soundfile.write(hour, np.zeros(16_000 * 3600, dtype=np.int16), 16_000)
    row = next(tone_rows(tmp_path, "train", 1)) | {"audio_filepath": str(hour), "duration": 3600}
    (tmp_path / "one").mkdir()
    CutSet.from_cuts([as_cut(row)]).to_shar(
        tmp_path / "one", fields={"recording": "original"}, shard_size=1
    )
    for name in ("cuts.{}.jsonl.gz", "recording.{}.tar"):
        (tmp_path / "one" / name.format("000000")).rename(folder / "train" / name.format("000009"))
    index = json.loads((folder / "shards.json").read_text(encoding="utf-8"))
    index["shards"].append(shard(folder, folder / "train/cuts.000009.jsonl.gz").as_json())
    index["cuts"] += 1
    (folder / "shards.json").write_text(json.dumps(index), encoding="utf-8")
    config = world.config(world.model("ctc").path, "hour").model_copy(update={"data": folder})
    run = fit(RunRequest(config))
    assert run.record.steps == config.trainer.max_steps
    assert run.record.audio_hours_seen * 3600 < config.trainer.max_steps * 6 * 1.5
    with gzip.open(folder / "train/cuts.000009.jsonl.gz", "rt") as file:
        assert json.loads(file.read())["duration"] == 3600


def test_a_run_that_never_began_is_resumed_from_the_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(trainer: Any, model: Any) -> None:
        raise CurateError.of("test", "stopped in the first step, before any checkpoint")

    config = world.config(world.model("ctc").path, "unbegun", "train_ds.num_workers=1")
    with after_each_step(monkeypatch, fail), pytest.raises(CurateError, match="first step"):
        fit(RunRequest(config))
    run = fit(RunRequest(config, resume=True))
    assert run.record.resumed_at == ()
    assert run.record.loss == world.run("ctc").record.loss
