"""The loop closes on real NeMo: curate, shard, transcribe, hold the rules against the errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import soundfile
from rapidfuzz.distance.Levenshtein import distance
from typer.testing import CliRunner

from curate.cli.app import app
from curate.errors import ConfigError
from tests.lines import lines_of
from tests.train.world import NEMO, TONES, World, say
from train.artifacts.wer import Wer
from train.evaluate import PREDICTIONS, EvalRequest, evaluate
from train.tiny import Kind

pytestmark = NEMO

RULES = """\
schema: curate.rules/1
name: one
extends: null
rules:
  - id: long
    metric: words
    eval: ">= 3"
"""


@dataclass(frozen=True)
class Loop:
    """Folders of one round: the profile, the shards, and the evaluation on their train.jsonl."""

    profile: Path
    shards: Path
    evaluation: Path

    @property
    def predictions(self) -> list[dict[str, Any]]:
        lines = lines_of((self.evaluation / PREDICTIONS).read_text(encoding="utf-8"))
        return [json.loads(line) for line in lines]


def curate(*arguments: str | Path) -> None:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def loop(world: World, tmp_path_factory: pytest.TempPathFactory) -> Loop:
    folder = tmp_path_factory.mktemp("loop")
    profile, split, shards, evaluation = (
        folder / name for name in ("profile", "split", "shards", "eval")
    )
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    lines = (json.dumps(row) + "\n" for row in utterances(folder))
    (folder / "all.jsonl").write_text("".join(lines), encoding="utf-8")
    curate(
        "profile", folder / "all.jsonl", "--rules", folder / "rules.yaml", "--out", profile,
    )  # fmt: skip
    sizes = ("--eval", "4s", "--test", "4s", "--max-held-out", "50%")
    curate("split", profile, "--out", split, *sizes)
    curate("shard", split, "--out", shards, "--workers", "1")
    model = str(world.model("rnnt").path)  # untrained, it babbles: no two rows are alike
    evaluate(EvalRequest(model, [shards / "train.jsonl"], evaluation, batch_size=16))
    return Loop(profile, shards, evaluation)


def utterances(folder: Path) -> Iterator[dict[str, Any]]:
    """Every sentence of two and three words once, as a manifest has it before it is curated."""
    words = {"de": list(TONES)[:3], "en": list(TONES)[3:]}
    for lang, known in words.items():
        sentences = [*product(known, repeat=2), *product(known, repeat=3)]
        for number, sentence in enumerate(sentences):
            path = folder / f"{lang}-{number}.wav"
            soundfile.write(path, audio := say(" ".join(sentence), number), 16000)
            yield {
                "audio_filepath": path.name,
                "duration": len(audio) / 16000,
                "text": " ".join(sentence),
                "lang": lang,
                "speaker": f"{lang}{number % 6}",
            }


def test_every_row_of_the_shards_is_transcribed(loop: Loop) -> None:
    train = lines_of((loop.shards / "train.jsonl").read_text(encoding="utf-8"))
    ids = [json.loads(line)["_curate"]["id"] for line in train]
    assert [row["_curate"]["id"] for row in loop.predictions] == ids
    assert all(isinstance(row["pred_text"], str) for row in loop.predictions)
    assert len({row["wer"] for row in loop.predictions}) > 10  # else the rest shows little


def test_a_profile_of_the_predictions_has_the_models_errors(loop: Loop, tmp_path: Path) -> None:
    rules = loop.profile.parent / "rules.yaml"
    curate(
        "profile", loop.evaluation / PREDICTIONS, "--rules", rules, "--out", tmp_path / "again",
    )  # fmt: skip
    records = pl.read_parquet(tmp_path / "again" / "records.parquet")
    for metric, counted in (
        *(("word_edits", "word_errors"), ("wer", "wer")),
        *(("ref_words", "ref_words"), ("cer", "cer")),
    ):
        expected = [row[counted] for row in loop.predictions]
        assert records[metric].to_list() == pytest.approx(expected, abs=1e-4), metric
    pairs = [(row["text"], row["pred_text"]) for row in loop.predictions]
    letters = [distance(text, hypothesis) / len(text) for text, hypothesis in pairs]
    assert records["cer_raw"].to_list() == pytest.approx(letters, abs=1e-4)  # blanks as they stand


def test_the_rules_are_held_against_the_models_errors(loop: Loop, tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    curate("reconsider", loop.evaluation, loop.profile, "--out", out)
    content = json.loads(out.read_text(encoding="utf-8"))
    long = [row for row in loop.predictions if row["_curate"]["tags"]]
    assert (content["rows"], content["unmatched"]) == (len(loop.predictions), 0)
    assert content["clean"]["rows"] == len(loop.predictions) - len(long)
    (limit,) = [each for each in content["limits"] if each["severity"] == "borderline"]
    assert (limit["rule"], limit["rows"]) == ("long", len(long))
    assert limit["words"] == sum(row["ref_words"] for row in long) > 0
    by_verdict = json.loads((loop.evaluation / Wer.file).read_text(encoding="utf-8"))["by"]
    rates = {group["value"]: group["wer"] for group in by_verdict["verdict"]}
    assert content["clean"]["wer"] == pytest.approx(rates["clean"], abs=1e-6)


@pytest.mark.parametrize("kind", ["canary", "unified", "rnnt"])
def test_a_beam_search_hears_every_row(world: World, tmp_path: Path, kind: Kind) -> None:
    from nemo.collections.asr.parts.submodules import multitask_beam_decoding, rnnt_beam_decoding

    prompted, transducer = multitask_beam_decoding.AEDBeamInfer, rnnt_beam_decoding.BeamRNNTInfer
    search: Any = transducer if kind == "rnnt" else prompted
    call, widths = search.__call__, []

    def noted(self: Any, *given: Any, **named: Any) -> Any:
        widths.append(self.beam_size)
        return call(self, *given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "__call__", noted)
        rows, model = [world.data / "eval.jsonl"], str(world.model(kind).path)
        evaluation = evaluate(EvalRequest(model, rows, tmp_path / "beam", beam=3))
    assert set(widths) == {3}
    assert evaluation.rows == 6
    assert evaluation.unscored == ()


def test_a_beam_search_is_refused_where_it_gains_nothing(world: World, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CTC model"):
        rows = [world.data / "eval.jsonl"]
        evaluate(EvalRequest(str(world.model("ctc").path), rows, tmp_path / "beam", beam=2))
    assert not (tmp_path / "beam").exists()
