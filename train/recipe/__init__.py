"""From a pretrained model's configuration to the one that it is fine-tuned with.

The whole configuration is copied, so that the architecture, the tokenizer and the prompt are
exactly the pretrained ones; the data sections are dropped and rebuilt, because what they inherit
(paths of another machine, `text_field: answer`, bucket sizes of another GPU) trains the wrong thing
without an error. Known pitfalls that this fixes are recorded with the reason (`pitfalls`).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from curate.errors import ConfigError
from curate.nemo.archive import Archive
from train.artifacts.shared import Pitfall
from train.config import RunConfig
from train.data import ALL, Source
from train.data.augmentation import NOISE, augmentation_file
from train.data.validation import set_names, validation_manifest
from train.recipe.behaviors import CONFIG_KEY, PROMPT, of_config, prompt_name, to_config
from train.recipe.buckets import Buckets
from train.recipe.overrides import apply_overrides
from train.recipe.pitfalls import STARTING_POINTS, all_differences, find_pitfalls

RecipeName = Literal["aed", "finetune"]

SCRIPTS = {"aed": "speech_to_text_aed.py", "finetune": "speech_to_text_finetune.py"}
"""NeMo's example scripts, whose way each recipe follows."""

PAIRINGS: dict[RecipeName, str] = {
    "aed": "a Canary multi-task model is trained the way of speech_to_text_aed.py, with its "
    "prompt, its several tasks, and its aggregate or unified tokenizer as it is",
    "finetune": "a CTC or RNN-T model is adapted the way of speech_to_text_finetune.py, for "
    "speech recognition only; its architecture stays, and only its tokenizer may be replaced",
}
"""Why a class takes its recipe."""

MODEL_CLASSES: tuple[tuple[str, RecipeName], ...] = (
    ("EncDecMultiTaskModel", "aed"),
    ("EncDecCTCModelBPE", "finetune"),
    ("EncDecRNNTBPEModel", "finetune"),
    ("EncDecHybridRNNTCTCBPEModel", "finetune"),
)

DATA_SECTIONS = ("train_ds", "validation_ds", "test_ds")

BLEND = "curate_blend"
"""The type under which NeMo reads a blend (train.nemo.blend)."""

CUTS_FOR_BINS = 10_000
"""NeMo's own number of cuts from which to estimate the buckets' edges."""


@dataclass(frozen=True)
class Recipe:
    """How this model is fine-tuned: the whole configuration, and what was changed in it."""

    name: RecipeName
    model_class: str
    config: dict[str, Any] = field(repr=False)
    pitfalls: tuple[Pitfall, ...]
    differences: tuple[Pitfall, ...] = field(repr=False, default=())
    """Every value that is not the inherited one, the pitfalls first, by risk and key."""

    @property
    def script(self) -> str:
        """NeMo's example script whose way this follows."""
        return SCRIPTS[self.name]


def recipe_for(archive: Archive, requested: str = "auto") -> RecipeName:
    """Which recipe the model in the archive takes.

    A class that we do not know is refused, and so is a request for the other recipe.
    """
    known = dict(MODEL_CLASSES)
    if archive.model_class not in known:
        what = f"holds a {archive.target}, for which there is no recipe"
        raise ConfigError.of(archive.path, what, f"known: {', '.join(known)}")
    suitable = known[archive.model_class]
    if requested not in {"auto", suitable}:
        what = f"the recipe {requested!r} is not for a {archive.model_class}: {PAIRINGS[suitable]}"
        raise ConfigError.of("recipe", what, f"recipe: {suitable}, or leave it out")
    return suitable


def build_recipe(
    archive: Archive,
    run: RunConfig,
    cuts: int,
    sources: Sequence[Source] = (),
    buckets: Buckets | None = None,
) -> Recipe:
    """The configuration to train `archive` with: so many cuts, drawn from `sources` if any.

    Without `buckets` NeMo makes its own.
    """
    name = recipe_for(archive, run.recipe)
    _check_tokenizer(archive, name, run)
    inherited = with_behaviors(archive, run)
    config = copy.deepcopy(inherited)
    for key in (*DATA_SECTIONS, *STARTING_POINTS):
        config.pop(key, None)
    config["train_ds"] = _train_section(inherited, run, cuts, sources)
    if buckets is not None:
        config["train_ds"] |= _bucketed(config["train_ds"], buckets, cuts)
    config["validation_ds"] = _validation_section(inherited, run)
    config["test_ds"] = None
    config["optim"] = _optim_section(run)
    if name == "aed":
        config["use_loss_mask_for_prompt"] = run.use_loss_mask_for_prompt
    elif run.use_loss_mask_for_prompt:
        what = f"a {archive.model_class} has no prompt to mask"
        raise ConfigError.of("use_loss_mask_for_prompt", what, "leave it false")
    changes = apply_overrides(config, run.overrides)
    pitfalls = (*changes, *find_pitfalls(inherited, config))
    differences = all_differences(inherited, config, pitfalls)
    return Recipe(name, archive.model_class, config, pitfalls, differences)


