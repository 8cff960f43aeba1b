"""Short trials of listed options, on the same data in the same order, and which of them is better.

A trial is a whole run in a process of its own, evaluated on the eval manifest. Trials are compared
utterance by utterance, so a difference that chance explains is called none.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from curate.artifacts.base import write_artifact
from curate.errors import ConfigError
from train.artifacts.sweep import Sweep, TrialResult, TrialWer
from train.artifacts.wer import Change
from train.config import RunConfig, Setting, parse_setting
from train.data.rows import read_rows
from train.runs.provenance import versions
from train.scoring.against import Pairs
from train.scoring.rates import ScoredRows
from train.scoring.scoring import Scored, predicted
from train.trial import Log, predictions_of, run_trials

NONE = "no difference"


@dataclass(frozen=True, slots=True)
class Trial:
    """One combination of options; `name` is also its folder."""

    name: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class FinishedTrial:
    """A finished trial: every utterance of the eval manifest with its prediction."""

    trial: Trial
    scored: tuple[Scored, ...]

    @property
    def errors(self) -> int:
        """Words that are wrong, in all."""
        return sum(item.edits.word_edits for item in self.scored if item.edits)


def trials(varied: Sequence[str]) -> tuple[Trial, ...]:
    """Every combination of `key=value,value` options; `both` stands for true and false.

    >>> [trial.name for trial in trials(["optim.lr=1e-4,3e-4", "freeze.encoder=both"])][:2]
    ['lr=1e-4,encoder=true', 'lr=1e-4,encoder=false']
    """
    choices = [_choices(option) for option in varied]
    return tuple(
        Trial(",".join(name for name, _ in one), tuple(setting for _, setting in one))
        for one in itertools.product(*choices)
    )


def _choices(option: str) -> list[tuple[str, Setting]]:
    key, equals, listed = option.partition("=")
    values = ["true", "false"] if listed == "both" else listed.split(",")
    if not equals or len(set(values)) < 2:
        what = "is not key=value,value: at least two different values are compared"
        raise ConfigError.of(f"--vary {option}", what, "--vary optim.lr=1e-4,3e-4")
    short = key.rpartition(".")[2]
    return [(f"{short}={value}", parse_setting(f"{key}={value}", "--vary")) for value in values]


@dataclass(frozen=True)
class SweepRequest:
    """Trials to run and compare, `parallel` at once, each on its own devices.

    The `out` of each configuration is the trial's directory.
    """

    configs: Mapping[Trial, RunConfig]
    out: Path
    command: str = ""
    parallel: int = 1


def sweep(request: SweepRequest, log: Log = lambda _: None) -> Sweep:
    """Run every trial that is not complete yet, compare them, and write sweep.json."""
    configs = request.configs
    by_name = {trial.name: config for trial, config in configs.items()}
    run_trials(by_name, request.parallel, log)
    record = compare([_read(trial, config) for trial, config in configs.items()], request.command)
    write_artifact(request.out / Sweep.file, record)
    return record


def _read(trial: Trial, config: RunConfig) -> FinishedTrial:
    rows, _ = read_rows(predictions_of(config))
    return FinishedTrial(trial, tuple(predicted(rows)))


def compare(finished: Sequence[FinishedTrial], command: str = "") -> Sweep:
    """Every trial's WER and its change against the best's; the winner, or that there is none.

    The winner is the best where every other one is surely worse.
    """
    best = min(finished, key=lambda trial: (trial.errors, finished.index(trial)))
    trials = tuple(_result(trial, best) for trial in finished)
    no_worse = tuple(t.name for t in trials if not (t.against_best and _is_worse(t.against_best)))
    return Sweep(
        command=command,
        versions=versions(),
        winner=best.trial.name if no_worse == (best.trial.name,) else NONE,
        best=best.trial.name,
        no_worse_than_best=no_worse,
        utterances=len(best.scored),
        trials=trials,
    )


def _is_worse(change: Change) -> bool:
    return change.conclusion == "worse"


def _result(finished: FinishedTrial, best: FinishedTrial) -> TrialResult:
    rates = ScoredRows(finished.scored).overall()
    return TrialResult(
        name=finished.trial.name,
        settings={setting.key: setting.value for setting in finished.trial.settings},
        wer=TrialWer(wer=rates.wer, wer_low=rates.wer_low, wer_high=rates.wer_high),
        against_best=None if finished is best else _change(finished, best),
    )


def _change(finished: FinishedTrial, best: FinishedTrial) -> Change:
    pairs = Pairs(finished.scored, best.scored)
    return pairs.difference(np.arange(len(pairs.rows.items)))
