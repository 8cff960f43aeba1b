"""The published models at full shape, built by real NeMo without weights: names, sizes, the plan.

Nothing is downloaded and nothing of their size is allocated: the parameters are on the meta device.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import shapes
from curate.nemo.archive import open_archive
from tests.train.world import NEMO, World
from train.config import RECIPES, RunConfig, Setting, load_config
from train.plan import find_gpu, make_plan

pytestmark = NEMO

SHAPES = shapes.read_shapes().models
GIB = 2**30
ADAMW_BYTES = 16
"""Of a parameter in 32 bits: its weight, its gradient and two moments."""

Built = Callable[[str], tuple[Any, Path]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A model without weights, and its archive with a hole for them; each is built once."""
    made: dict[str, tuple[Any, Path]] = {}

    def build(name: str) -> tuple[Any, Path]:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            model = shapes.build_without_weights(shapes.model_config(name, {}, folder))
            shapes.write_hollow(model, folder / "model.nemo")
            made[name] = model, folder / "model.nemo"
        return made[name]

    return build


def count(model: Any) -> int:
    return sum(weight.numel() for weight in model.parameters())


def test_every_recipe_of_a_published_model_has_its_shape() -> None:
    named = {path.stem for path in RECIPES.glob("*.yaml") if not path.stem.startswith("tiny")}
    assert named == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_it_has_the_published_sizes_and_names(built: Built, name: str) -> None:
    shape, (model, _) = SHAPES[name], built(name)
    assert count(model) / 1e6 == pytest.approx(shape.parameters_m, rel=shape.within)
    size = shapes.state_bytes(model)
    if shape.archive_gb is not None:
        assert size / 1e9 == pytest.approx(shape.archive_gb, rel=0.005)
    if shape.weights_bytes is not None:
        assert size == pytest.approx(shape.weights_bytes, rel=0.0005)
    state = model.state_dict(keep_vars=True)
    if shape.float_tensors is not None:
        assert sum(tensor.is_floating_point() for tensor in state.values()) == shape.float_tensors
    assert len({id(state[key]) for key in shape.tied}) == min(len(shape.tied), 1)


@pytest.mark.parametrize("name", SHAPES)
def test_a_plan_knows_the_size_of_the_model(
    built: Built, name: str, world: World, tmp_path: Path
) -> None:
    model, path = built(name)
    plan = make_plan(config_of(name, path, world, tmp_path), open_archive(path), find_gpu("h100"))
    demand = plan.facts.demand
    assert plan.facts.archive.model_class == type(model).__name__
    assert plan.facts.tokenizer.vocabulary == model.tokenizer.vocab_size
    assert demand.parameters == pytest.approx(count(model), rel=0.01)  # and the buffers
    assert demand.memory_gib is not None
    assert demand.memory_gib * GIB > ADAMW_BYTES * count(model)


def config_of(name: str, model: Path, world: World, out: Path) -> RunConfig:
    """The recipe as it stands."""
    given = {"model": model, "data": world.data, "out": out / "run"}
    settings = [Setting(f"--{key}", key, str(value)) for key, value in given.items()]
    return load_config(RECIPES / f"{name}.yaml", settings)