def _check_tokenizer(archive: Archive, name: RecipeName, run: RunConfig) -> None:
    """A Canary's tokenizer is part of the model; another one may be requested elsewhere."""
    update = run.tokenizer.update
    if update is None:
        return
    if name == "aed":
        what = f"a {archive.model_class} keeps its tokenizer: its embeddings and prompt hang on it"
        hint = "leave tokenizer.update out; for own on/off behaviours take spltoken placeholders"
        raise ConfigError.of("tokenizer.update", what, hint)
    needed = "tokenizer.model" if update.type == "bpe" else "vocab.txt"
    if not (update.dir / needed).is_file():
        hint = "the folder that NeMo's process_asr_text_tokenizer.py wrote"
        raise ConfigError.of("tokenizer.update", f"{update.dir} holds no {needed}", hint)


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
        "sample_rate": sample_rate(inherited),
        "text_field": "text",
        "lang_field": "target_lang",
    }
    prompt = inherited.get("prompt_format")
    return shared | ({"prompt_format": prompt} if prompt else {})


def sample_rate(inherited: Mapping[str, Any]) -> int:
    """The sampling rate of a model's configuration, to which NeMo resamples."""
    for section in (inherited, inherited.get("preprocessor") or {}):
        rate = section.get("sample_rate")
        if isinstance(rate, int):
            return rate
    return 16000


def _train_section(
    inherited: dict[str, Any], run: RunConfig, cuts: int, sources: Sequence[Source]
) -> dict[str, Any]:
    """How training reads the shards.

    Shards repeat without end, so a buffer larger than the data would be filled with repeats before
    the first batch: minutes of waiting for nothing. No buffer is larger than the data.
    """
    batches = run.train_ds
    return _fields(inherited) | {
        **_train_inputs(run, sources),
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
        **_augmentation(run),
    }


def _augmentation(run: RunConfig) -> dict[str, Any]:
    """What NeMo does to recordings before batches are made; the rest is of the data loader."""
    config = run.augmentation
    values: dict[str, Any] = {"perturb_speed": True} if config.perturb_speed else {}
    if config.noise_path is not None:
        values["noise_path"] = str(augmentation_file(run, NOISE).absolute())
        values["noise_snr"] = list(config.noise_snr)
        values["noise_mix_prob"] = config.noise_mix_prob
    return values


def _bucketed(section: dict[str, Any], buckets: Buckets, cuts: int) -> dict[str, Any]:
    """The keys that the buckets decide, and a buffer in which each of them can fill a batch."""
    least = min(buckets.least_buffer(), cuts)
    return buckets.settings() | {"bucket_buffer_size": max(section["bucket_buffer_size"], least)}


def _train_inputs(run: RunConfig, sources: Sequence[Source]) -> dict[str, Any]:
    """The shards to read: a directory as it is, or the files of each source with its share.

    Augmentation gives cuts other ids, so the reader of blends, which notes them, reads one
    directory too.
    """
    folder = str((run.data / "train").absolute())
    if not sources and not run.augmentation.changes_cuts:
        return {"shar_path": folder}
    blend = {
        "type": BLEND,
        "min_duration": run.train_ds.min_duration,
        "max_duration": run.train_ds.max_duration,
        "sources": [
            {
                "name": source.name,
                "share": round(source.share, 9),
                "cuts": source.paths("cuts"),
                "recording": source.paths("recording"),
            }
            for source in sources
        ]
        or [{"name": ALL, "share": 1.0, "folder": folder}],
    }
    return {"shar_path": None, "input_cfg": [blend]}


def _validation_section(inherited: dict[str, Any], run: RunConfig) -> dict[str, Any]:
    paths = [str(validation_manifest(run, name).absolute()) for name in set_names(run)]
    return _fields(inherited) | {
        "manifest_filepath": paths if len(paths) > 1 else paths[0],
        "shuffle": False,
        "use_bucketing": False,
        "min_duration": run.validation_ds.min_duration,
        "max_duration": run.validation_ds.max_duration,
        "batch_size": run.validation_ds.batch_size,
        "batch_duration": None,
        "num_workers": run.validation_ds.num_workers,
        "pin_memory": True,
        "seed": run.seed,
    }


def _optim_section(run: RunConfig) -> dict[str, Any]:
    optim = run.optim
    own = {"momentum": optim.momentum} if optim.name == "sgd" else {"betas": list(optim.betas)}
    return {
        "name": optim.name,
        "lr": optim.lr,
        **own,
        "weight_decay": optim.weight_decay,
        "sched": {
            "name": optim.schedule,
            "warmup_steps": optim.warmup_steps,
            "min_lr": optim.min_lr,
            "max_steps": run.trainer.max_steps,
        },
    }
