"""Every recipe on the real shape of its model: `python -m benchmarks.full_shape [--only NAME]`.

Of each recipe: NeMo builds the published architecture on the meta device and its parameters are
counted; `train plan` checks the recipe for an archive of that shape; `train run` takes ten steps on
the CPU from random weights, of the whole model where --memory-gib allows it, else of a small one of
the same structure, prompt and tokenizer. Nothing is downloaded; the data are the bundled
examples/speech. The results go to recipe_checks.json, from which the table of docs/training.md is
made (`make docs`), and are printed as a table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import shapes
from benchmarks.recipe_checks import (
    Counted,
    Planned,
    RecipeCheck,
    Stepped,
    hash_of,
    read_checks,
)
from curate.artifacts.base import read_artifact
from curate.nemo.archive import open_archive
from train.artifacts.plan import Plan as PlanRecord
from train.artifacts.run import Run
from train.config import RECIPES, Setting, load_config, recipe_names
from train.plan import find_gpu, make_plan
from train.runs.provenance import versions
from train.tiny import Kind, build_tiny

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
STEPS = 10
TRAINED_BYTES = 24
"""Bytes of a parameter in a run on a CPU: weights, gradients, two moments, and a margin."""

GPU = "h100"
TINY: Mapping[str, Kind] = {"tiny": "canary", "tiny-ctc": "ctc"}
"""Recipes whose model `train tiny` builds, and its kind."""

SETTINGS = (
    f"trainer.max_steps={STEPS}", f"trainer.val_check_interval={STEPS}", "trainer.devices=1",
    "trainer.log_every_n_steps=5", "trainer.limit_val_batches=1", "optim.warmup_steps=1",
    "train_ds.batch_duration=16", "train_ds.max_duration=8", "train_ds.num_buckets=2",
    "train_ds.num_workers=0", "validation_ds.batch_size=2", "validation_ds.num_workers=0",
    "checkpoints.save_top_k=1", "checkpoints.export=last",
)  # fmt: skip
"""What makes a recipe for GPUs and hours of speech one for ten steps here."""


def main() -> None:
    """Check the recipes, write each result as it comes, and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", choices=recipe_names(), action="append")
    arguments.add_argument("--memory-gib", type=float, default=8.0, help="for a run's weights")
    arguments.add_argument("--no-steps", action="store_true", help="count and plan, run nothing")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="full-shape-") as name:
        data = _make_data(Path(name))
        for recipe in chosen.only or recipe_names():
            with tempfile.TemporaryDirectory(prefix=f"{recipe}-", dir=name) as folder:
                check = _check(recipe, data, Path(folder))
                if not chosen.no_steps:
                    check = check.with_steps(_steps(recipe, data, Path(folder), chosen.memory_gib))
            read_checks().with_check(check).write()
            print(f"{recipe}: {' | '.join(check.row())}", flush=True)
    _print_results()


def _make_data(folder: Path) -> Path:
    """Shards of the bundled speech, with the task that canary-1b's prompt requires."""
    source = ROOT / "examples/speech"
    lines = (source / "manifest.jsonl").read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) | {"taskname": "asr"} for line in lines if _is_record(line)]
    for row in rows:
        row["audio_filepath"] = str(source / row["audio_filepath"])
    manifest = folder / "manifest.jsonl"
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    manifest.write_text(text, encoding="utf-8")
    split, shards = str(folder / "split"), folder / "shards"
    _run("curate", "split", str(manifest), "--out", split, "--eval", "20s", "--test", "20s")
    _run("curate", "shard", split, "--out", str(shards))
    return shards


def _is_record(line: str) -> bool:
    """Whether a line of the manifest is JSON with audio; the examples have others on purpose."""
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and isinstance(row.get("audio_filepath"), str)


def _check(recipe: str, data: Path, folder: Path) -> RecipeCheck:
    """Count the model, and plan a run of it."""
    model = folder / "model.nemo"
    if recipe in TINY:
        built = build_tiny(model, [data / "train.jsonl"], TINY[recipe])
        counted = _count_tiny(model, built.parameters)
    else:
        config = shapes.model_config(recipe, _texts(data), _new(folder / "tokens"))
        counted = _count(recipe, config, model)
    return RecipeCheck(
        recipe=recipe,
        values_sha256=hash_of(recipe),
        versions=versions(),
        counted=counted,
        planned=_plan(recipe, model, data),
        stepped=(),
    )


def _steps(recipe: str, data: Path, folder: Path, memory_gib: float) -> tuple[Stepped, ...]:
    """Steps on each device here: of the whole model where its memory is allowed."""
    model, full = folder / "model.nemo", True
    if recipe not in TINY:
        weights = open_archive(model).weights_bytes // 4
        full = weights * TRAINED_BYTES < memory_gib * 2**30
        tokens = _new(folder / "tokens-of-steps")
        _save(shapes.model_config(recipe, _texts(data), tokens, small=not full), model)
    return tuple(
        _step(recipe, model, data, folder / device, device, full=full) for device in _devices()
    )


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _texts(data: Path) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for line in (data / "train.jsonl").read_text(encoding="utf-8").split("\n"):
        if line:
            row = json.loads(line)
            texts.setdefault(row["source_lang"], []).append(row["text"])
    return texts


