"""The configuration: every fault, where it stands, all at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from curate.errors import ConfigError
from train.config import (
    RunConfig,
    Setting,
    find_recipe,
    load_config,
    parse_setting,
    recipe_names,
)

Write = Callable[..., Path]

GIVEN = [
    Setting("--model m.nemo", "model", "m.nemo"),
    Setting("--data d", "data", "d"),
    Setting("--out o", "out", "o"),
]


def sets(*texts: str) -> list[Setting]:
    return [*GIVEN, *(parse_setting(text) for text in texts)]


def test_a_sound_recipe_loads(recipe: Write) -> None:
    config = load_config(recipe(), GIVEN)
    assert config.optim.lr == 1e-4
    assert config.data == Path("d")


def test_the_resolved_configuration_is_a_recipe_for_the_same_run(recipe: Write) -> None:
    config = load_config(recipe(), sets("optim.lr=3e-05", "trainer.limit_val_batches=null"))
    assert load_config(recipe(config.to_yaml())) == config


@pytest.mark.parametrize(
    ("settings", "where", "what"),
    [
        (["seed=1.5"], "--set seed=1.5", "valid integer"),
        (["seed=yes"], "--set seed=yes", "valid integer"),  # a word, no truth value
        (["optim.lr=-1"], "--set optim.lr=-1", "greater than 0"),
        (["optim.lr=.nan"], "--set optim.lr=.nan", "finite"),
        (["optim.lr='1e-4'"], "--set optim.lr='1e-4'", "valid number"),  # strict: a text
        (["trainer.precision=fp8"], "--set trainer.precision=fp8", "32-true"),
        (["freeze.encoder=1"], "--set freeze.encoder=1", "boolean"),
        (["trainer.max_step=9"], "--set trainer.max_step=9", "unknown key"),
        (["trainer=3"], "--set trainer=3", "object"),
        (["seed.x=3"], "--set seed.x=3", "a value, not a section"),
        (["optim.betas=[0.9]"], "--set optim.betas=[0.9]", "missing"),
    ],
)
def test_a_wrong_setting_names_its_option(
    recipe: Write, settings: list[str], where: str, what: str
) -> None:
    with pytest.raises(ConfigError, match=what) as raised:
        load_config(recipe(), sets(*settings))
    assert raised.value.faults[0].where == where


@pytest.mark.parametrize("text", ["seed", "=3", "a..b=1", "a={", ".=1"])
def test_a_setting_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_setting(text)


def test_every_fault_is_told_at_once_with_its_line(recipe: Write) -> None:
    text = "seed: x\ntrainer:\n  max_steps: 0\n  val_check_intervall: 5\n"
    path = recipe(text)
    with pytest.raises(ConfigError) as raised:
        load_config(path, GIVEN)
    faults = {(fault.where, fault.what.split(":")[0]) for fault in raised.value.faults}
    assert faults == {
        (f"{path}:1", "'seed' cannot be 'x'"),
        (f"{path}:3", "'trainer.max_steps' cannot be 0"),
        (f"{path}:4", "unknown key 'trainer.val_check_intervall'"),
        (f"{path}:2", "'trainer.val_check_interval' is missing"),
        (f"{path}:1", "'optim' is missing"),
        (f"{path}:1", "'train_ds' is missing"),
    }


def test_an_unknown_key_comes_with_a_guess(recipe: Write) -> None:
    with pytest.raises(ConfigError) as raised:
        load_config(recipe(), sets("optim.warmup=3"))
    assert "did you mean 'warmup_steps'?" in raised.value.faults[0].hint


def pair(name: str, on: int, off: int) -> str:
    """The setting of a behaviour by two of the spare tokens."""
    return f'behaviors.{name}={{on: "<|spltoken{on}|>", off: "<|spltoken{off}|>"}}'


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (["trainer.val_check_interval=101"], "never validate"),
        (["optim.warmup_steps=100"], "never gets there"),
        (["optim.min_lr=1"], "above lr"),
        (["train_ds.min_duration=50"], "not below"),
        (["train_ds.max_duration=61"], "batch of its own"),  # Lhotse: one 3,600 s cut, one batch
        (["trainer.devices=2", "train_ds.num_workers=0"], "same batches"),
        (["trainer.num_nodes=2", "train_ds.num_workers=0"], "same batches"),
        (["freeze={encoder: true, decoder: true, batchnorm: eval}"], "nothing is left"),
        ([pair("verbatim", 0, 0)], "is 'behaviors.verbatim.on' already"),
        ([pair("verbatim", 0, 1), pair("noisy", 2, 1)], "is 'behaviors.verbatim.off' already"),
        ([pair("pnc", 0, 1)], "has a meaning in every manifest or prompt"),
    ],
)
def test_values_that_are_wrong_together(recipe: Write, settings: list[str], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        load_config(recipe(), sets(*settings))


@pytest.mark.parametrize(
    "settings",
    [
        ["trainer.val_check_interval=100"],  # exactly one validation, at the end
        ["train_ds.max_duration=60"],
        ["freeze={encoder: true, decoder: true, batchnorm: train}"],  # BatchNorm alone adapts
        ["trainer.devices=2", "train_ds.num_workers=1"],
        [pair("verbatim", 0, 1), pair("noisy", 2, 29)],
    ],
)
def test_values_at_the_edge_are_right(recipe: Write, settings: list[str]) -> None:
    assert isinstance(load_config(recipe(), sets(*settings)), RunConfig)


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"- a list", "keys and values"), (b"\xff", "not UTF-8"), (b"a: 1\na: 2", "occurs twice")],
)
def test_a_file_that_is_no_recipe(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=what):
        load_config(path)


def test_recipes_of_ours_are_sound() -> None:
    names = recipe_names()
    assert {"canary-180m-flash", "canary-1b-flash", "canary-1b-v2", "tiny", "tiny-ctc"} <= set(
        names
    )
    assert {"parakeet-ctc-0.6b", "parakeet-tdt-0.6b-v2"} <= set(names)
    for name in names:
        config = load_config(find_recipe(name, None), GIVEN)
        assert config.recipe != "auto"  # it says what it was written for
        assert config.optim.warmup_steps <= config.trainer.max_steps * 0.2


@pytest.mark.parametrize(
    ("recipe", "model", "expected"),
    [
        (None, "nvidia/canary-180m-flash", "canary-180m-flash.yaml"),
        (None, "models/tiny.nemo", "tiny.yaml"),
        ("tiny-ctc", "anything.nemo", "tiny-ctc.yaml"),
        ("my/own.yaml", None, "own.yaml"),
    ],
)
def test_a_recipe_is_found_by_path_name_or_model(
    recipe: str | None, model: str | None, expected: str
) -> None:
    assert find_recipe(recipe, model).name == expected


@pytest.mark.parametrize(("recipe", "model"), [(None, "x.nemo"), ("nothing", None), (None, None)])
def test_no_recipe_names_those_there_are(recipe: str | None, model: str | None) -> None:
    with pytest.raises(ConfigError, match="canary-1b-v2"):
        find_recipe(recipe, model)


@pytest.mark.parametrize(
    ("freeze", "what"),
    [
        ("{encoder: true, decoder: true, batchnorm: eval}", "nothing is left to train"),
        ("{unfreeze_at: {decoder: 5}}", "'freeze.decoder' is not set"),
        ("{decoder: true, unfreeze_at: {decoder: 100}}", "the run has 100 steps"),
        ("{encoder: true, encoder_layers: 2}", "freezes all layers"),
        ("{unfreeze_at: {joint: 5}}", "'encoder', 'decoder' or 'encoder_layers'"),
    ],
)
def test_freezing_that_contradicts_itself_is_refused(recipe: Write, freeze: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        load_config(recipe(), sets(f"freeze={freeze}"))


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("trainer.stratgy=ddp", "did you mean 'strategy'"),
        ("trainer.strategy=fsdp", "'ddp'"),
        ("trainer.sync_batchnorm=true", "several GPUs"),
        ("optim.nam=adam", "did you mean 'name'"),
        ("optim.name=adamx", "'adamw', 'adam', 'novograd' or 'sgd'"),
    ],
)
def test_trainer_and_optimiser_take_what_works(recipe: Write, setting: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        load_config(recipe(), sets(setting))


def test_parts_are_unfrozen_behind_their_step(recipe: Write) -> None:
    text = "freeze={encoder: true, encoder_layers: 2, unfreeze_at: {encoder: 5}}"
    freeze = load_config(recipe(), sets(text)).freeze
    assert freeze.frozen_at(4) == {"encoder", "encoder_layers"}
    assert freeze.frozen_at(5) == {"encoder_layers"}
