"""Short trials of listed options, on the same data in the same order, and which of them is better.

A trial is a whole run in a process of its own, evaluated on the eval manifest. Trials are compared
utterance by utterance, so a difference that chance explains is called none.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from curate.artifacts.outputs import whole_file, write_json
from curate.errors import ConfigError, InputError
from train.config import RunConfig, Setting, parse_setting
from train.data import read_shards
from train.data.rows import read_rows
from train.runs.provenance import versions
from train.runs.resume import RUN
from train.scoring.against import Pairs
from train.scoring.rates import Rates
from train.scoring.scoring import Scored, predicted

SCHEMA = "train.sweep/1"
SWEEP = "sweep.json"
NONE = "no difference"

Tell = Callable[[str], None]

CHILD = "import sys; from train.sweep import run_trial; run_trial(sys.argv[1], sys.argv[2])"
"""What a trial's process runs."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One combination of options; `name` is also its folder."""

    name: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Tried:
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


def sweep(
    configs: Mapping[Trial, RunConfig], out: Path, command: str, tell: Tell = lambda _: None
) -> dict[str, Any]:
    """Run every trial that is not complete yet, compare them, write sweep.json; its content.

    `configs` has the configuration of every trial, whose `out` is its folder.
    """
    if any(config.trainer.devices * config.trainer.num_nodes > 1 for config in configs.values()):
        raise ConfigError.of("trainer.devices", "a trial runs on one device", "leave it at 1")
    for trial, config in configs.items():
        _run(trial, config, tell)
    found = [_read(trial, config) for trial, config in configs.items()]
    record = {
        "schema": SCHEMA,
        "command": command,
        "versions": versions(),
        **compare(found),
    }
    write_json(out / SWEEP, record)
    return record


def _run(trial: Trial, config: RunConfig, tell: Tell) -> None:
    manifest = read_shards(config.data).validation
    if (config.out / RUN).is_file() and _predictions(config.out).is_file():
        tell(f"{trial.name}: complete already")
        return
    tell(f"{trial.name}: {config.trainer.max_steps} steps")
    recipe = config.out.with_name(f"{config.out.name}.yaml")
    with whole_file(recipe) as beside:
        beside.write_text(config.to_yaml(), encoding="utf-8")
    # -P: a train.py in the working folder must not pass for this package.
    command = [sys.executable, "-P", "-c", CHILD, str(recipe), str(manifest)]
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode:
        where, what = f"trial {trial.name!r}", f"ended with exit code {done.returncode}"
        hint = f"see above; the other trials stand: train run --config {recipe}"
        raise InputError.of(where, what, hint)


def run_trial(recipe: str, manifest: str) -> None:
    """What a trial's process does: fit, then transcribe the eval manifest."""
    from curate.terminal.command import run
    from train.config import load_config
    from train.evaluate import evaluate
    from train.fit import fit
    from train.runs.resume import CONFIG

    def work() -> None:
        config = load_config(Path(recipe))
        fit(config, resume=(config.out / CONFIG).is_file() and not (config.out / RUN).is_file())
        evaluate(str(config.out / "model.nemo"), [Path(manifest)], config.out / EVAL)

    run(work)


EVAL = "eval"


def _predictions(folder: Path) -> Path:
    return folder / EVAL / "predictions.jsonl"


def _read(trial: Trial, config: RunConfig) -> Tried:
    rows, _ = read_rows(_predictions(config.out))
    return Tried(trial, tuple(predicted(rows)))


def compare(found: Sequence[Tried]) -> dict[str, Any]:
    """Every trial's WER and how it stands to the best's; the winner, or that there is none.

    The winner is the best where every other one is surely worse.
    """
    best = min(found, key=lambda it: (it.errors, found.index(it)))
    entries = [_entry(it, best) for it in found]
    alike = [entry["name"] for entry in entries if entry["against_best"].get("says") != "worse"]
    return {
        "winner": best.trial.name if alike == [best.trial.name] else NONE,
        "best": best.trial.name,
        "no_worse_than_best": alike,
        "utterances": len(best.scored),
        "trials": entries,
    }


def _entry(it: Tried, best: Tried) -> dict[str, Any]:
    """A trial for sweep.json; what stands against the best is empty for the best itself."""
    pairs = Pairs(it.scored, best.scored)
    everything = np.arange(len(pairs.rates.items))
    rates = Rates(it.scored).as_json()["overall"]
    return {
        "name": it.trial.name,
        "settings": {setting.key: setting.value for setting in it.trial.settings},
        "wer": {key: rates[key] for key in ("wer", "wer_low", "wer_high")},
        "against_best": {} if it is best else pairs.difference(everything),
    }
