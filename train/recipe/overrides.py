"""Values of the model's configuration that the user sets: `overrides`, merged last.

The pretrained configuration stays whole but for them. A key must be there already, so a misspelt
one is refused and not ignored; what the recipe builds or the weights depend on has its own options.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.errors import ConfigError, Fault, raise_all
from curate.errors.nearest import suggest
from train.artifacts.shared import Pitfall

PROTECTED: Mapping[str, str] = {
    "train_ds": "--set train_ds.KEY, without `model.`",
    "validation_ds": "--set validation_ds.KEY, without `model.`",
    "test_ds": "`train eval` tests a model",
    "optim": "--set optim.KEY, without `model.`",
    "tokenizer": "--set tokenizer.update={dir: ..., type: bpe}",
    "prompt_format": "--set behaviors={...} adds slots to a prompt",
    "use_loss_mask_for_prompt": "--set use_loss_mask_for_prompt=true, without `model.`",
    "target": "the class is the pretrained model's",
    "labels": "the pieces of the tokenizer",
}
"""Sections that are not overridden, and what to do instead."""

YOURS = "set by the run's overrides"


def apply_overrides(config: dict[str, Any], overrides: Mapping[str, Any]) -> tuple[Pitfall, ...]:
    """Set each value in `config`, and record what it replaces; ConfigError with every fault."""
    leaves = list(_leaves(overrides))
    faults = [fault for key, value in leaves for fault in _faults(config, key, value)]
    raise_all(ConfigError, faults)
    changes = []
    for key, value in leaves:
        *above, name = key.split(".")
        section = config
        for each in above:
            section = section[each]
        changes.append(
            Pitfall(key=key, inherited=section[name], used=value, why=YOURS, risk="choice")
        )
        section[name] = value
    return tuple(changes)


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value


def _faults(config: Mapping[str, Any], key: str, value: Any) -> Iterator[Fault]:
    """Why a value is not set, if it is not."""
    where, names = f"model.{key}", key.split(".")
    if names[0] in PROTECTED:
        yield Fault(where, "is not for overrides", PROTECTED[names[0]])
        return
    section: Any = config
    for depth, name in enumerate(names):
        if not isinstance(section, Mapping) or name not in section:
            known = section if isinstance(section, Mapping) else ()
            place = ".".join(names[:depth]) or "the model's configuration"
            yield Fault(where, f"{place} has no key '{name}'", suggest(name, known))
            return
        section = section[name]
    if isinstance(section, Mapping):
        yield Fault(where, "is a section, not a value", f"name a key: {', '.join(section)}")
    elif not _is_alike(section, value):
        what = f"is {section!r} in the pretrained model, and {value!r} is of another type"
        yield Fault(where, what, "a value of the same type")


def _is_alike(before: Any, after: Any) -> bool:
    if before is None or after is None:
        return True
    if isinstance(before, bool) or isinstance(after, bool):
        return isinstance(before, bool) and isinstance(after, bool)
    if isinstance(before, int | float) and isinstance(after, int | float):
        return True
    return type(before) is type(after)
