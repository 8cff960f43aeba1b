"""What a configuration chooses, on real NeMo: behaviours, freezing, validation, devices."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError, CurateError, InputError
from curate.nemo.archive import open_archive
from tests.train.behaving import PAIR, behaving, with_field
from tests.train.world import NEMO, World, saved_weights
from train.fit import RunRequest, TrainRun, fit

pytestmark = NEMO


def moved(world: World, run: TrainRun) -> set[str]:
    """The weights and statistics that a run of the Canary changed."""
    before, after = (
        saved_weights(world.model("canary").path),
        saved_weights(run.folder / "model.nemo"),
    )
    return {name for name in before if (before[name] != after[name]).any()}


def test_a_frozen_decoder_keeps_the_weight_it_shares_with_the_head(world: World) -> None:
    settings = ("freeze.decoder=true", "optim.lr=1e-2")
    run = fit(RunRequest(world.config(world.model("canary").path, "decoder", *settings)))
    changed = moved(world, run)
    assert len(run.record.validation) == 2  # NeMo and Lightning switch modes around each
    assert any(name.startswith("encoder.") for name in changed)
    assert not any(name.startswith(("transf_decoder.", "log_softmax.")) for name in changed)


@pytest.fixture(scope="module")
def frozen(world: World) -> tuple[TrainRun, list[dict[str, Any]]]:
    """A run whose encoder is frozen, and the model's state at each validation."""
    from train.nemo.recorder import Recorder

    seen: list[dict[str, Any]] = []

    def keep(self: Any, trainer: Any, model: Any) -> None:
        seen.append({name: value.clone() for name, value in model.state_dict().items()})

    settings = ("freeze.encoder=true", "optim.lr=1e-2", "trainer.val_check_interval=2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recorder, "on_validation_start", keep)
        run = fit(RunRequest(world.config(world.model("canary").path, "frozen", *settings)))
    return run, seen


def test_a_frozen_encoder_stays_but_for_its_batchnorm(
    world: World, frozen: tuple[TrainRun, list[dict[str, Any]]]
) -> None:
    run = frozen[0]
    changed = moved(world, run)
    in_encoder = {name for name in changed if name.startswith("encoder.")}
    assert in_encoder
    assert all("batch_norm" in name for name in in_encoder)
    assert any("running_mean" in name for name in in_encoder)  # adapted, over validations
    assert any(name.startswith("transf_decoder.") for name in changed)
    assert any("the rest was frozen" in finding.what for finding in run.record.findings)


def test_a_frozen_encoder_adapts_its_statistics_between_validations(
    frozen: tuple[TrainRun, list[dict[str, Any]]],
) -> None:
    seen = frozen[1]
    assert len(seen) == 4  # before step 1, and at 2, 4 and 6
    for before, after in pairwise(seen):
        changed = {name for name in before if (before[name] != after[name]).any()}
        encoder = {name for name in changed if name.startswith("encoder.")}
        assert any(name.endswith("running_mean") for name in encoder)
        assert all("batch_norm" in name for name in encoder)


@pytest.mark.parametrize(
    ("values", "error", "what"),
    [
        (("yes",), InputError, "no recording has 'verbatim' off"),
        (("no", None), InputError, "no recording has 'verbatim' on"),
        (("yes", "no", "maybe"), InputError, "'verbatim' is 'maybe', neither on nor off"),
    ],
)
def test_a_behaviour_that_the_data_cannot_teach_is_refused(
    world: World, tmp_path: Path, values: tuple[Any, ...], error: type[CurateError], what: str
) -> None:
    data = with_field(world, tmp_path / "shards", values)
    with pytest.raises(error, match=what):
        fit(RunRequest(behaving(world, "canary", data, "untaught")))
    assert not (world.folder / "untaught").exists()


def test_a_behaviour_needs_tokens_that_the_model_has(world: World, tmp_path: Path) -> None:
    data = with_field(world, tmp_path / "shards", ("yes", "no"))
    config = behaving(world, "canary", data, "tokenless", PAIR.replace("spltoken1|", "spltoken77|"))
    lacks = r"\[missing-token\].*lacks <\|spltoken77\|> \('behaviors.verbatim'\)"
    with pytest.raises(ConfigError, match=lacks):
        fit(RunRequest(config))


def test_hours_are_drawn_in_the_shares_of_a_blend(world: World) -> None:
    replay = f"blend.replay={{{world.english}: 0.2}}"
    settings = ("trainer.max_steps=60", "trainer.val_check_interval=60", replay)
    run = fit(RunRequest(world.config(world.model("ctc").path, "blend", *settings)))
    whole, english = run.record.data.sources
    assert (whole.share, english.share) == (0.8, 0.2)
    assert whole.drawn_share == pytest.approx(whole.share, abs=0.02)
    assert english.drawn_share == pytest.approx(english.share, abs=0.02)
    drawn = whole.drawn_hours + english.drawn_hours
    assert drawn == pytest.approx(run.record.audio_hours_seen, abs=1e-5)


def test_a_value_of_the_model_is_trained_and_saved_with(world: World) -> None:
    model = world.model("canary").path
    settings = ("model.label_smoothing=0.125", "model.encoder.dropout=0.25")
    run = fit(RunRequest(world.config(model, "overrides", *settings)))
    saved = open_archive(run.folder / "model.nemo")
    assert saved.value("label_smoothing") == 0.125
    assert saved.value("encoder.dropout") == 0.25
    assert {"label_smoothing", "encoder.dropout"} <= {each.key for each in run.record.pitfalls}
    with pytest.raises(CurateError, match=r"n_layers|shape|weights"):
        fit(RunRequest(world.config(model, "another-shape", "model.encoder.n_layers=3")))


def test_additional_validation_sets_are_recorded_by_name(world: World, tmp_path: Path) -> None:
    rows = (world.data / "eval.jsonl").open(encoding="utf-8").readlines()
    hard = tmp_path / "hard.jsonl"
    hard.write_text("".join(rows[:2]), encoding="utf-8")
    model = world.model("ctc").path
    run = fit(RunRequest(world.config(model, "sets", f"validation_ds.also={{hard: {hard}}}")))
    points = run.record.validation
    assert [point.step for point in points] == [3, 6]
    assert all(set(point.also) == {"hard"} for point in points)
    assert all(isinstance(point.also["hard"], float) for point in points)
    plain = world.run("ctc").record.validation  # the eval manifest alone still decides
    assert [point.val_wer for point in points] == [point.val_wer for point in plain]


def test_the_test_set_is_no_validation_set(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    shutil.copytree(world.data, folder)
    test = folder / "test.jsonl"
    shutil.copy(folder / "eval.jsonl", test)
    index = json.loads((folder / "shards.json").read_text(encoding="utf-8"))
    index["manifests"]["test"] = {"file": "test.jsonl", "rows": 1, "hours": 0.1}
    (folder / "shards.json").write_text(json.dumps(index), encoding="utf-8")
    config = world.config(world.model("ctc").path, "cheat", f"validation_ds.also={{t: {test}}}")
    with pytest.raises(InputError, match="is the test set, which training must not see"):
        fit(RunRequest(config.model_copy(update={"data": folder})))


def test_patience_ends_a_run_that_gets_no_better(world: World) -> None:
    settings = (
        *("checkpoints.patience=1", "trainer.val_check_interval=1", "trainer.max_steps=20"),
        *("optim.lr=1e-12", "optim.min_lr=1e-13", "freeze.batchnorm=eval"),  # nothing is learned
    )
    run = fit(RunRequest(world.config(world.model("canary").path, "patient", *settings)))
    assert run.record.steps < 20
    assert (run.folder / "model.nemo").is_file()
