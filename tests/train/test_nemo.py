"""Real NeMo, end to end and very small: build, train, freeze, save, transcribe.

One CTC model and one Canary are built and trained once for all tests (some 40 seconds, 14 of them
NeMo's import). The audio is tones, a tone a word, so the models have something to learn.
"""

from __future__ import annotations

import gc
import gzip
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from curate.errors import ConfigError, InputError
from train import runtime
from train.archive import open_archive
from train.config import RunConfig, Setting, load_config, parse_setting
from train.evaluate import PREDICTIONS, RESULTS, Evaluation, evaluate
from train.fit import TrainRun, fit
from train.tiny import Sizes, TinyModel, build_tiny

pytestmark = [
    pytest.mark.nemo,
    # Third parties' own, where they are told in our name; the rest `runtime.prepare` silences.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:audioread"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Lhotse leaves shards open
]

SIZES = Sizes(d_model=32, layers=1, heads=2, subsampling_channels=8, decoder_layers=1)
TONES = {"ja": 300, "nein": 500, "doch": 800, "yes": 1200, "no": 1800, "well": 2500}
SENTENCES = {"de": ("ja nein", "doch ja", "nein doch ja"), "en": ("yes no", "well yes", "no well")}
STEPS = 6

RECIPE = f"""\
trainer: {{max_steps: {STEPS}, val_check_interval: 3, log_every_n_steps: 2, accelerator: cpu}}
optim: {{lr: 1e-3, warmup_steps: 1, min_lr: 1e-5}}
train_ds: {{batch_duration: 6, max_duration: 6, num_buckets: 2, num_workers: 0}}
validation_ds: {{batch_size: 4}}
"""


@dataclass(frozen=True)
class World:
    """What all tests share: the data, the models built on it, and their first runs."""

    folder: Path
    recipe: Path
    canary: TinyModel
    ctc: TinyModel
    canary_run: TrainRun
    ctc_run: TrainRun

    @property
    def data(self) -> Path:
        return self.folder / "shards"

    def config(self, model: Path, out: str, *settings: str) -> RunConfig:
        given = {"model": model, "data": self.data, "out": self.folder / out}
        options = [Setting(f"--{key}", key, str(value)) for key, value in given.items()]
        return load_config(self.recipe, [*options, *map(parse_setting, settings)])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("nemo")
    runtime.prepare()
    write_data(folder / "shards")
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE, encoding="utf-8")
    manifests = [folder / "shards/train.jsonl"]
    ctc = build_tiny(folder / "ctc.nemo", manifests, "ctc", SIZES)
    canary = build_tiny(folder / "canary.nemo", manifests, "canary", SIZES, 0, str(ctc.path))
    unfinished = World(folder, recipe, canary, ctc, None, None)  # type: ignore[arg-type]
    yield replace(
        unfinished,
        canary_run=fit(unfinished.config(canary.path, "canary")),
        ctc_run=fit(unfinished.config(ctc.path, "ctc", "train_ds.num_workers=1")),
    )
    gc.collect()  # so that Lhotse's open shards are found here, where they are expected


def write_data(folder: Path) -> None:
    """A shard folder as `curate shard` writes it, but by Lhotse's own writer."""
    from lhotse import CutSet

    (folder / "train").mkdir(parents=True)
    rows = {name: list(tone_rows(folder, name, repeats)) for name, repeats in SPLITS}
    for name, group in rows.items():
        lines = "".join(json.dumps(row) + "\n" for row in group)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    cuts = CutSet.from_cuts(as_cut(row) for row in rows["train"])
    cuts.to_shar(folder / "train", fields={"recording": "flac"}, shard_size=9)
    (folder / "shards.json").write_text(json.dumps(shard_index(folder, rows)), encoding="utf-8")


SPLITS = (("train", 3), ("eval", 1))


def tone_rows(folder: Path, split: str, repeats: int) -> Iterator[dict[str, Any]]:
    for repeat in range(repeats):
        for lang, sentences in SENTENCES.items():
            for number, text in enumerate(sentences):
                path = folder / f"{split}-{lang}-{number}-{repeat}.wav"
                soundfile.write(path, say(text, repeat), 16000)
                yield {
                    "audio_filepath": str(path),
                    "duration": soundfile.info(path).duration,
                    "text": text,
                    "lang": lang,
                    "source_lang": lang,
                    "target_lang": lang,
                    "pnc": "no",
                    "speaker": f"{lang}{repeat}",
                    "_curate": {"id": f"m:{number}", "verdict": "clean", "tags": []},
                }


