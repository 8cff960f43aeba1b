"""A run's directory: held against other runs, emptied only on request, or continued."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.artifacts.base import read_artifact
from curate.artifacts.outputs import one_writer, whole_file
from curate.errors import ConfigError, Fault, raise_all
from train.artifacts.plan import Plan
from train.artifacts.run import Run
from train.config import RunConfig, load_config

LOCK = ".lock"
"""The lock's file in the run's directory; who holds it is written in it. Gone when the run ends."""

CONFIG = "config.yaml"
"""The file by which a run's directory is known."""

RUN = Run.file
"""Written last: a run that has it is complete."""

MAY_CHANGE = (
    "out", "faults", "validation_ds.num_workers", "trainer.log_every_n_steps",
    "checkpoints.export", "trainer.gradient_checkpointing",
)  # fmt: skip
"""What decides nothing of what is learned: whole sections, or single keys. Gradients of
checkpointed layers are the same numbers.
"""

MOVES_THE_DATA = (
    "train_ds.batch_duration", "train_ds.quadratic_duration", "train_ds.num_workers",
    "train_ds.buckets", "train_ds.batch_sizes",
)  # fmt: skip
"""What a full GPU or a slow disk makes one change; the run goes on, but not exactly."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run to make in `config.out`: a new one, one that replaces it, or one that continues it."""

    config: RunConfig
    overwrite: bool = False
    resume: bool = False
    command: str = ""


@contextmanager
def run_folder(
    request: RunRequest, inputs: Sequence[Path], log: Callable[[str], None]
) -> Iterator[None]:
    """Hold the run's directory, ready and with its configuration written down.

    What the run reads (`inputs`) must not lie in it. One that was made for nothing is removed.
    """
    folder = request.config.out
    new = not folder.exists()
    if folder.exists() and not folder.is_dir():
        raise ConfigError.of(folder, "is a file, not a directory", "choose another --out")
    try:
        with one_writer(folder, folder / LOCK):
            _claim(request, inputs, log)
            yield
    finally:
        if new and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _claim(request: RunRequest, inputs: Sequence[Path], log: Callable[[str], None]) -> None:
    config = request.config
    if request.resume:
        for key in check_resumable(config):
            log(f"warning: '{key}' has changed, so some recordings may come twice or not yet")
    elif any(entry.name != LOCK for entry in config.out.iterdir()):
        _clear(config.out, inputs, overwrite=request.overwrite)
    with whole_file(config.out / CONFIG) as beside:
        beside.write_text(config.to_yaml(), encoding="utf-8")


def _clear(folder: Path, inputs: Sequence[Path], *, overwrite: bool) -> None:
    """Empty a directory of `train run`, on request; one that the run reads is left as it is."""
    if not overwrite:
        hint = "choose another --out; or add --resume to go on, --overwrite to begin again"
        raise ConfigError.of(folder, "is not empty", hint)
    if not (folder / CONFIG).is_file():
        what = f"holds no {CONFIG}, so it is not of `train run` and is left as it is"
        raise ConfigError.of(folder, what, "choose another --out")
    within = [path for path in inputs if path.resolve().is_relative_to(folder.resolve())]
    if within:
        what = f"holds {within[0]}, which this run reads, so it is not replaced"
        raise ConfigError.of(folder, what, "choose another --out")
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != LOCK:
            entry.unlink()


def check_resumable(config: RunConfig) -> tuple[str, ...]:
    """The changed keys that move the place in the data, where the run in `config.out` can go on.

    ConfigError, all at once, where it cannot be continued by `config`.
    """
    folder = config.out
    if not (folder / CONFIG).is_file():
        what = f"holds no {CONFIG}: there is no run to go on with"
        raise ConfigError.of(folder, what, "leave out --resume")
    if (folder / RUN).is_file():
        what = f"holds {RUN}: this run is complete"
        raise ConfigError.of(folder, what, "choose another --out to train on from its model.nemo")
    before = load_config(folder / CONFIG)
    raise_all(ConfigError, [*_faults(before, config, folder / CONFIG)])
    return tuple(k for k, _, _ in _differences(before, config) if k in MOVES_THE_DATA)


def check_same_inputs(folder: Path, plan: Plan) -> None:
    """ConfigError where the run in `folder` began with other shards or another model.

    The configuration names both by path, so it does not show that.
    """
    if not (folder / Plan.file).is_file():
        return
    before = read_artifact(folder, Plan)
    same = {
        plan.data.folder: before.data.shards_sha256 == plan.data.shards_sha256,
        plan.model.source: before.model.bytes == plan.model.bytes
        and before.tokenizer == plan.tokenizer,
    }
    what = "is not what the run began with: that would be another run"
    hint = "start a new run in another --out"
    raise_all(
        ConfigError, [Fault(path, what, hint) for path, is_same in same.items() if not is_same]
    )


def _faults(before: RunConfig, config: RunConfig, where: Path) -> Iterator[Fault]:
    for key, old, new in _differences(before, config):
        if key not in MOVES_THE_DATA and not _may_change(key):
            what = f"'{key}' was {old!r} and is {new!r} now: that would be another run"
            yield Fault(str(where), what, "leave it as it was, or start a new run in another --out")


def _may_change(key: str) -> bool:
    return any(key == name or key.startswith(f"{name}.") for name in MAY_CHANGE)


def _differences(before: RunConfig, config: RunConfig) -> Iterator[tuple[str, Any, Any]]:
    old, new = (_flat(each.model_dump(mode="json")) for each in (before, config))
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield key, old.get(key), new.get(key)


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= (
            _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return flat
