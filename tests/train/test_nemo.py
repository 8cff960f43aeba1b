"""Real NeMo, end to end and very small: build, train, freeze, save, transcribe.

One model of each kind is built and trained once for all tests (a minute, 14 seconds of it NeMo's
import).
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from curate.errors import ConfigError, InputError
from curate.nemo.archive import open_archive
from tests.lines import lines_of
from tests.train.world import NEMO, SIZES, STEPS, World
from train.artifacts.wer import Wer
from train.config import load_config
from train.evaluate import PREDICTIONS, EvalRequest, Evaluation, evaluate
from train.fit import RunRequest, fit, prepare
from train.plan import make_plan
from train.pretrained import archive_of
from train.tiny import Kind, build_tiny
from train.tiny.tokenizer import train_pieces

pytestmark = NEMO

KINDS: list[tuple[Kind, str]] = [
    ("canary", "aed"), ("unified", "aed"), ("ctc", "finetune"), ("rnnt", "finetune"),
    ("tdt", "finetune"), ("hybrid", "finetune"),
]  # fmt: skip


def test_a_tiny_canary_is_a_canary(world: World) -> None:
    archive = open_archive(world.model("canary").path)
    tokenizer = archive.config["tokenizer"]
    assert archive.config["prompt_format"] == "canary2"
    assert list(tokenizer["langs"]) == ["spl_tokens", "de", "en"]
    assert world.model("canary").vocabulary % 8 == 0  # or beam search fails on a padded token
    pieces = vocabulary(world.model("canary").path)
    assert {"<|spltoken0|>", "<|spltoken29|>", "<|de|>", "<|en|>", "<|pnc|>"} <= pieces


def test_a_tiny_unified_canary_has_one_tokenizer(world: World) -> None:
    tokenizer = open_archive(world.model("unified").path).config["tokenizer"]
    assert tokenizer["type"] == "bpe"
    assert tokenizer["custom_tokenizer"]["_target_"].endswith(".CanaryBPETokenizer")
    assert "langs" not in tokenizer
    assert world.model("unified").vocabulary % 8 == 0


def vocabulary(path: Path) -> set[str]:
    with tarfile.open(path) as tar:
        files = [tar.extractfile(m) for m in tar if m.name.endswith("tokenizer.vocab")]
        texts = [file.read().decode() for file in files if file]
    assert len(texts) == 3
    return {line.split("\t")[0] for text in texts for line in text.split("\n")}


def test_the_encoder_is_taken_over(world: World) -> None:
    ctc, canary = (weights(model.path) for model in (world.model("ctc"), world.model("canary")))
    shared = [name for name in ctc if name.startswith("encoder.")]
    assert shared
    assert all((ctc[name] == canary[name]).all() for name in shared)


def weights(path: Path) -> dict[str, Any]:
    from train.nemo import model

    return dict(model.restore(open_archive(path)).model.state_dict())


@pytest.mark.parametrize(("kind", "recipe"), KINDS)
def test_a_run_is_complete(world: World, kind: Kind, recipe: str) -> None:
    run = world.run(kind)
    record = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    assert record == run.record.as_json()
    assert record["model"]["recipe"] == recipe
    assert record["model"]["matched_parameters"] == record["model"]["parameters"]
    assert record["steps"] == STEPS
    assert [point["step"] for point in record["loss"]] == list(range(1, STEPS + 1))
    assert [point["step"] for point in record["validation"]] == [3, 6]  # never by epoch
    assert all(point["val_wer"] is not None for point in record["validation"])
    assert (run.folder / record["best"]["checkpoint"]).is_file()
    entries = {path.name for path in run.folder.iterdir()}
    assert entries == {
        "config.yaml", "plan.json", "checkpoints", "model.nemo", "metrics.csv", "run.json", "nemo",
        "validation",
    }  # fmt: skip
    assert list((run.folder / "nemo").glob("events.out.tfevents.*"))


def test_the_schedule_ends_with_the_run(world: World) -> None:
    rates = [point.lr for point in world.run("canary").record.loss]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(1e-5, rel=0.5)


def test_every_cut_is_heard(world: World) -> None:
    record = world.run("canary").record
    assert record.audio_hours_seen > record.data.train_hours


def test_the_saved_model_has_the_configuration_it_was_trained_with(world: World) -> None:
    config = open_archive(world.run("canary").folder / "model.nemo").config
    assert config["train_ds"]["text_field"] == "text"
    assert config["optim"]["sched"]["max_steps"] == STEPS


def test_the_run_can_be_repeated_from_its_own_configuration(world: World) -> None:
    first = world.run("canary")
    config = load_config(first.folder / "config.yaml")
    again = fit(RunRequest(config.model_copy(update={"out": world.folder / "again"})))
    losses = [[point.train_loss for point in run.record.loss] for run in (first, again)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


def test_batchnorm_can_be_held(world: World) -> None:
    settings = ["freeze={encoder: true, decoder: false, batchnorm: eval}", "optim.lr=1e-2"]
    run = fit(RunRequest(world.config(world.model("canary").path, "held", *settings)))
    before, after = weights(world.model("canary").path), weights(run.folder / "model.nemo")
    moved = {name for name in before if (before[name] != after[name]).any()}
    assert moved
    assert not any(name.startswith("encoder.") for name in moved)


@pytest.fixture(scope="module")
def evaluation(world: World) -> Evaluation:
    manifest = world.data / "eval.jsonl"
    lines = lines_of(manifest.read_text(encoding="utf-8"))
    lost = json.loads(lines[0]) | {"audio_filepath": "absent.wav", "_curate": {"id": "m:lost"}}
    broken = json.loads(lines[1]) | {"audio_filepath": "broken.wav", "_curate": {"id": "m:broken"}}
    (world.data / "broken.wav").write_bytes(b"RIFF no audio at all")
    more = world.data / "more.jsonl"
    more.write_text(f"{json.dumps(lost)}\n{json.dumps(broken)}\n", encoding="utf-8")
    model = str(world.run("canary").folder / "model.nemo")
    return evaluate(EvalRequest(model, [manifest, more], world.folder / "eval", batch_size=4))


def test_every_row_has_a_prediction_or_a_reason(evaluation: Evaluation) -> None:
    text = (evaluation.folder / PREDICTIONS).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in lines_of(text)]
    assert len(rows) == 8
    assert [isinstance(row["pred_text"], str) for row in rows] == [True] * 6 + [False] * 2
    assert [each.id for each in evaluation.unscored] == ["m:lost", "m:broken"]
    assert ["missing" in each.reason for each in evaluation.unscored] == [True, False]


def test_the_figures_are_written_down(evaluation: Evaluation) -> None:
    record = json.loads((evaluation.folder / Wer.file).read_text(encoding="utf-8"))
    assert record["overall"]["rows"] == 6
    assert record["overall"]["ref_words"] == 13
    assert {group["value"] for group in record["by"]["lang"]} == {"de", "en"}
    assert {group["value"] for group in record["by"]["verdict"]} == {"clean"}


def test_a_model_that_was_never_trained_is_evaluated_too(world: World, tmp_path: Path) -> None:
    model = world.model("ctc").path  # its configuration names no validation data
    manifests = [world.data / "eval.jsonl"]
    done = evaluate(EvalRequest(str(model), manifests, tmp_path / "eval", batch_size=6))
    assert (done.rows, done.unscored) == (6, ())


def test_a_gpu_that_is_not_there_transcribes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    request = EvalRequest(
        str(world.model("ctc").path), [world.data / "eval.jsonl"], tmp_path / "eval", device="gpu"
    )
    with pytest.raises(ConfigError, match="--device: is gpu, and torch finds no GPU here"):
        evaluate(request)
    assert not request.out.exists()


def test_a_language_without_a_token_is_refused_before_training(world: World) -> None:
    from train.nemo import model

    restored = model.restore(open_archive(world.model("canary").path)).model
    model.check_languages(restored, ["de", "en"], world.model("canary").path)
    with pytest.raises(InputError, match="no token for 'fr'"):
        model.check_languages(restored, ["de", "fr"], world.model("canary").path)


def test_one_tokenizer_for_all_languages_is_asked_too(tmp_path: Path) -> None:
    from nemo.collections.common.tokenizers.canary_tokenizer import CanaryBPETokenizer

    from train.nemo import model

    train_pieces(["ja nein", "yes no"], 20, tmp_path / "one", symbols=("<pad>", "<|en|>"))
    tokenizer = CanaryBPETokenizer(str(tmp_path / "one/tokenizer.model"))
    unified = SimpleNamespace(tokenizer=tokenizer, cfg={"prompt_format": "canary2"})
    model.check_languages(unified, ["en"], tmp_path)
    with pytest.raises(InputError, match="no token for 'fr'"):  # else it trains on <unk>
        model.check_languages(unified, ["fr"], tmp_path)


def test_a_step_is_a_step_of_the_optimiser(world: World) -> None:
    config = world.config(world.model("ctc").path, "two", "trainer.accumulate_grad_batches=2")
    record = fit(RunRequest(config)).record
    assert [point.step for point in record.loss] == list(range(1, STEPS + 1))
    assert [point.step for point in record.validation] == [3, 6]


def test_weights_of_another_model_are_refused(world: World) -> None:
    from train.nemo import model

    archive = open_archive(world.model("ctc").path)
    deeper = archive.config["encoder"] | {"n_layers": 2}
    with pytest.raises(InputError, match="do not fit"):
        model.restore(archive, archive.config | {"encoder": deeper})


def test_weights_that_could_run_code_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.nemo import model

    monkeypatch.setenv(model.UNSAFE_VARIABLE, "1")
    with pytest.raises(ConfigError, match=model.UNSAFE_VARIABLE):
        model.restore(open_archive(world.model("ctc").path))


def test_a_model_that_no_one_publishes(monkeypatch: pytest.MonkeyPatch) -> None:
    from train.nemo import model

    def offline(name: str, **options: Any) -> Any:
        raise OSError("no network")

    monkeypatch.setattr("train.nemo.model.ASRModel.from_pretrained", offline)
    with pytest.raises(InputError, match="cannot be downloaded: no network"):
        model.download("nvidia/canary-1b-v2")


def test_malformed_lines_do_not_stop_a_tiny_model(world: World, tmp_path: Path) -> None:
    manifest = tmp_path / "mixed.jsonl"
    good = (world.data / "train.jsonl").read_text(encoding="utf-8")
    manifest.write_text("{broken\n\n[]\n" + good, encoding="utf-8")
    built = build_tiny(tmp_path / "deep/new/tiny.nemo", [manifest], "ctc", SIZES)
    assert built.path.is_file()
    assert built.languages == ("de", "en")


def test_only_a_tiny_model_gives_its_encoder(
    world: World, archive_file: Callable[..., Path], tmp_path: Path
) -> None:
    other = archive_file({"target": open_archive(world.model("ctc").path).target})
    manifests = [world.data / "train.jsonl"]
    with pytest.raises(ConfigError, match="was not built by"):
        build_tiny(tmp_path / "t.nemo", manifests, "canary", SIZES, 0, str(other))


def test_a_plan_and_its_run_have_one_recipe(world: World) -> None:
    config = world.config(world.model("canary").path, "one-recipe")
    planned = make_plan(config, archive_of(config.model)).facts.recipe
    plan, job = prepare(RunRequest(config))
    assert job.recipe is plan.facts.recipe
    assert job.recipe == planned
