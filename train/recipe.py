"""From a pretrained model's configuration to the one that it is fine-tuned with.

The whole configuration is copied, so that the architecture, the tokenizer and the prompt are
exactly the pretrained ones; the data sections are dropped and rebuilt, because what they inherit
(paths of another machine, `text_field: answer`, bucket sizes of another GPU) trains the wrong thing
without an error. What differs from what was inherited is told, with the reason (`traps`).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from curate.errors import ConfigError
from train.archive import Archive
from train.behaviors import CONFIG_KEY, PROMPT, of_config, prompt_name, to_config
from train.config import RunConfig

RecipeName = Literal["aed", "finetune"]

SCRIPTS = {"aed": "speech_to_text_aed.py", "finetune": "speech_to_text_finetune.py"}
"""NeMo's example scripts, whose way each recipe follows."""

MODEL_CLASSES: tuple[tuple[str, RecipeName], ...] = (
    ("EncDecMultiTaskModel", "aed"),
    ("EncDecCTCModelBPE", "finetune"),
    ("EncDecRNNTBPEModel", "finetune"),
    ("EncDecHybridRNNTCTCBPEModel", "finetune"),
)

DATA_SECTIONS = ("train_ds", "validation_ds", "test_ds")

STARTING_POINTS = (
    "init_from_nemo_model",
    "init_from_pretrained_model",
    "init_from_ptl_ckpt",
)
"""Where the pretrained run itself started from; NeMo refuses more than one, by presence alone."""

CUTS_FOR_BINS = 10_000
"""NeMo's own number of cuts from which to estimate the buckets' edges."""

ABSENT: Any = object()
"""Nothing was inherited, and nothing inherited by default is a trap."""

OTHER_MACHINE = "a path on the machine that pretrained the model"

TRAPS: tuple[tuple[str, Any, str], ...] = (
    (
        "train_ds.text_field",
        ABSENT,
        "where the inherited field is absent every target is empty, without an error",
    ),
    (
        "validation_ds.text_field",
        ABSENT,
        "where the inherited field is absent every reference is empty, without an error",
    ),
    ("train_ds.lang_field", "lang", "the language of the transcript picks its tokenizer"),
    ("validation_ds.lang_field", "lang", "the language of the transcript picks its tokenizer"),
    ("train_ds.manifest_filepath", ABSENT, OTHER_MACHINE),
    ("train_ds.tarred_audio_filepaths", ABSENT, OTHER_MACHINE),
    ("train_ds.input_cfg", ABSENT, OTHER_MACHINE),
    ("train_ds.shar_path", ABSENT, OTHER_MACHINE),
    ("validation_ds.manifest_filepath", ABSENT, OTHER_MACHINE),
    ("train_ds.batch_size", ABSENT, "batch_duration decides; both together clash"),
    ("train_ds.bucket_batch_size", ABSENT, "measured for another GPU and other buckets"),
    ("train_ds.bucket_duration_bins", ABSENT, "estimated on other data"),
    ("train_ds.num_buckets", ABSENT, "belongs to a bucket_batch_size that is dropped"),
    (
        "train_ds.concurrent_bucketing",
        True,
        "fills buckets in a thread: no two runs see one order, and without a worker none ends",
    ),
    ("train_ds.shard_seed", "trng", "another order in each run; `randomized` can be repeated"),
    ("validation_ds.use_bucketing", False, "validation must see the same batches each time"),
    ("validation_ds.batch_duration", ABSENT, "a static batch_size, for the same reason"),
    ("optim.lr", ABSENT, "the recipe decides: the pretraining rate may undo what was learned"),
    ("optim.sched.name", ABSENT, "the recipe decides"),
    ("optim.sched.max_steps", ABSENT, "must equal trainer.max_steps, or the rate ends elsewhere"),
    ("use_loss_mask_for_prompt", False, "the recipe decides: it helped 180m and not 1b, try both"),
    *((key, ABSENT, "where the pretraining itself started") for key in STARTING_POINTS),
)
"""Key, NeMo's default where nothing is inherited, and why the inherited value would be a trap."""


@dataclass(frozen=True, slots=True)
class Trap:
    """An inherited value that was replaced, and why."""

    key: str
    inherited: Any
    used: Any
    why: str


@dataclass(frozen=True)
class Recipe:
    """How this model is fine-tuned: the whole configuration, and what was changed in it."""

    name: RecipeName
    model_class: str
    config: dict[str, Any] = field(repr=False)
    traps: tuple[Trap, ...]

    @property
    def script(self) -> str:
        """NeMo's example script whose way this follows."""
        return SCRIPTS[self.name]


def recipe_for(archive: Archive) -> RecipeName:
    """Which recipe the model in the archive takes; a class that we do not know is refused."""
    known = dict(MODEL_CLASSES)
    if archive.model_class not in known:
        what = f"holds a {archive.target}, for which there is no recipe"
        raise ConfigError.of(archive.path, what, f"known: {', '.join(known)}")
    return known[archive.model_class]


