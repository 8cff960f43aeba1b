"""A training run's configuration: one recipe file, then what the command line changes.

Everything is checked before anything is loaded, and every fault is reported at once, with its
line.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from curate.errors import ConfigError, Fault, InputError
from curate.errors.nearest import absent, nearest, suggest, unreadable
from curate.files.marked_yaml import Steps, Tree, line_of, plain_value, read_tree
from train.artifacts.validation import EVAL, FULL
from train.config.clashes import augmentation_clashes, device_clashes, freeze_clashes
from train.config.sections import (
    SLOWEST,
    TAKEN_FIELDS,
    AdapterConfig,
    AugmentationConfig,
    Behavior,
    BlendConfig,
    CheckpointConfig,
    FaultsConfig,
    FreezeConfig,
    LogsConfig,
    Monitor,
    OptimConfig,
    RunConfig,
    TokenizerConfig,
    TokenizerUpdate,
    TrainData,
    TrainerConfig,
    ValidationData,
)

__all__ = [
    "RECIPES",
    "SLOWEST",
    "TAKEN_FIELDS",
    "AdapterConfig",
    "AugmentationConfig",
    "Behavior",
    "BlendConfig",
    "CheckpointConfig",
    "FaultsConfig",
    "FreezeConfig",
    "LogsConfig",
    "Monitor",
    "OptimConfig",
    "RunConfig",
    "Setting",
    "TokenizerConfig",
    "TokenizerUpdate",
    "TrainData",
    "TrainerConfig",
    "ValidationData",
    "check_model",
    "configure",
    "data_settings",
    "find_recipe",
    "load_config",
    "parse_setting",
    "recipe_names",
    "setting",
]

RECIPES = Path(__file__).parents[1] / "recipes"


@dataclass(frozen=True, slots=True)
class Setting:
    """One value from the command line: `where` is the option as it was typed."""

    where: str
    key: str
    value: Any

    @property
    def steps(self) -> Steps:
        """The key as a path."""
        return tuple(self.key.split("."))


def parse_setting(text: str, option: str = "--set") -> Setting:
    """Read the `key=value` of a `--set`, or of another option; the value is YAML.

    `model.KEY` is a value of the model's own configuration: one of `overrides`.
    """
    key, equals, value = text.partition("=")
    if key.startswith("model."):
        key = f"overrides.{key.removeprefix('model.')}"
    where = f"{option} {text}"
    if not equals or not all(key.split(".")):
        raise ConfigError.of(where, "is not key=value", "for instance --set optim.lr=1e-4")
    if not value.strip():
        return Setting(where, key, None)
    try:
        return Setting(where, key, plain_value(read_tree(value, where)))
    except ConfigError as error:  # an option has no lines
        raise ConfigError(*(each._replace(where=where) for each in error.faults)) from None


def recipe_names() -> tuple[str, ...]:
    """The recipes that come with the program."""
    return tuple(sorted(path.stem for path in RECIPES.glob("*.yaml")))


def find_recipe(recipe: str | None, model: str | None) -> Path:
    """The recipe file: a path, a bundled one by name, or the one named like the model."""
    name = recipe or Path(model or "").name.removesuffix(".nemo")
    if recipe and (Path(recipe).suffix in {".yaml", ".yml"}):
        return Path(recipe)
    if name in recipe_names():
        return RECIPES / f"{name}.yaml"
    if recipe:
        hint = f"{suggest(name, recipe_names())}; a file's name ends in .yaml"
        raise ConfigError.of("--recipe", f"no recipe is called {name!r}", hint)
    if not model:
        raise ConfigError.of("--model", "is missing", f"known: {', '.join(recipe_names())}")
    if not Path(model).exists() and (close := nearest(name, recipe_names())):
        what = f"{name!r} is neither a file nor a model with a recipe"
        raise ConfigError.of("--model", what, f"did you mean '{close}'?")
    hint = f"name one: --recipe FILE.yaml, or {', '.join(recipe_names())}"
    raise ConfigError.of("--recipe", f"is missing, and none is called after {model!r}", hint)


def check_model(model: str | None) -> None:
    """InputError for a model's file that is not there; a pretrained model's name is no file's."""
    path = Path(model or "")
    if model and path.suffix in {".nemo", ".ckpt"} and not path.exists():
        fault = absent(path, "name a .nemo file, or a pretrained model")
        raise InputError.of("--model", f"{fault.where}: {fault.what}", fault.hint)


