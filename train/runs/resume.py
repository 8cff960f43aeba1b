"""Whether a run can go on: its folder, and a configuration that is still the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.errors import ConfigError, Fault, raise_all
from train.config import RunConfig, load_config

CONFIG = "config.yaml"
"""The file by which a run folder is known."""

RUN = "run.json"
"""Written last: a run that has it is complete."""

MAY_CHANGE = (
    "out", "faults", "validation_ds.num_workers", "trainer.log_every_n_steps",
    "checkpoints.export",
)  # fmt: skip
"""What decides nothing of what is learned: whole sections, or single keys."""

MOVES_THE_DATA = ("train_ds.batch_duration", "train_ds.quadratic_duration", "train_ds.num_workers")
"""What a full GPU or a slow disk makes one change; the run goes on, but not exactly."""


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


def _faults(before: RunConfig, config: RunConfig, where: Path) -> Iterator[Fault]:
    for key, old, new in _differences(before, config):
        if key not in MOVES_THE_DATA and not _may_change(key):
            what = f"'{key}' was {old!r} and is {new!r} now: that would be another run"
            yield Fault(str(where), what, "leave it as it was, or begin anew in another --out")


def _may_change(key: str) -> bool:
    return any(key == name or key.startswith(f"{name}.") for name in MAY_CHANGE)


def _differences(before: RunConfig, config: RunConfig) -> Iterator[tuple[str, Any, Any]]:
    old, new = (_flat(it.model_dump(mode="json")) for it in (before, config))
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield key, old.get(key), new.get(key)


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            found[prefix + key] = value
    return found
