"""What this project adds to a step of NeMo: `python -m benchmarks.train [--steps N]`.

The same tiny Canary on the same shards and batches on a CPU, as NeMo's own script trains it and as
`train run` does, turn and turn about; the sum of each is compared. Needs `make demo` before, or
--data with a folder of `curate shard`.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from train.runs import runtime


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=Path("demo/shards"))
    arguments.add_argument("--steps", type=int, default=40)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    runtime.prepare()
    from benchmarks.steps import bare, train_with_curate
    from train.config import RECIPES, Setting, load_config
    from train.tiny import build_tiny

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "tiny.nemo"
        build_tiny(path, [chosen.data / "train.jsonl"])
        changes: dict[str, object] = {
            "model": str(path), "data": str(chosen.data), "out": name, "trainer.accelerator": "cpu",
            "trainer.max_steps": chosen.steps, "trainer.val_check_interval": chosen.steps,
            "trainer.log_every_n_steps": 10, "optim.warmup_steps": 1,
        }  # fmt: skip
        settings = [Setting("", key, value) for key, value in changes.items()]
        run = load_config(RECIPES / "tiny.yaml", settings)
        pairs = []
        for _ in range(chosen.rounds):
            pair = [how(run, lambda: None).per_step for how in (bare, train_with_curate)]
            pairs.append(pair)
            print(f"NeMo {pair[0]:.4f} s a step, ours {pair[1]:.4f}: {pair[1] / pair[0]:.3f}")
    print(f"median ratio {statistics.median(b / a for a, b in pairs):.3f}, ", end="")
    print(f"best of each {min(b for _, b in pairs) / min(a for a, _ in pairs):.3f}")


if __name__ == "__main__":
    main()
