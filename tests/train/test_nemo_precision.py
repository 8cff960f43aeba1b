"""Features in full precision, whatever the model's own is: real NeMo in bf16-true on a CPU."""

from __future__ import annotations

from typing import Any

import pytest

from curate.nemo.archive import open_archive
from tests.train.world import NEMO, World, saved_weights
from train.fit import RunRequest, TrainRun, fit

pytestmark = NEMO

FEATURES = {"preprocessor.featurizer.window", "preprocessor.featurizer.fb"}


@pytest.fixture(scope="module")
def half(world: World) -> tuple[TrainRun, list[Any]]:
    """A run in bf16-true, and what went into the features in each of its batches."""
    from nemo.collections.asr.parts.preprocessing.features import FilterbankFeatures

    seen: list[Any] = []
    compute = FilterbankFeatures.forward

    def look(self: Any, x: Any, *rest: Any, **named: Any) -> Any:
        seen.append((x.clone(), self.window.clone(), self.fb.clone()))  # dither is added in place
        return compute(self, x, *rest, **named)

    settings = ("trainer.precision=bf16-true", "trainer.max_steps=3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FilterbankFeatures, "forward", look)
        run = fit(RunRequest(world.config(world.model("canary").path, "half", *settings)))
    return run, seen


def test_features_are_computed_from_audio_that_was_never_rounded(
    world: World, half: tuple[TrainRun, list[Any]]
) -> None:
    weights = saved_weights(world.model("canary").path)
    assert len(half[1]) > 3  # validation too
    for audio, window, filters in half[1]:
        assert (audio != audio.bfloat16().float()).any()
        assert (window == weights["preprocessor.featurizer.window"]).all()
        assert (filters == weights["preprocessor.featurizer.fb"]).all()


def test_the_model_computes_in_half_precision(half: tuple[TrainRun, list[Any]]) -> None:
    import torch

    checkpoint = next((half[0].folder / "checkpoints").glob("step*.ckpt"))
    weights = torch.load(checkpoint, weights_only=True)["state_dict"]
    kinds = {value.dtype for name, value in weights.items() if name not in FEATURES}
    assert kinds <= {torch.bfloat16, torch.int64}
    assert half[0].record.trainer.precision == "bf16-true"


def test_the_saved_model_is_in_full_precision_as_the_original(
    world: World, half: tuple[TrainRun, list[Any]]
) -> None:
    paths = (world.model("canary").path, half[0].folder / "model.nemo")
    before, after = map(saved_weights, paths)
    assert {name: value.dtype for name, value in after.items()} == {
        name: value.dtype for name, value in before.items()
    }
    assert all((before[name] == after[name]).all() for name in FEATURES)
    assert any((before[name] != after[name]).any() for name in before)
    sizes = [open_archive(path).weights_bytes for path in paths]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.01)  # parameters are counted by them


def test_audio_in_batches_of_other_models_is_not_rounded_either(world: World) -> None:
    """CTC and RNN-T batches are tuples; their losses do not run in bf16 on a CPU."""
    import torch

    from train.nemo.model import restore
    from train.nemo.precision import TrueHalf

    plugin, audio = TrueHalf("bf16-true"), torch.rand(2, 9)
    batch = (audio, torch.tensor([9, 7]), torch.tensor([[1], [2]]), torch.tensor([1, 1]))
    assert plugin.convert_input(batch) is batch
    assert plugin.convert_input({"audio": audio, "x": audio})["x"].dtype == torch.bfloat16
    model = restore(open_archive(world.model("ctc").path)).model
    plugin.convert_module(model)
    features = model.preprocessor(input_signal=audio.repeat(1, 900), length=torch.tensor([99, 7]))
    assert features[0].dtype == torch.bfloat16
    assert {name for name, value in model.state_dict().items() if value.dtype == torch.float32} == (
        FEATURES
    )


def test_where_nothing_gets_better_the_original_is_saved_unrounded(world: World) -> None:
    settings = ("trainer.precision=bf16-true", "optim.lr=1e-12", "optim.min_lr=1e-13")
    unmoved = (*settings, "freeze.encoder=true", "freeze.batchnorm=eval", "trainer.max_steps=3")
    run = fit(RunRequest(world.config(world.model("canary").path, "half-unmoved", *unmoved)))
    before, after = (
        saved_weights(path) for path in (world.model("canary").path, run.folder / "model.nemo")
    )
    assert [name for name in before if (before[name] != after[name]).any()] == []
    best = run.record.best
    assert best is not None
    assert (best.step, best.checkpoint.startswith("checkpoints/step=0-")) == (0, True)