def _count(recipe: str, config: Mapping[str, Any], path: Path) -> Counted:
    """The model's figures; its archive with a hole for weights goes to `path`."""
    model = shapes.build_without_weights(config)
    shape = shapes.read_shapes().models[recipe]
    counted = Counted(
        class_name=type(model).__name__,
        parameters=sum(weight.numel() for weight in model.parameters()),
        published_m=shape.parameters_m,
        tensors=len(model.state_dict()),
        state_bytes=shapes.state_bytes(model),
    )
    shapes.write_hollow(model, path)
    return counted


def _count_tiny(path: Path, parameters: int) -> Counted:
    from train.nemo import model

    archive = open_archive(path)
    state = model.restore(archive).model.state_dict()
    return Counted(
        class_name=archive.model_class,
        parameters=parameters,
        published_m=None,
        tensors=len(state),
        state_bytes=archive.weights_bytes,
    )


def _save(config: Mapping[str, Any], path: Path) -> None:
    from train.nemo import model

    model.save_untrained(config, 0, path)


def _plan(recipe: str, model: Path, data: Path) -> Planned:
    """The plan of the recipe as it stands, on a GPU."""
    given = {"model": model, "data": data, "out": data.parent / "planned"}
    settings = [Setting(f"--{key}", key, str(value)) for key, value in given.items()]
    config = load_config(RECIPES / f"{recipe}.yaml", settings)
    plan = make_plan(config, open_archive(model), find_gpu(GPU))
    demand = plan.record().demand
    return Planned(
        gpu=GPU,
        parameters=demand.parameters,
        memory_gib=demand.memory_gib,
        errors=tuple(sorted({each.code for each in plan.of("error")} - TOO_LITTLE_DATA)),
    )


TOO_LITTLE_DATA = frozenset({"batch-of-everything", "buckets"})
"""Errors that a recipe for hours of speech must have on minutes of it."""


def _devices() -> list[str]:
    import torch

    return ["cpu", "gpu"] if torch.cuda.is_available() else ["cpu"]


def _step(recipe: str, model: Path, data: Path, out: Path, device: str, *, full: bool) -> Stepped:
    """Ten steps of `train run`, in a process of its own for its memory."""
    chosen = (*SETTINGS, f"trainer.accelerator={device}")
    settings = [part for setting in chosen for part in ("--set", setting)]
    peak = _run(
        "train", "run", "--config", recipe, "--model", str(model), "--data", str(data),
        "--out", str(out), *settings,
    )  # fmt: skip
    run = read_artifact(out / Run.file, Run)
    planned = read_artifact(out / PlanRecord.file, PlanRecord)
    losses = [point.train_loss for point in run.loss if point.train_loss is not None]
    return Stepped(
        full=full,
        parameters=run.model.parameters,
        device=run.trainer.accelerator,
        steps=run.steps,
        first_loss=round(losses[0], 4),
        last_loss=round(losses[-1], 4),
        seconds_per_step=round(run.step_seconds_p50 or 0.0, 3),
        peak_gib=round(peak, 2),
        planned_gib=planned.demand.memory_gib,
        settings=chosen,
    )


def _run(*command: str) -> float:
    """Run a command of this project; its peak memory in GiB. SystemExit where it fails."""
    process = subprocess.Popen([BIN / command[0], *command[1:]], cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"exit {process.returncode}: {' '.join(command)}")
    return usage.ru_maxrss / 2**20


def _print_results() -> None:
    """Every check so far, as the table of benchmarks/results.md."""
    head = (
        "recipe",
        "parameters",
        "published",
        "saved",
        "planned, H100",
        "steps, loss",
        "peak",
        "step",
    )
    print("\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head))))
    for check in read_checks().checks:
        counted, planned = check.counted, check.planned
        published = f"{counted.published_m:g} M" if counted.published_m else "no"
        memory = f"{planned.memory_gib:.0f} GiB" if planned.memory_gib else "below 1 GiB"
        line = [
            check.recipe, f"{counted.parameters / 1e6:,.2f} M", published,
            f"{counted.state_bytes / 1e9:.2f} GB", memory,
        ]  # fmt: skip
        for run in check.stepped:
            line += [run.describe(), f"{run.peak_gib:.1f} GiB", f"{run.seconds_per_step:.1f} s"]
        print(f"| {' | '.join(line if check.stepped else [*line, 'not run', '', ''])} |")


if __name__ == "__main__":
    main()
