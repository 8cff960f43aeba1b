"""What a training run is given in the tests of misuse: data, a model and a command line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.shard_indexes import write_index
from tests.train.planted import (
    ROWS,
    Json,
    cut_of,
    spoken,
    write_cuts,
    write_model,
    write_rows,
    write_shards,
)
from train.tiny import Kind

RECIPE = """\
trainer: {max_steps: 30, val_check_interval: 10, accelerator: cpu}
optim: {lr: 1e-5, warmup_steps: 1, min_lr: 1e-6}
train_ds: {batch_duration: 10, max_duration: 10, num_buckets: 2, num_workers: 4}
"""

ENGLISH = {"text": "yes no", "lang": "en", "source_lang": "en", "target_lang": "en"}


@dataclass
class Given:
    """The data, the model and the command line of a run, in a folder of their own."""

    folder: Path
    patch: pytest.MonkeyPatch
    stack: ExitStack
    train: list[Json] = field(default_factory=lambda: [dict(each) for each in ROWS * 5])
    validation: list[Json] = field(
        default_factory=lambda: [spoken() for _ in range(100)] + [spoken(**ENGLISH)] * 100
    )
    calls: list[Json] = field(default_factory=list)
    kind: Kind = "canary"
    changes: dict[str, Any] = field(default_factory=dict)
    members: dict[str, bytes] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    run_options: list[str] = field(default_factory=list)
    on_cuts: Callable[[list[Json]], object] = lambda cuts: None
    written: Callable[[Given], object] = lambda given: None

    @property
    def out(self) -> Path:
        return self.folder / "run"

    @property
    def data(self) -> Path:
        return self.folder / "shards"

    def write(self) -> None:
        """Put all of it on the disk."""
        write_shards(self.data, self.train)
        cuts = [cut_of(number, each) for number, each in enumerate(self.train)]
        self.on_cuts(cuts)
        shard = write_cuts(self.data, 0, cuts)
        write_index(self.data, [shard], {"eval": (len(self.validation), 2.0)})
        write_rows(self.data / "eval.jsonl", self.validation)
        write_rows(self.data / "calls.jsonl", self.calls)
        self.write_model()
        (self.folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
        self.written(self)

    def write_model(self) -> None:
        write_model(self.folder / "model.nemo", self.kind, self.changes, 24, self.members)

    def arguments(self, command: str) -> list[str]:
        """The command line of `train plan` or `train run`."""
        line = [command, "--data", "shards", "--model", "model.nemo", "--recipe", "recipe.yaml"]
        if command == "run":
            return [*line, "--out", "run", *self.options, *self.run_options]
        return [*line, *self.options, "--json"]

    def set(self, *settings: str) -> None:
        for each in settings:
            self.options += ["--set", each]
