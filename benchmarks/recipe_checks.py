"""What was run of each recipe, and where: recipe_checks.json, written by benchmarks/full_shape.py.

docs/generate.py makes the table of docs/training.md from it. A check belongs to the values of a
recipe: where they change, `is_current` is false until the check is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from curate.artifacts.base import Model
from curate.files.marked_yaml import plain_value, read_tree
from train.config import RECIPES, recipe_names

FILE = Path(__file__).with_suffix(".json")

HEAD = (
    "recipe",
    "class",
    "parameters",
    "`train plan`",
    "meta device",
    "steps on a CPU",
    "GPU",
    "NeMo",
)
"""The columns of the table."""


class Counted(Model):
    """The model as NeMo builds it: a published one on the meta device, without values; a tiny one,
    of which nothing is published, on the CPU.
    """

    class_name: str
    parameters: int
    published_m: float | None
    tensors: int
    state_bytes: int


class Planned(Model):
    """What `train plan` made of the recipe, on one GPU, for an archive of that shape."""

    gpu: str
    parameters: int
    memory_gib: float | None
    errors: tuple[str, ...]


class Stepped(Model):
    """A run of `train run`: all parameters where `full`, else fewer of the same structure.

    `settings` are what differs from the recipe.
    """

    full: bool
    parameters: int
    device: str
    steps: int
    first_loss: float
    last_loss: float
    seconds_per_step: float
    peak_gib: float
    planned_gib: float | None
    settings: tuple[str, ...]

    def describe(self) -> str:
        """The run in a cell of the table."""
        size = "" if self.full else f" at {self.parameters / 1e6:,.1f} M parameters"
        return f"{self.steps}{size}: loss {self.first_loss:.2f} to {self.last_loss:.2f}"


class RecipeCheck(Model):
    """Everything that was run of a recipe; `stepped` has a run for each kind of device."""

    recipe: str
    values_sha256: str
    versions: Mapping[str, str]
    counted: Counted
    planned: Planned
    stepped: tuple[Stepped, ...]

    @property
    def is_current(self) -> bool:
        """Whether the recipe still has the values that were checked."""
        return self.values_sha256 == hash_of(self.recipe)

    def with_steps(self, stepped: tuple[Stepped, ...]) -> RecipeCheck:
        """This check with the runs that were made."""
        return self.model_copy(update={"stepped": stepped})

    def row(self) -> list[str]:
        """The row of the table, in the order of HEAD."""
        counted, planned = self.counted, self.planned
        millions = f"{counted.parameters / 1e6:,.1f} M"
        if counted.published_m is not None:
            millions += f", published {counted.published_m:g} M"
        memory = "" if planned.memory_gib is None else f", {planned.memory_gib:,.0f} GiB"
        errors = f"errors: {', '.join(planned.errors)}" if planned.errors else "no error"
        return [
            f"`{self.recipe}`",
            counted.class_name,
            millions,
            f"{errors}{memory}",
            f"{counted.tensors:,} tensors" if counted.published_m else "not run",
            self._steps("cpu"),
            self._steps("cuda"),
            self.versions["nemo_toolkit"],
        ]

    def _steps(self, device: str) -> str:
        runs = [each.describe() for each in self.stepped if each.device == device]
        return "; ".join(runs) or "not run"


class RecipeChecks(Model):
    """recipe_checks.json: the checks in the order of the recipes' names."""

    checks: tuple[RecipeCheck, ...]

    def with_check(self, check: RecipeCheck) -> RecipeChecks:
        """These checks, with `check` in place of an earlier one of the same recipe."""
        by_recipe = {each.recipe: each for each in (*self.checks, check)}
        names = [name for name in recipe_names() if name in by_recipe]
        return RecipeChecks(checks=tuple(by_recipe[name] for name in names))

    def write(self) -> None:
        """Write the file."""
        text = json.dumps(self.as_json(), indent=1, ensure_ascii=False)
        FILE.write_text(f"{text}\n", encoding="utf-8")


def read_checks() -> RecipeChecks:
    """The checks that were made; none where the file is not there."""
    if not FILE.is_file():
        return RecipeChecks(checks=())
    return RecipeChecks.model_validate_json(FILE.read_text(encoding="utf-8"))


def hash_of(recipe: str) -> str:
    """A hash of a recipe's values: a comment changes nothing."""
    file = RECIPES / f"{recipe}.yaml"
    values = plain_value(read_tree(file.read_text(encoding="utf-8"), str(file)))
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def table_rows() -> Iterator[list[str]]:
    """The rows of the table, a recipe each."""
    return (check.row() for check in read_checks().checks)
