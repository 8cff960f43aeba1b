"""Trials and their comparison; no NeMo in here but for the last test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from curate.artifacts.base import read_artifact
from curate.errors import ConfigError, InputError
from tests.nemo_programs import run_program
from tests.train.planted import write_shards
from tests.train.world import NEMO, RECIPE, World
from train.artifacts.sweep import Sweep
from train.config import RunConfig, Setting, load_config, parse_setting
from train.data.rows import Row
from train.scoring.edits import Edits
from train.scoring.scoring import Scored
from train.sweep import NONE, FinishedTrial, SweepRequest, compare, sweep, trials
from train.trial import run_trial, run_trials, slots_for

ROWS = 400


def errors(rate: float, seed: int) -> tuple[int, ...]:
    """Errors of ten words an utterance."""
    return tuple(int(number) for number in np.random.default_rng(seed).binomial(10, rate, ROWS))


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["freeze.encoder=both"], ["encoder=true", "encoder=false"]),
        (["optim.lr=1e-4,3e-4"], ["lr=1e-4", "lr=3e-4"]),
        (["a=1,2", "b=3,4"], ["a=1,b=3", "a=1,b=4", "a=2,b=3", "a=2,b=4"]),
    ],
)  # fmt: skip
def test_every_combination_is_a_trial(options: list[str], names: list[str]) -> None:
    assert [trial.name for trial in trials(options)] == names


@pytest.mark.parametrize("option", ["optim.lr", "optim.lr=1e-4", "optim.lr=1,1", "=both"])
def test_what_compares_nothing_is_refused(option: str) -> None:
    with pytest.raises(ConfigError):
        trials([option])


def tried(*errors: tuple[int, ...]) -> list[FinishedTrial]:
    """Trials that made so many errors in the utterances of fifty speakers."""
    named = trials([f"seed={','.join(str(number) for number in range(len(errors)))}"])
    return [
        FinishedTrial(trial, tuple(scored(number, count) for number, count in enumerate(one)))
        for trial, one in zip(named, errors, strict=True)
    ]


def scored(number: int, errors: int) -> Scored:
    fields = {
        "audio_filepath": f"{number}.wav", "duration": 3, "text": "", "speaker": number % 50,
    }  # fmt: skip
    edits = Edits(ref_words=10, substitutions=errors)
    return Scored(Row(Path("m"), number + 1, "", fields), "", edits)


def test_a_sure_difference_has_a_winner() -> None:
    comparison = compare(tried(errors(0.2, 1), errors(0.1, 2), errors(0.3, 3)))
    assert comparison.winner == comparison.best == "seed=1"
    assert comparison.no_worse_than_best == ("seed=1",)
    changes = [trial.against_best for trial in comparison.trials]
    conclusions = [change.conclusion if change else None for change in changes]
    assert conclusions == ["worse", None, "worse"]
    assert comparison.trials[0].wer.wer == pytest.approx(0.2, abs=0.02)


def test_what_chance_explains_is_no_difference() -> None:
    comparison = compare(tried(errors(0.2, 1), errors(0.2, 2)))
    assert comparison.winner == NONE
    assert comparison.no_worse_than_best == ("seed=0", "seed=1")


def test_pairing_sees_what_separate_intervals_cannot() -> None:
    hard = errors(0.3, 1)
    slightly = tuple(max(0, count - (number % 5 == 0)) for number, count in enumerate(hard))
    comparison = compare(tried(hard, slightly))
    worse, better = (trial.wer for trial in comparison.trials)
    assert worse.wer_low is not None
    assert better.wer_high is not None
    assert worse.wer_low < better.wer_high
    assert comparison.winner == "seed=1"


Parallel = Callable[..., RunConfig]


@pytest.fixture
def config(tmp_path: Path) -> Parallel:
    """A configuration on planted shards, for a trial that is never really run."""

    def build(name: str, *settings: str) -> RunConfig:
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(RECIPE, encoding="utf-8")
        data = tmp_path / "shards"
        given = {
            "model": "m.nemo",
            "data": data if data.exists() else write_shards(data),
            "out": tmp_path / name,
        }
        options = [Setting(f"--{key}", key, str(value)) for key, value in given.items()]
        return load_config(recipe, [*options, *map(parse_setting, settings)])

    return build


def test_trials_run_at_once_each_with_a_log(
    config: Parallel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    together, environments = threading.Barrier(2, timeout=20), []

    def start(command: list[str], **options: Any) -> CompletedProcess[bytes]:
        assert command[1:4] == ["-P", "-m", "train.trial"]
        environments.append(options["env"])
        together.wait()  # fails unless two are here at the same time
        options["stdout"].write(command[4].encode())
        return CompletedProcess(command, int("fails" in command[4]))

    monkeypatch.setenv("OMP_NUM_THREADS", "6")
    monkeypatch.setattr("train.trial.subprocess", SimpleNamespace(run=start))
    named = {name: config(name, "trainer.accelerator=cpu") for name in ("a", "b", "c-fails", "d")}
    with pytest.raises(InputError, match="ended with exit code 1") as raised:
        run_trials(named, 2, lambda _: None)
    assert [fault.where for fault in raised.value.faults] == ["trial 'c-fails'"]
    assert len(environments) == 4
    assert {each["OMP_NUM_THREADS"] for each in environments} == {"3"}
    assert all(
        str(tmp_path / f"{name}.yaml") in (tmp_path / f"{name}.log").read_text("utf-8")
        for name in named
    )


def test_each_slot_has_gpus_of_its_own(config: Parallel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.trial._gpus", lambda: ("4", "5", "6", "7"))
    on_gpu = ("train_ds.num_workers=1", "trainer.accelerator=gpu")
    pairs = [config("a", "trainer.devices=2", *on_gpu), config("b", *on_gpu)]
    seen = [slot.environment["CUDA_VISIBLE_DEVICES"] for slot in slots_for(pairs, 2)]
    assert seen == ["4,5", "6,7"]
    with pytest.raises(ConfigError, match="3 trials on 2 GPUs each need 6, and 4 are visible"):
        slots_for(pairs, 3)
    with pytest.raises(ConfigError, match="one machine"):
        slots_for([config("c", "trainer.num_nodes=2", *on_gpu)], 1)


class TestSweep:
    """On real NeMo."""

    pytestmark = NEMO

    def test_a_sweep_compares_what_it_ran(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        second_trial_here(monkeypatch)
        out = world.folder / "sweep"
        settings = ("trainer.max_steps=3", "trainer.val_check_interval=3")
        configs = {}
        for trial in trials(["optim.lr=1e-3,1e-5"]):
            chosen = [f"{setting.key}={setting.value}" for setting in trial.settings]
            configs[trial] = world.config(world.model("ctc").path, "x", *settings, *chosen)
            configs[trial] = configs[trial].model_copy(update={"out": out / trial.name})
        messages: list[str] = []
        request = SweepRequest(configs, out, "train sweep")
        record = sweep(request, messages.append)
        assert read_artifact(out, Sweep) == record
        assert record.utterances == 6
        assert [trial.settings for trial in record.trials] == [
            {"optim.lr": 1e-3}, {"optim.lr": 1e-5},
        ]  # fmt: skip
        recordings = [run_of(out / trial.name)["recordings"] for trial in configs]
        assert recordings[0] == recordings[1]
        again: list[str] = []
        assert sweep(request, again.append) == record
        assert all("complete already" in line for line in again)


def second_trial_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the first trial a process of its own, as all have; run others here: NeMo is imported."""
    commands: list[list[str]] = []

    def start(command: list[str], **options: Any) -> CompletedProcess[str]:
        commands.append(command)
        if len(commands) == 1:
            return run_program(command, env=options["env"])
        run_trial(*command[-3:])
        return CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("train.trial.subprocess", SimpleNamespace(run=start))
    monkeypatch.setattr(
        "curate.terminal.command.run", lambda work: work()
    )  # which ends the process


def run_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return content
