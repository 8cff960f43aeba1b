"""Training speed on a GPU: `python -m benchmarks.gpu [--model M.nemo] [--data shards]`.

Needs this repository and the packages of `asr-curate[train]`, no network and no corpus: without
--data it writes an hour of noise with made-up words as shards, without --model it builds a Canary
of about 100 million parameters. Prints, in one run on the same batches:

- seconds a step, as NeMo's own speech_to_text_aed.py trains and as `train run` does, in bf16;
- the share of a step that waits for data, as `train run` measures it;
- audio seconds a second with plain `batch_duration`, and with a batch size measured for each
  bucket of duration, each as large as memory allows.

`--accelerator cpu --small` tries the script where there is no GPU; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from train.runs import runtime

EDGES_S = (2.0, 4.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0)
MOST = 4096
"""No batch is larger, whatever fits."""

WORDS = "ja nein doch gut wir sie und aber heute morgen yes no well good we they and but".split()  # noqa: SIM905


def largest(fits: Callable[[int], bool], most: int = MOST) -> int:
    """The largest size up to `most` that fits, where every smaller one does too; 0 if none.

    >>> largest(lambda size: size <= 37)
    37
    """
    low, high = 0, 1
    while high <= most and fits(high):
        low, high = high, high * 2
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def make_shards(folder: Path, hours: float) -> None:
    """A folder as `curate shard` writes it: noise, 2 to 20 s, two words a second."""
    import numpy as np
    import soundfile
    from lhotse import CutSet, Recording, SupervisionSegment

    draw, noise = random.Random(0), np.random.default_rng(0)
    (folder / "train").mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    cuts = []
    while sum(row["duration"] for row in rows) < hours * 3600:
        seconds = draw.uniform(*EDGES_S[:: len(EDGES_S) - 1])
        path = folder / f"{len(rows)}.flac"
        soundfile.write(path, noise.normal(0, 0.05, int(16_000 * seconds)), 16_000)
        text = " ".join(draw.choices(WORDS, k=int(2 * seconds)))
        rows.append({
            "audio_filepath": str(path), "duration": soundfile.info(path).duration, "text": text,
            "lang": "de", "source_lang": "de", "target_lang": "de", "pnc": "no",
        })  # fmt: skip
        cut = Recording.from_file(path).to_cut()
        cut.supervisions = [
            SupervisionSegment(cut.id, cut.id, 0, cut.duration, text=text, language="de")
        ]
        cut.custom = {"source_lang": "de", "target_lang": "de", "pnc": "no"}
        cuts.append(cut)
    CutSet.from_cuts(cuts).to_shar(folder / "train", fields={"recording": "flac"}, shard_size=200)
    for name, group in (("train", rows), ("eval", rows[:8])):
        lines = (json.dumps(row) + "\n" for row in group)
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


def settings_of(chosen: argparse.Namespace, model: Path, data: Path) -> dict[str, Any]:
    """What the recipe is changed to."""
    return {
        "model": str(model), "data": str(data), "out": "unused",
        "trainer.accelerator": chosen.accelerator, "trainer.max_steps": chosen.steps,
        "trainer.precision": "32-true" if chosen.accelerator == "cpu" else "bf16-mixed",
        "trainer.val_check_interval": chosen.steps, "trainer.log_every_n_steps": 50,
        "optim.warmup_steps": 1, "train_ds.batch_duration": chosen.batch_duration,
        "train_ds.num_workers": chosen.workers, "train_ds.num_buckets": len(EDGES_S),
        "train_ds.max_duration": EDGES_S[-1],
    }  # fmt: skip


def tuned(model: Any, device: str, most: int) -> list[int]:
    """The batch size of each bucket that the memory of the GPU holds, forward and backward."""
    return [largest(lambda size, s=edge: _fits(model, device, size, s), most) for edge in EDGES_S]


def _fits(model: Any, device: str, size: int, seconds: float) -> bool:
    import torch

    audio = torch.randn(size, int(16_000 * seconds), device=device) / 20
    lengths = torch.full((size,), audio.shape[1], device=device)
    tokens = torch.randint(4, 32, (size, int(6 * seconds) + 16), device=device)
    counts = torch.full((size,), tokens.shape[1], device=device)
    kind = "cuda" if device.startswith("cuda") else "cpu"
    try:
        with torch.autocast(kind, dtype=torch.bfloat16):
            loss, *_ = model.forward(
                input_signal=audio, input_signal_length=lengths,
                transcript=tokens, transcript_length=counts,
            )  # fmt: skip
            loss.float().mean().backward()
    except torch.OutOfMemoryError:
        return False
    finally:
        model.zero_grad(set_to_none=True)
        if kind == "cuda":
            torch.cuda.empty_cache()
    return True


def with_buckets(recipe: Any, sizes: Sequence[int]) -> Any:
    """The recipe with a batch size for each bucket in place of a duration."""
    from dataclasses import replace

    config = copy.deepcopy(recipe.config)
    config["train_ds"] |= {
        "batch_duration": None, "quadratic_duration": None,
        "bucket_duration_bins": list(EDGES_S), "bucket_batch_size": list(sizes),
    }  # fmt: skip
    return replace(recipe, config=config)


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    arguments.add_argument("--model", type=Path)
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--accelerator", choices=("gpu", "cpu"), default="gpu")
    arguments.add_argument("--batch-duration", type=float, default=360.0)
    arguments.add_argument("--steps", type=int, default=100)
    arguments.add_argument("--workers", type=int, default=16)
    arguments.add_argument("--small", action="store_true", help="tiny model, minutes of noise")
    chosen = arguments.parse_args()
    runtime.prepare()
    import torch

    with tempfile.TemporaryDirectory(prefix="gpu-") as name:
        _measure(chosen, Path(name))
    if torch.cuda.is_available():
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")


def _measure(chosen: argparse.Namespace, scratch: Path) -> None:
    import torch

    from benchmarks.steps import bare, train_with_curate
    from curate.nemo.archive import open_archive
    from train.config import RECIPES, Setting, load_config
    from train.nemo.model import restore
    from train.recipe import build_recipe
    from train.tiny import Sizes, build_tiny

    data, model = chosen.data or scratch / "shards", chosen.model or scratch / "model.nemo"
    if not chosen.data:
        make_shards(data, 0.05 if chosen.small else 1.0)
    if not chosen.model:
        sizes = Sizes() if chosen.small else Sizes(d_model=512, layers=17, heads=8, subsampling=8)
        build_tiny(model, [data / "train.jsonl"], "canary", sizes)
    options = [Setting("", k, v) for k, v in settings_of(chosen, model, data).items()]
    run, archive = load_config(RECIPES / "tiny.yaml", options), open_archive(model)
    cuts = sum(1 for _ in (data / "train.jsonl").open())
    recipe = build_recipe(archive, run, cuts)
    finish = torch.cuda.synchronize if chosen.accelerator == "gpu" else lambda: None
    for turn in range(2):
        nemo, own = (how(archive, recipe, run, finish) for how in (bare, train_with_curate))
        print(f"turn {turn}: NeMo {nemo.per_step:.4f} s a step, ours {own.per_step:.4f}, ", end="")
        print(f"ratio {own.per_step / nemo.per_step:.3f}; waits {own.waiting_share:.1%}")
    device = "cuda" if chosen.accelerator == "gpu" else "cpu"
    restored = restore(archive, recipe.config).model.to(device).train()
    batch_sizes = tuned(restored, device, 8 if chosen.small else MOST)
    del restored
    better = train_with_curate(
        archive, with_buckets(recipe, [max(1, n) for n in batch_sizes]), run, finish
    )
    rates = [steps.speech_s / len(steps.seconds) / steps.per_step for steps in (own, better)]
    print(f"batch sizes up to {EDGES_S} s: {batch_sizes}")
    print(f"batch_duration {run.train_ds.batch_duration:.0f}: {rates[0]:.0f} s of audio a second")
    print(f"measured buckets: {rates[1]:.0f}, ratio {rates[1] / rates[0]:.2f}")


if __name__ == "__main__":
    main()
