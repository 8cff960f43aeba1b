"""The processes of trials: some at once, each on devices of its own, each a run and its evaluation.

`python -m train.trial RECIPE MANIFEST new|resume` is one trial. It is a module, and not code on a
command line, since Lightning starts further devices by the same command.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from curate.artifacts.outputs import whole_file
from curate.errors import ConfigError, Fault, InputError, raise_all
from train.artifacts.run import Run
from train.config import RunConfig
from train.data import open_shards
from train.runs.folder import CONFIG

EVAL = "eval"
PREDICTIONS = "predictions.jsonl"
THREADS = "OMP_NUM_THREADS"
GPUS = "CUDA_VISIBLE_DEVICES"

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Slot:
    """What one trial at a time runs on: the environment of its process."""

    environment: Mapping[str, str]


def slots_for(configs: Sequence[RunConfig], parallel: int) -> tuple[Slot, ...]:
    """So many slots with devices of their own; ConfigError where there are too few GPUs."""
    devices = max(config.trainer.devices for config in configs)
    if any(config.trainer.num_nodes > 1 for config in configs):
        raise ConfigError.of("trainer.num_nodes", "a trial runs on one machine", "leave it at 1")
    gpus = _gpus() if any(config.trainer.accelerator != "cpu" for config in configs) else ()
    if gpus and parallel * devices > len(gpus):
        what = f"{parallel} trials on {devices} GPUs each need {parallel * devices}"
        hint = f"{len(gpus) // devices or 1} at once, or fewer trainer.devices"
        raise ConfigError.of("--parallel", f"{what}, and {len(gpus)} are visible", hint)
    threads = max(1, int(os.environ.get(THREADS) or 1) // parallel)
    return tuple(
        Slot(
            {THREADS: str(threads), "PYTHONSAFEPATH": "1"}
            | ({GPUS: ",".join(gpus[at * devices : (at + 1) * devices])} if gpus else {})
        )
        for at in range(parallel)
    )


def _gpus() -> tuple[str, ...]:
    """The names of the GPUs that this process may use."""
    import torch

    listed = os.environ.get(GPUS)
    names = listed.split(",") if listed else map(str, range(torch.cuda.device_count()))
    return tuple(names) if torch.cuda.is_available() else ()


def run_trials(trials: Mapping[str, RunConfig], parallel: int, log: Log) -> None:
    """Run every trial that is not complete, as many at once as there are slots.

    InputError with all that failed, when the others are done.
    """
    free: SimpleQueue[Slot] = SimpleQueue()
    for slot in slots_for(list(trials.values()), parallel):
        free.put(slot)
    log_files = parallel > 1  # what several write at once nobody can read

    def run(name: str, config: RunConfig) -> Fault | None:
        slot = free.get()
        try:
            return _run(name, config, slot, log, to_file=log_files)
        finally:
            free.put(slot)

    with ThreadPoolExecutor(parallel) as pool:
        faults = pool.map(run, trials.keys(), trials.values())
        raise_all(InputError, [fault for fault in faults if fault])


def predictions_of(config: RunConfig) -> Path:
    """The predictions of a trial on the eval manifest."""
    return config.out / EVAL / PREDICTIONS


def _run(name: str, config: RunConfig, slot: Slot, log: Log, *, to_file: bool) -> Fault | None:
    manifest = open_shards(config.data).validation
    if (config.out / Run.file).is_file() and predictions_of(config).is_file():
        log(f"{name}: complete already")
        return None
    recipe = config.out.with_name(f"{config.out.name}.yaml")
    with whole_file(recipe) as beside:
        beside.write_text(config.to_yaml(), encoding="utf-8")
    begun = (config.out / CONFIG).is_file() and not (config.out / Run.file).is_file()
    # -P: a train.py in the working folder must not pass for this package.
    command = [sys.executable, "-P", "-m", "train.trial", str(recipe), str(manifest)]
    command.append("resume" if begun else "new")
    output = config.out.with_name(f"{config.out.name}.log")
    log(f"{name}: {config.trainer.max_steps} steps" + (f", see {output}" if to_file else ""))
    environment = {**os.environ, **slot.environment}
    if to_file:
        with output.open("ab") as file:
            done = subprocess.run(command, stdout=file, stderr=file, env=environment, check=False)
    else:
        done = subprocess.run(command, stdout=sys.stderr, env=environment, check=False)
    if not done.returncode:
        return None
    seen = f"see {output}" if to_file else "see above"
    what = f"ended with exit code {done.returncode}"
    hint = f"{seen}; the other trials are kept: train run --config {recipe}"
    return Fault(f"trial {name!r}", what, hint)


def run_trial(recipe: str, manifest: str, how: str) -> None:
    """What a trial's process does: fit on all of its devices, then transcribe on the first."""
    from curate.terminal.command import run
    from train.config import load_config
    from train.evaluate import EvalRequest, evaluate
    from train.fit import RunRequest, fit
    from train.runs.runtime import is_main_process

    def work() -> None:
        config = load_config(Path(recipe))
        fit(RunRequest(config, resume=how == "resume"))
        _leave_group()
        if is_main_process():
            model = str(config.out / "model.nemo")
            evaluate(EvalRequest(model, [Path(manifest)], config.out / EVAL))

    run(work)


def _leave_group() -> None:
    """End the group of devices, in which the evaluation on one of them would wait for the rest."""
    import torch

    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    from train.runs.runtime import begin_command

    begin_command()
    run_trial(*sys.argv[1:])