def setting(key: str, value: object, option: str | None = None) -> list[Setting]:
    """The setting of an option with a name of its own; none for an option that was not given."""
    if value is None:
        return []
    return [Setting(f"{option or f'--{key}'} {value}", key, value)]


def data_settings(data: Sequence[Path], replay: Sequence[str] = ()) -> list[Setting]:
    """The settings of each `--data` and `--replay DIR=10%`; the first directory is the main one."""
    names = [str(folder) for folder in data]
    settings = setting("data", names[0] if names else None)
    if further := names[1:]:
        settings += [Setting(f"--data {' --data '.join(further)}", "blend.also", further)]
    if replay:
        shares = dict(map(_share_of, replay))
        settings += [Setting(f"--replay {' --replay '.join(replay)}", "blend.replay", shares)]
    return settings


def _share_of(text: str) -> tuple[str, float]:
    folder, equals, share = text.rpartition("=")
    number = share.strip().removesuffix("%")
    try:
        value = float(number) / (100 if share.strip().endswith("%") else 1)
    except ValueError:
        value = math.nan
    if not (folder and equals and 0 < value < 1):
        what = "is not DIR=SHARE, a share of the hours drawn between 0 and 100 %"
        raise ConfigError.of(f"--replay {text}", what, "for instance --replay old/shards=10%")
    return folder, value


def configure(
    recipe: str | None, model: str | None, options: Sequence[Setting], settings: Sequence[str]
) -> RunConfig:
    """The configuration: the recipe, then the options, then each `--set`."""
    check_model(model)
    changes = [*setting("model", model), *options, *map(parse_setting, settings)]
    return load_config(find_recipe(recipe, model), changes)


def load_config(recipe: Path, settings: Sequence[Setting] = ()) -> RunConfig:
    """Read the recipe, apply the settings in order, check everything."""
    tree, values = _read(recipe)
    source = _Source(recipe, tree, {setting.steps: setting.where for setting in settings})
    values = _with_settings(values, settings)
    try:
        config = RunConfig.model_validate_json(json.dumps(values))
    except ValidationError as error:
        faults = [_fault(problem, source) for problem in error.errors(include_url=False)]
        raise ConfigError(*faults) from error
    contradictions = [Fault(source.where(s), what, hint) for s, what, hint in _clashes(config)]
    if contradictions:
        raise ConfigError(*contradictions)
    return config


@dataclass(frozen=True)
class _Source:
    """Where each value came from: a line of the recipe or an option."""

    recipe: Path
    tree: Tree
    options: Mapping[Steps, str]

    def where(self, steps: Steps) -> str:
        parents = (steps[:length] for length in range(len(steps), 0, -1))
        option = next((self.options[parent] for parent in parents if parent in self.options), None)
        return option or f"{self.recipe}:{line_of(self.tree, steps)}"


def _read(recipe: Path) -> tuple[Tree, dict[str, Any]]:
    try:
        tree = read_tree(recipe.read_text(encoding="utf-8"), str(recipe))
    except OSError as error:
        raise ConfigError(unreadable(recipe, error, "name a recipe file")) from error
    except UnicodeDecodeError as error:
        raise ConfigError.of(recipe, "cannot be read: not UTF-8") from error
    values = plain_value(tree)
    if not isinstance(values, dict):
        raise ConfigError.of(recipe, "is not a recipe: keys and values are expected")
    return tree, values


def _with_settings(values: dict[str, Any], settings: Sequence[Setting]) -> dict[str, Any]:
    for setting in settings:
        section = values
        for key in setting.steps[:-1]:
            inner = section.setdefault(str(key), {})
            if not isinstance(inner, dict):
                raise ConfigError.of(setting.where, f"{key!r} is a value, not a section")
            section = inner
        section[str(setting.steps[-1])] = setting.value
    return values


def _fault(problem: Any, source: _Source) -> Fault:
    """One of pydantic's errors, in our words."""
    steps: Steps = problem["loc"]
    dotted, where = ".".join(map(str, steps)), source.where(steps)
    if problem["type"] == "missing":
        hint = f"--{dotted} ..." if len(steps) == 1 else f"--set {dotted}=..."
        return Fault(where, f"'{dotted}' is missing", hint)
    if problem["type"] == "extra_forbidden":
        return Fault(where, f"unknown key '{dotted}'", _known_keys(steps))
    hint = _lower(problem["msg"]).replace("input", "it", 1)
    return Fault(where, f"'{dotted}' cannot be {problem['input']!r}", hint)