def say(text: str, seed: int) -> Any:
    """A tone a word, and some noise."""
    times = np.arange(6400) / 16000
    tones = np.concatenate([np.sin(2 * np.pi * TONES[word] * times) for word in text.split()])
    return tones / 3 + np.random.default_rng(seed).normal(0, 0.01, len(tones))


def as_cut(row: dict[str, Any]) -> Any:
    from lhotse import Recording, SupervisionSegment

    cut = Recording.from_file(row["audio_filepath"]).to_cut()
    cut.supervisions = [
        SupervisionSegment(cut.id, cut.id, 0, cut.duration, text=row["text"], language=row["lang"])
    ]
    cut.custom = {key: row[key] for key in ("source_lang", "target_lang", "pnc")}
    return cut


def shard_index(folder: Path, rows: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "schema": "curate.shards/1",
        "cuts": len(rows["train"]),
        "hours": sum(row["duration"] for row in rows["train"]) / 3600,
        "shards": [shard(folder, path) for path in sorted((folder / "train").glob("cuts.*"))],
        "manifests": {"eval": {"file": "eval.jsonl"}},
    }


def shard(folder: Path, cuts: Path) -> dict[str, Any]:
    recording = cuts.with_name(cuts.name.replace("cuts", "recording").replace("jsonl.gz", "tar"))
    with gzip.open(cuts, "rt") as file:
        count = len(file.readlines())
    return {
        "cuts_file": str(cuts.relative_to(folder)),
        "recording_file": str(recording.relative_to(folder)),
        "cuts": count,
        "bytes": cuts.stat().st_size + recording.stat().st_size,
    }


def test_a_tiny_canary_is_a_canary(world: World) -> None:
    archive = open_archive(world.canary.path)
    tokenizer = archive.config["tokenizer"]
    assert archive.config["prompt_format"] == "canary2"
    assert list(tokenizer["langs"]) == ["spl_tokens", "de", "en"]
    assert world.canary.vocabulary % 8 == 0  # or beam search fails on a padded token
    pieces = vocabulary(world.canary.path)
    assert {"<|spltoken0|>", "<|spltoken29|>", "<|de|>", "<|en|>", "<|pnc|>"} <= pieces


def vocabulary(path: Path) -> set[str]:
    with tarfile.open(path) as tar:
        files = [tar.extractfile(m) for m in tar if m.name.endswith("tokenizer.vocab")]
        texts = [file.read().decode() for file in files if file]
    assert len(texts) == 3
    return {line.split("\t")[0] for text in texts for line in text.split("\n")}


def test_the_encoder_is_taken_over(world: World) -> None:
    ctc, canary = (weights(model.path) for model in (world.ctc, world.canary))
    shared = [name for name in ctc if name.startswith("encoder.")]
    assert shared
    assert all((ctc[name] == canary[name]).all() for name in shared)


def weights(path: Path) -> dict[str, Any]:
    from train import model

    return dict(model.restore(open_archive(path)).model.state_dict())


@pytest.mark.parametrize(("which", "recipe"), [("canary_run", "aed"), ("ctc_run", "finetune")])
def test_a_run_is_complete(world: World, which: str, recipe: str) -> None:
    run: TrainRun = getattr(world, which)
    record = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    assert record == json.loads(json.dumps(run.record))
    assert record["model"]["recipe"] == recipe
    assert record["model"]["matched_parameters"] == record["model"]["parameters"]
    assert record["steps"] == STEPS
    assert [point["step"] for point in record["loss"]] == list(range(1, STEPS + 1))
    assert [point["step"] for point in record["validation"]] == [3, 6]  # never by epoch
    assert all(point["val_wer"] is not None for point in record["validation"])
    assert (run.folder / record["best"]["checkpoint"]).is_file()
    entries = {path.name for path in run.folder.iterdir()}
    assert entries == {
        "config.yaml", "checkpoints", "model.nemo", "metrics.csv", "run.json", "nemo"
    }  # fmt: skip
    assert list((run.folder / "nemo").glob("events.out.tfevents.*"))


def test_the_schedule_ends_with_the_run(world: World) -> None:
    rates = [point["lr"] for point in world.canary_run.record["loss"]]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(1e-5, rel=0.5)


def test_every_cut_is_heard(world: World) -> None:
    record = world.canary_run.record
    assert record["audio_hours_seen"] > record["data"]["train_hours"]


def test_the_saved_model_has_the_configuration_it_was_trained_with(world: World) -> None:
    config = open_archive(world.canary_run.folder / "model.nemo").config
    assert config["train_ds"]["text_field"] == "text"
    assert config["optim"]["sched"]["max_steps"] == STEPS