def build_recipe(
    archive: Archive, run: RunConfig, shards: Path, cuts: int, validation: Path
) -> Recipe:
    """The configuration to train `archive` with: `cuts` in shards, a manifest for validation."""
    name = recipe_for(archive)
    inherited = with_behaviors(archive, run)
    config = copy.deepcopy(inherited)
    for key in (*DATA_SECTIONS, *STARTING_POINTS):
        config.pop(key, None)
    config["train_ds"] = _train_section(inherited, run, shards, cuts)
    config["validation_ds"] = _validation_section(inherited, run, validation)
    config["test_ds"] = None
    config["optim"] = _optim_section(run)
    if name == "aed":
        config["use_loss_mask_for_prompt"] = run.use_loss_mask_for_prompt
    elif run.use_loss_mask_for_prompt:
        what = f"a {archive.model_class} has no prompt to mask"
        raise ConfigError.of("use_loss_mask_for_prompt", what, "leave it false")
    return Recipe(name, archive.model_class, config, tuple(_traps(inherited, config)))


def with_behaviors(archive: Archive, run: RunConfig) -> dict[str, Any]:
    """The archive's configuration with the run's behaviours beside those that it has."""
    if not run.behaviors:
        return archive.config
    before = of_config(archive.config)
    prompt = archive.config.get("prompt_format")
    if prompt != (prompt_name(before) if before else PROMPT):
        what = f"needs a model of prompt format {PROMPT}, and this one has {prompt!r}"
        raise ConfigError.of("behaviors", what, "leave it out, or take a Canary of the second kind")
    after = before | run.behaviors
    tokens = [token for pair in after.values() for token in (pair.on, pair.off)]
    if any(after[name] != pair for name, pair in before.items()) or len({*tokens}) < len(tokens):
        what = f"contradicts what the model was trained with: {to_config(before)}"
        raise ConfigError.of("behaviors", what, "take tokens and names that it does not use")
    return archive.config | {"prompt_format": prompt_name(after), CONFIG_KEY: to_config(after)}


def _fields(inherited: dict[str, Any]) -> dict[str, Any]:
    """What training and validation share: how our rows are read."""
    shared = {
        "use_lhotse": True,
        "sample_rate": _sample_rate(inherited),
        "text_field": "text",
        "lang_field": "target_lang",
    }
    prompt = inherited.get("prompt_format")
    return shared | ({"prompt_format": prompt} if prompt else {})


def _sample_rate(inherited: dict[str, Any]) -> int:
    for section in (inherited, inherited.get("preprocessor") or {}):
        rate = section.get("sample_rate")
        if isinstance(rate, int):
            return rate
    return 16000


def _train_section(
    inherited: dict[str, Any], run: RunConfig, shards: Path, cuts: int
) -> dict[str, Any]:
    """How training reads the shards.

    Shards repeat without end, so a buffer larger than the data would be filled with repeats before
    the first batch: minutes of waiting for nothing. No buffer is larger than the data.
    """
    batches = run.train_ds
    return _fields(inherited) | {
        "shar_path": str(shards.absolute()),
        "manifest_filepath": None,
        "shuffle": True,
        "batch_size": None,
        "batch_duration": batches.batch_duration,
        "quadratic_duration": batches.quadratic_duration,
        "use_bucketing": True,
        "num_buckets": batches.num_buckets,
        "bucket_batch_size": None,
        "bucket_duration_bins": None,
        "num_cuts_for_bins_estimate": min(CUTS_FOR_BINS, cuts),
        "bucket_buffer_size": min(batches.bucket_buffer_size, cuts),
        "shuffle_buffer_size": min(batches.shuffle_buffer_size, cuts),
        "concurrent_bucketing": False,
        "min_duration": batches.min_duration,
        "max_duration": batches.max_duration,
        "num_workers": batches.num_workers,
        "pin_memory": True,
        "seed": run.seed,
        "shard_seed": "randomized",
    }


def _validation_section(
    inherited: dict[str, Any], run: RunConfig, manifest: Path
) -> dict[str, Any]:
    sets: dict[str, Any] = {"manifest_filepath": str(manifest.absolute())}
    if also := run.validation_ds.also:
        paths = [manifest, *also.values()]
        sets = {"manifest_filepath": [str(path.absolute()) for path in paths]}
    return _fields(inherited) | {
        **sets,
        "shuffle": False,
        "use_bucketing": False,
        "batch_size": run.validation_ds.batch_size,
        "batch_duration": None,
        "num_workers": run.validation_ds.num_workers,
        "pin_memory": True,
        "seed": run.seed,
    }


def _optim_section(run: RunConfig) -> dict[str, Any]:
    optim = run.optim
    return {
        "name": "adamw",
        "lr": optim.lr,
        "betas": list(optim.betas),
        "weight_decay": optim.weight_decay,
        "sched": {
            "name": optim.schedule,
            "warmup_steps": optim.warmup_steps,
            "min_lr": optim.min_lr,
            "max_steps": run.trainer.max_steps,
        },
    }


def _traps(inherited: dict[str, Any], used: dict[str, Any]) -> Iterator[Trap]:
    for key, default, why in TRAPS:
        before, after = _at(inherited, key, default), _at(used, key, None)
        if before not in (ABSENT, None, after):
            yield Trap(key, before, after, why)


def _at(config: dict[str, Any], key: str, default: Any) -> Any:
    value: Any = config
    for name in key.split("."):
        if not isinstance(value, dict) or name not in value:
            return default
        value = value[name]
    return value
