"""The table of recipes in docs/training.md: of checks that were run of the recipes as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.recipe_checks import HEAD, RecipeCheck, hash_of, read_checks, table_rows
from benchmarks.shapes import read_shapes
from train.config import RECIPES, recipe_names

CHECKS = {check.recipe: check for check in read_checks().checks}
RERUN = "python -m benchmarks.full_shape --only {}, then make docs"


def test_every_recipe_was_checked() -> None:
    assert tuple(CHECKS) == recipe_names()


@pytest.mark.parametrize("recipe", recipe_names())
def test_a_check_is_of_the_recipe_as_it_is(recipe: str) -> None:
    assert CHECKS[recipe].is_current, RERUN.format(recipe)


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.recipe)
def test_a_check_shows_what_the_table_claims(check: RecipeCheck) -> None:
    assert check.versions["nemo_toolkit"].startswith("3.0.")
    assert check.planned.errors == ()
    for run in check.stepped:
        assert run.steps == 10
        assert run.last_loss < run.first_loss
        assert run.full == (run.parameters == check.counted.parameters)


def test_the_smallest_published_model_took_its_steps_whole() -> None:
    (run,) = CHECKS["canary-180m-flash"].stepped
    assert run.full


def test_the_published_numbers_are_those_of_the_shapes() -> None:
    published = {name: shape.parameters_m for name, shape in read_shapes().models.items()}
    counted = {name: check.counted.published_m for name, check in CHECKS.items()}
    assert {name: number for name, number in counted.items() if number} == published


def test_the_table_is_on_the_page(root: Path) -> None:
    page = (root / "docs/training.md").read_text(encoding="utf-8")
    rows = list(table_rows())
    assert len(rows) == len(CHECKS) > 5
    assert all(f"| {' | '.join(row)} |\n" in page for row in [list(HEAD), *rows])


def test_a_comment_changes_no_check_and_a_value_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (RECIPES / "tiny.yaml").read_text(encoding="utf-8")
    before = hash_of("tiny")
    monkeypatch.setattr("benchmarks.recipe_checks.RECIPES", tmp_path)
    file = tmp_path / "tiny.yaml"
    file.write_text(f"# a comment\n{text}", encoding="utf-8")
    assert hash_of("tiny") == before
    file.write_text(text.replace("seed: 0", "seed: 1"), encoding="utf-8")
    assert hash_of("tiny") != before
