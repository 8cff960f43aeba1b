"""The options that make a run's configuration, for every command that takes one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from train.config import RunConfig, Setting

ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="A .nemo file, or a pretrained model's name.",
        show_default="as the recipe",
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        "--recipe", "--config", help="A recipe file or name.", show_default="as the model"
    ),
]
Settings = Annotated[
    list[str], typer.Option("--set", help="Change a value of the recipe: optim.lr=1e-4.")
]


def given(**options: object) -> list[Setting]:
    """The settings that have an option of their own; None was not given."""
    from train.config import Setting

    return [Setting(f"--{k} {v}", k, str(v)) for k, v in options.items() if v is not None]


def resolve(
    recipe: str | None, model: str | None, options: Sequence[Setting], settings: Sequence[str]
) -> RunConfig:
    """The configuration: the recipe, then the options, then each `--set`."""
    from train.config import check_model, find_recipe, load_config, parse_setting

    check_model(model)
    return load_config(find_recipe(recipe, model), [*options, *map(parse_setting, settings)])
