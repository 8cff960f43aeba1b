"""From the inherited configuration to the one that is trained with, trap by trap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError
from curate.nemo.archive import Archive
from train.config import RunConfig, Setting, load_config, parse_setting
from train.recipe import Recipe, build_recipe, recipe_for

Load = Callable[..., RunConfig]

MODELS = "nemo.collections.asr.models."

# What canary-180m-flash and 1b-v2 carry in their archives, in short.
INHERITED: dict[str, Any] = {
    "sample_rate": 16000,
    "prompt_format": "canary2",
    "use_loss_mask_for_prompt": False,
    "encoder": {"d_model": 512},
    "spec_augment": {"freq_masks": 2, "time_masks": 2},
    "tokenizer": {"type": "agg", "langs": {"en": {"model_path": "nemo:abc_tokenizer.model"}}},
    "train_ds": {
        "text_field": "answer",
        "lang_field": "target_lang",
        "manifest_filepath": "/lustre/inside/manifest.json",
        "input_cfg": [{"type": "nemo_tarred"}],
        "batch_size": None,
        "bucket_batch_size": [180, 90],
        "num_buckets": None,
        "shard_seed": "trng",
    },
    "validation_ds": {"text_field": "answer", "use_bucketing": True},
    "test_ds": {"manifest_filepath": "/lustre/inside/test.json"},
    "optim": {"name": "adamw", "lr": 3e-4, "sched": {"max_steps": None}},
    "init_from_nemo_model": None,
    "init_from_ptl_ckpt": "/lustre/x.ckpt",
}


@pytest.fixture
def load(recipe: Callable[..., Path]) -> Load:
    def run(*texts: str) -> RunConfig:
        fixed = [Setting("", key, "x") for key in ("model", "out")]
        fixed.append(Setting("", "data", "/s"))
        return load_config(recipe(), [*fixed, *(parse_setting(text) for text in texts)])

    return run


def archive(model_class: str = "EncDecMultiTaskModel", **config: Any) -> Archive:
    return Archive(Path("m.nemo"), 1, f"{MODELS}x.{model_class}", INHERITED | config)


def build(run: RunConfig, source: Archive | None = None, cuts: int = 10**6) -> Recipe:
    return build_recipe(source or archive(), run, cuts)


def test_a_value_of_the_model_is_set_last_and_recorded(load: Load) -> None:
    recipe = build(load("model.spec_augment.time_masks=5"))
    assert recipe.config["spec_augment"]["time_masks"] == 5
    (change,) = [each for each in recipe.differences if each.key == "spec_augment.time_masks"]
    assert (change.inherited, change.used, change.risk) == (2, 5, "choice")
    assert change.why == "set by the run's overrides"


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("model.spec_augment.time_mask=5", "spec_augment has no key 'time_mask'", "'time_masks'"),
        ("model.spek_augment.time_masks=5", "has no key 'spek_augment'", "'spec_augment'"),
        ("model.spec_augment=5", "is a section, not a value", "time_masks"),
        ("model.spec_augment.time_masks=many", "of another type", "the same type"),
        ("model.optim.lr=1", "is not for overrides", "--set optim.KEY"),
        ("model.target=x", "is not for overrides", "the class"),
    ],
)
def test_what_is_no_value_of_the_model_is_refused(
    load: Load, text: str, what: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        build(load(text))
    (fault,) = raised.value.faults
    assert what in fault.what
    assert hint in fault.hint


def test_every_wrong_override_is_named_at_once(load: Load) -> None:
    with pytest.raises(ConfigError) as raised:
        build(load("model.a=1", "model.b=2", "model.spec_augment.time_masks=3"))
    assert [fault.where for fault in raised.value.faults] == ["model.a", "model.b"]


def pitfalls(recipe: Recipe) -> dict[str, tuple[Any, Any]]:
    return {each.key: (each.inherited, each.used) for each in recipe.pitfalls}


@pytest.mark.parametrize(
    ("model_class", "name"),
    [
        ("EncDecMultiTaskModel", "aed"),
        ("EncDecCTCModelBPE", "finetune"),
        ("EncDecRNNTBPEModel", "finetune"),
        ("EncDecHybridRNNTCTCBPEModel", "finetune"),
    ],
)
def test_the_class_decides_the_recipe(model_class: str, name: str) -> None:
    assert recipe_for(archive(model_class)) == name


@pytest.mark.parametrize("model_class", ["SortformerEncLabelModel", "EncDecCTCModel", "Model"])
def test_an_unknown_class_is_refused(model_class: str) -> None:
    with pytest.raises(ConfigError, match=model_class):
        recipe_for(archive(model_class))


def test_the_architecture_is_the_inherited_one(load: Load) -> None:
    config = build(load()).config
    for key in ("encoder", "tokenizer", "prompt_format", "sample_rate"):
        assert config[key] == INHERITED[key]


def test_nothing_of_the_inherited_data_survives(load: Load) -> None:
    config = build(load()).config
    assert "lustre" not in str(config)
    assert "answer" not in str(config)
    assert config["test_ds"] is None
    assert "init_from_nemo_model" not in config


def test_training_reads_shards_by_our_fields(load: Load) -> None:
    section = build(load("seed=7")).config["train_ds"]
    expected = {
        "use_lhotse": True,
        "shar_path": "/s/train",
        "manifest_filepath": None,
        "text_field": "text",
        "lang_field": "target_lang",
        "prompt_format": "canary2",
        "batch_size": None,
        "bucket_batch_size": None,
        "batch_duration": 60.0,
        "seed": 7,
        "shard_seed": "randomized",
    }
    assert {key: section[key] for key in expected} == expected


def test_validation_ends_and_repeats_itself(load: Load) -> None:
    section = build(load()).config["validation_ds"]
    assert "shar_path" not in section  # shards never end, and so would validation
    assert section["manifest_filepath"] == str(Path("x/validation/eval.jsonl").absolute())
    assert (section["use_bucketing"], section["shuffle"]) == (False, False)
    assert (section["batch_size"], section["batch_duration"]) == (16, None)


@pytest.mark.parametrize("workers", [0, 1, 8])
def test_buckets_are_never_filled_by_a_thread(load: Load, workers: int) -> None:
    section = build(load(f"train_ds.num_workers={workers}")).config["train_ds"]
    assert section["concurrent_bucketing"] is False  # or no run could be repeated or continued


@pytest.mark.parametrize(
    ("cuts", "bins", "shuffled"),
    [(10**6, 10_000, 10_000), (300, 300, 300)],  # shards repeat: more would be read again
)
def test_no_buffer_is_larger_than_the_data(load: Load, cuts: int, bins: int, shuffled: int) -> None:
    section = build(load(), cuts=cuts).config["train_ds"]
    assert section["num_cuts_for_bins_estimate"] == bins
    assert section["shuffle_buffer_size"] == section["bucket_buffer_size"] == shuffled


def test_the_schedule_ends_where_the_trainer_does(load: Load) -> None:
    run = load("trainer.max_steps=321")
    assert build(run).config["optim"]["sched"]["max_steps"] == 321


@pytest.mark.parametrize(
    ("key", "inherited", "used"),
    [
        ("train_ds.text_field", "answer", "text"),
        ("validation_ds.text_field", "answer", "text"),
        ("train_ds.manifest_filepath", "/lustre/inside/manifest.json", None),
        ("train_ds.input_cfg", [{"type": "nemo_tarred"}], None),
        ("train_ds.bucket_batch_size", [180, 90], None),
        ("train_ds.shard_seed", "trng", "randomized"),
        ("validation_ds.use_bucketing", True, False),
        ("optim.lr", 3e-4, 1e-4),
        ("init_from_ptl_ckpt", "/lustre/x.ckpt", None),
    ],
)
def test_a_trap_is_told_with_both_values(load: Load, key: str, inherited: Any, used: Any) -> None:
    assert pitfalls(build(load()))[key] == (inherited, used)


def test_what_stays_as_it_was_is_no_trap(load: Load) -> None:
    by_key = pitfalls(build(load()))
    for key in ("train_ds.lang_field", "use_loss_mask_for_prompt", "init_from_nemo_model"):
        assert key not in by_key


def test_defaults_of_nemo_are_pitfalls_too(load: Load) -> None:
    run = load("train_ds.num_workers=0")
    changed = pitfalls(build(run, archive(train_ds=None, validation_ds=None)))
    assert changed["train_ds.concurrent_bucketing"] == (True, False)
    assert changed["train_ds.lang_field"] == ("lang", "target_lang")
    assert "train_ds.text_field" not in changed


def test_masking_the_prompt_needs_a_prompt(load: Load) -> None:
    run = load("use_loss_mask_for_prompt=true")
    assert build(run).config["use_loss_mask_for_prompt"] is True
    with pytest.raises(ConfigError, match="no prompt"):
        build(run, archive("EncDecCTCModelBPE"))


def test_a_model_without_a_prompt_gets_none(load: Load) -> None:
    source = Archive(Path("c.nemo"), 1, f"{MODELS}x.EncDecCTCModelBPE", {"sample_rate": 8000})
    config = build(load(), source).config
    assert "prompt_format" not in config["train_ds"]
    assert "use_loss_mask_for_prompt" not in config
    assert config["train_ds"]["sample_rate"] == 8000


def test_the_archive_itself_is_not_changed(load: Load) -> None:
    source = archive()
    before = str(source.config)
    build(load(), source)
    assert str(source.config) == before