def _known_keys(steps: Steps) -> str:
    section: Any = RunConfig
    for key in steps[:-1]:
        fields = getattr(section, "model_fields", {})
        section = fields[key].annotation if key in fields else Behavior
    return suggest(str(steps[-1]), section.model_fields)


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _clashes(config: RunConfig) -> Iterator[tuple[Steps, str, str]]:
    """Values that are valid by themselves and wrong together: key, what is wrong, how to fix it."""
    trainer, optim, batches, freeze = config.trainer, config.optim, config.train_ds, config.freeze
    steps = f"trainer.max_steps is {trainer.max_steps}"
    if trainer.val_check_interval > trainer.max_steps:
        what = f"'trainer.val_check_interval' is {trainer.val_check_interval}, {steps}: "
        yield (
            ("trainer", "val_check_interval"),
            what + "the run would never validate",
            f"at most {trainer.max_steps}",
        )
    if optim.warmup_steps >= trainer.max_steps:
        what = f"'optim.warmup_steps' is {optim.warmup_steps}, {steps}: the rate never gets there"
        yield ("optim", "warmup_steps"), what, "1 to 2 % of max_steps is usual"
    if optim.min_lr > optim.lr:
        yield ("optim", "min_lr"), f"'optim.min_lr' {optim.min_lr} is above lr {optim.lr}", ""
    if batches.min_duration >= batches.max_duration:
        yield ("train_ds", "min_duration"), "min_duration is not below max_duration", ""
    if batches.max_duration > batches.batch_duration and not batches.batch_sizes:
        what = f"'train_ds.max_duration' {batches.max_duration} s exceeds a whole batch of "
        what += f"{batches.batch_duration} s: Lhotse makes such a recording a batch of its own"
        hint = "raise batch_duration or lower max_duration"
        yield ("train_ds", "max_duration"), what, hint
    if trainer.devices * trainer.num_nodes > 1 and batches.num_workers == 0:
        what = "with several devices and no worker, every device draws the same batches"
        yield ("train_ds", "num_workers"), what, "num_workers: 1 or more"
    for name in {EVAL, FULL} & config.validation_ds.also.keys():
        what = f"'validation_ds.also.{name}': '{name}' is a set of every run"
        yield ("validation_ds", "also", name), what, "choose another name"
    for key, what, hint in freeze_clashes(freeze, trainer.max_steps):
        yield ("freeze", *filter(None, key.split("."))), what, hint
    if config.adapter and freeze != FreezeConfig():
        what = "'freeze' is set, and with 'adapter' all but the adapter is frozen"
        yield ("freeze",), what, "leave one of them out"
    if config.adapter and config.tokenizer.update:
        what = "'tokenizer.update' makes a new output layer, and with 'adapter' it is not trained"
        yield ("tokenizer", "update"), what, "leave one of them out"
    for key, what, hint in device_clashes(trainer):
        yield ("trainer", key), what, hint
    for key, what, hint in augmentation_clashes(config.augmentation):
        yield ("augmentation", key), what, hint
    yield from _blend_clashes(config)
    yield from _behavior_clashes(config)


def _blend_clashes(config: RunConfig) -> Iterator[tuple[Steps, str, str]]:
    blend = config.blend
    replayed = sum(blend.replay.values())
    if replayed >= 1:
        what = f"gives {replayed:.0%} of the hours away, and nothing is left for the data itself"
        yield ("blend", "replay"), what.replace("%", " %"), "smaller shares"
    folders = [config.data, *blend.also, *map(Path, blend.replay)]
    for folder in dict.fromkeys(folders):
        if folders.count(folder) > 1:
            steps = ("blend", "also" if folder in blend.also else "replay")
            yield steps, f"{folder} is named twice", "name each directory once"


def _behavior_clashes(config: RunConfig) -> Iterator[tuple[Steps, str, str]]:
    """Tokens that mean two things, and names that mean something already."""
    owners: dict[str, str] = {}
    for name, pair in config.behaviors.items():
        if name in TAKEN_FIELDS:
            what = f"'behaviors.{name}': '{name}' has a meaning in every manifest or prompt"
            yield ("behaviors", name), what, "name another field of the manifest"
        for side, token in (("on", pair.on), ("off", pair.off)):
            owner = owners.setdefault(token, f"behaviors.{name}.{side}")
            if owner != f"behaviors.{name}.{side}":
                what = f"'behaviors.{name}.{side}': {token} is '{owner}' already"
                yield ("behaviors", name, side), what, "every side of a behaviour has its own token"
