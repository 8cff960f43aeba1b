"""Training speed on a GPU: `python -m benchmarks.gpu [--model M.nemo] [--data shards]`.

Needs this repository and the packages of `asr-curate[train]`, no network and no corpus: without
--data it writes an hour of noise with made-up words as shards, without --model it builds a Canary
of about 100 million parameters. Prints, in one run on the same batches:

- seconds a step, as NeMo's own speech_to_text_aed.py trains and as `train run` does, in bf16;
- the share of a step that waits for data, as `train run` measures it;
- audio seconds a second with plain `batch_duration`, and over 200 steps with the batch sizes that
  `train calibrate` measures for each bucket.

Where there is no GPU it says so and ends; `--accelerator cpu --small` tries the script there, with
the tensors of a step in 256 MB, and its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path
from typing import Any

from train.runs import runtime

SHORTEST_S, LONGEST_S = 2.0, 20.0
SMALL_MEMORY = 256_000_000

WORDS = "ja nein doch gut wir sie und aber heute morgen yes no well good we they and but".split()  # noqa: SIM905


def make_shards(folder: Path, hours: float) -> None:
    """A directory of `curate shard`: noise, 2 to 20 s, two words a second."""
    import numpy as np
    import soundfile

    from curate.cli.app import app

    draw, noise = random.Random(0), np.random.default_rng(0)
    audio = folder.with_name("audio")
    audio.mkdir()
    rows: list[dict[str, Any]] = []
    while sum(row["duration"] for row in rows) < hours * 3600:
        seconds = draw.uniform(SHORTEST_S, LONGEST_S)
        path = audio / f"{len(rows)}.flac"
        soundfile.write(path, noise.normal(0, 0.05, int(16_000 * seconds)), 16_000)
        text = " ".join(draw.choices(WORDS, k=int(2 * seconds)))
        rows.append({
            "audio_filepath": str(path), "duration": soundfile.info(path).duration, "text": text,
            "lang": "de", "source_lang": "de", "target_lang": "de", "pnc": "no",
            "speaker": f"s{len(rows)}",
        })  # fmt: skip
    arguments = ["shard", "--out", str(folder), "-q"]
    for name, group in (("train", rows[8:]), ("eval", rows[:8])):
        manifest = audio / f"{name}.jsonl"
        lines = (json.dumps(row) + "\n" for row in group)
        manifest.write_text("".join(lines), encoding="utf-8")
        arguments += ["--given", f"{name}={manifest}"]
    app(arguments, standalone_mode=False)


def settings_of(chosen: argparse.Namespace, model: Path, data: Path) -> dict[str, Any]:
    """What the recipe is changed to."""
    return {
        "model": str(model), "data": str(data), "out": "unused",
        "trainer.accelerator": chosen.accelerator, "trainer.max_steps": chosen.steps,
        "trainer.precision": "32-true" if chosen.accelerator == "cpu" else "bf16-mixed",
        "trainer.val_check_interval": chosen.steps, "trainer.log_every_n_steps": 50,
        "optim.warmup_steps": 1, "train_ds.batch_duration": chosen.batch_duration,
        "train_ds.num_workers": chosen.workers, "train_ds.num_buckets": 8,
        "train_ds.max_duration": LONGEST_S,
    }  # fmt: skip


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--model", type=Path)
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--accelerator", choices=("gpu", "cpu"), default="gpu")
    arguments.add_argument("--batch-duration", type=float, default=360.0)
    arguments.add_argument("--steps", type=int, default=100)
    arguments.add_argument("--measured-steps", type=int, default=200)
    arguments.add_argument("--workers", type=int, default=16)
    arguments.add_argument("--small", action="store_true", help="tiny model, minutes of noise")
    chosen = arguments.parse_args()
    runtime.prepare()
    import torch

    if chosen.accelerator == "gpu" and not torch.cuda.is_available():
        print("skipped: this machine has no GPU that torch can use")
        return
    with tempfile.TemporaryDirectory(prefix="gpu-") as name:
        _measure(chosen, Path(name))
    if torch.cuda.is_available():
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")


def _measure(chosen: argparse.Namespace, scratch: Path) -> None:
    import torch

    from benchmarks.steps import bare, train_with_curate
    from train.calibrate import CalibrateRequest, calibrate
    from train.config import RECIPES, Setting, load_config
    from train.tiny import Sizes, build_tiny

    data, model = chosen.data or scratch / "shards", chosen.model or scratch / "model.nemo"
    if not chosen.data:
        make_shards(data, 0.05 if chosen.small else 1.0)
    if not chosen.model:
        sizes = Sizes() if chosen.small else Sizes(d_model=512, layers=17, heads=8, subsampling=8)
        build_tiny(model, [data / "train.jsonl"], "canary", sizes)
    settings = settings_of(chosen, model, data)
    run = load_config(RECIPES / "tiny.yaml", [Setting("", k, v) for k, v in settings.items()])
    finish = torch.cuda.synchronize if chosen.accelerator == "gpu" else lambda: None
    for turn in range(2):
        nemo, own = (how(run, finish) for how in (bare, train_with_curate))
        print(f"turn {turn}: NeMo {nemo.per_step:.4f} s a step, ours {own.per_step:.4f}, ", end="")
        print(f"ratio {own.per_step / nemo.per_step:.3f}; waits {own.waiting_share:.1%}")
    path = scratch / "batch_sizes.json"
    calibrate(CalibrateRequest(run, path, SMALL_MEMORY if chosen.small else None), print)
    settings |= {
        "train_ds.batch_sizes": str(path), "trainer.max_steps": chosen.measured_steps,
        "trainer.val_check_interval": chosen.measured_steps,
    }  # fmt: skip
    run = load_config(RECIPES / "tiny.yaml", [Setting("", k, v) for k, v in settings.items()])
    better = train_with_curate(run, finish)
    rates = [steps.speech_s / steps.per_step for steps in (own, better)]
    print(f"batch_duration {run.train_ds.batch_duration:.0f}: {rates[0]:.0f} s of audio a second")
    print(f"measured buckets: {rates[1]:.0f}, ratio {rates[1] / rates[0]:.2f}, no step too large")


if __name__ == "__main__":
    main()