def test_the_run_can_be_repeated_from_its_own_configuration(world: World) -> None:
    first = world.canary_run
    config = load_config(first.folder / "config.yaml")
    again = fit(config.model_copy(update={"out": world.folder / "again"}))
    losses = [[point["train_loss"] for point in run.record["loss"]] for run in (first, again)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


def test_a_frozen_encoder_stays_but_for_its_batchnorm(world: World) -> None:
    config = world.config(world.canary.path, "frozen", "freeze.encoder=true", "optim.lr=1e-2")
    run = fit(config)
    before, after = weights(world.canary.path), weights(run.folder / "model.nemo")
    moved = {name for name in before if (before[name] != after[name]).any()}
    in_encoder = {name for name in moved if name.startswith("encoder.")}
    assert in_encoder
    assert all("batch_norm" in name for name in in_encoder)
    assert any("running_mean" in name for name in in_encoder)  # adapted, over two validations
    assert any(name.startswith("transf_decoder.") for name in moved)
    assert any("the rest was frozen" in finding.what for finding in run.findings)


def test_batchnorm_can_be_held(world: World) -> None:
    settings = ["freeze={encoder: true, decoder: false, batchnorm: eval}", "optim.lr=1e-2"]
    run = fit(world.config(world.canary.path, "held", *settings))
    before, after = weights(world.canary.path), weights(run.folder / "model.nemo")
    moved = {name for name in before if (before[name] != after[name]).any()}
    assert moved
    assert not any(name.startswith("encoder.") for name in moved)


@pytest.fixture(scope="module")
def evaluation(world: World) -> Evaluation:
    manifest = world.data / "eval.jsonl"
    lines = manifest.read_text(encoding="utf-8").splitlines()
    lost = json.loads(lines[0]) | {"audio_filepath": "absent.wav", "_curate": {"id": "m:lost"}}
    broken = json.loads(lines[1]) | {"audio_filepath": "broken.wav", "_curate": {"id": "m:broken"}}
    (world.data / "broken.wav").write_bytes(b"RIFF no audio at all")
    more = world.data / "more.jsonl"
    more.write_text(f"{json.dumps(lost)}\n{json.dumps(broken)}\n", encoding="utf-8")
    model = str(world.canary_run.folder / "model.nemo")
    return evaluate(model, [manifest, more], world.folder / "eval", batch_size=4)


def test_every_row_has_a_prediction_or_a_reason(evaluation: Evaluation) -> None:
    text = (evaluation.folder / PREDICTIONS).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == 8
    assert [isinstance(row["pred_text"], str) for row in rows] == [True] * 6 + [False] * 2
    assert [name for name, _ in evaluation.unscored] == ["m:lost", "m:broken"]
    assert ["missing" in reason for _, reason in evaluation.unscored] == [True, False]


def test_the_figures_are_written_down(evaluation: Evaluation) -> None:
    record = json.loads((evaluation.folder / RESULTS).read_text(encoding="utf-8"))
    assert record["overall"]["rows"] == 6
    assert record["overall"]["ref_words"] == 13
    assert {group["value"] for group in record["by"]["lang"]} == {"de", "en"}
    assert {group["value"] for group in record["by"]["verdict"]} == {"clean"}


def test_a_language_without_a_token_is_refused_before_training(world: World) -> None:
    from train import model

    restored = model.restore(open_archive(world.canary.path)).model
    model.check_languages(restored, ["de", "en"], world.canary.path)
    with pytest.raises(InputError, match="no token for 'fr'"):
        model.check_languages(restored, ["de", "fr"], world.canary.path)


def test_weights_of_another_model_are_refused(world: World) -> None:
    from train import model

    archive = open_archive(world.ctc.path)
    deeper = archive.config["encoder"] | {"n_layers": 2}
    with pytest.raises(InputError, match="do not fit"):
        model.restore(archive, archive.config | {"encoder": deeper})


def test_weights_that_could_run_code_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train import model

    monkeypatch.setenv(model.UNSAFE_VARIABLE, "1")
    with pytest.raises(ConfigError, match=model.UNSAFE_VARIABLE):
        model.restore(open_archive(world.ctc.path))


def test_a_model_that_no_one_publishes(monkeypatch: pytest.MonkeyPatch) -> None:
    from train import model

    def offline(name: str, **options: Any) -> Any:
        raise OSError("no network")

    monkeypatch.setattr("train.model.ASRModel.from_pretrained", offline)
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
    other = archive_file({"target": open_archive(world.ctc.path).target})
    manifests = [world.data / "train.jsonl"]
    with pytest.raises(ConfigError, match="was not built by"):
        build_tiny(tmp_path / "t.nemo", manifests, "canary", SIZES, 0, str(other))
