"""Real models score rows: what NeMo itself computes of them, and what the next profile reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
import soundfile
import torch
from omegaconf import OmegaConf
from typer.testing import CliRunner

from curate.artifacts.score_fields import ALIGNMENT_VALUES, SCORE_FIELD
from curate.cli.app import app as curate_app
from tests.lines import lines_of
from tests.train.world import NEMO, World
from train.cli import app
from train.pretrained import archive_of
from train.runs import runtime
from train.tiny import Kind

if TYPE_CHECKING:
    from train.nemo.score import Scorer

pytestmark = NEMO

Rows = list[dict[str, Any]]


def eval_rows(world: World) -> Rows:
    lines = lines_of((world.data / "eval.jsonl").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in lines]
    return [{**row, "source_lang": row["lang"], "target_lang": row["lang"]} for row in rows]


def scorer(world: World, kind: Kind) -> Scorer:
    runtime.prepare()
    from train.nemo.score import Scorer

    return Scorer(archive_of(str(world.model(kind).path)), "cpu")


KINDS: list[tuple[Kind, set[str]]] = [
    ("ctc", {"confidence", "token_loss", *ALIGNMENT_VALUES}),
    ("hybrid", {"confidence", "token_loss", *ALIGNMENT_VALUES}),
    ("rnnt", {"confidence", "token_loss"}),
    ("tdt", {"confidence"}),
    ("canary", {"confidence", "token_loss"}),
]


@pytest.mark.parametrize(("kind", "values"), KINDS)
def test_each_kind_of_model_gives_what_it_can(world: World, kind: Kind, values: set[str]) -> None:
    from train.nemo.heads import NO_TDT, NO_TOKENS
    from train.nemo.model import Transcriber

    rows = eval_rows(world)
    rows[1]["text"] = " "
    scores = scorer(world, kind).score(rows, 4)
    assert [set(each.values) for each in scores] == [
        {"confidence"} if at == 1 else values for at in range(len(rows))
    ]
    assert [each.reason for each in scores] == [
        NO_TDT if kind == "tdt" else NO_TOKENS if at == 1 else "" for at in range(len(rows))
    ]
    assert all(0 <= each.values["confidence"] <= 1 for each in scores)
    plain = Transcriber(archive_of(str(world.model(kind).path)), "cpu")
    if kind != "canary":  # whose search of one beam and greedy decoding may end elsewhere
        assert [each.hypothesis for each in scores] == plain.transcribe(rows, 4)


@pytest.mark.parametrize("kind", ["ctc", "rnnt"])
def test_the_loss_is_that_of_all_alignments(world: World, kind: Kind) -> None:
    of, row = scorer(world, kind), eval_rows(world)[0]
    (score,) = of.score([row], 1)
    samples, _ = soundfile.read(row["audio_filepath"], dtype="float32")
    tokens = of.model.tokenizer.text_to_ids(row["text"])
    audio = {"input_signal": torch.tensor(samples)[None]}
    of.model.eval()  # transcribing leaves the encoder in training, and dither as it was
    of.model.preprocessor.featurizer.dither = 0.0
    with torch.inference_mode():
        encoded = of.model(**audio, input_signal_length=torch.tensor([samples.size]))
    loss = {"ctc": ctc_loss, "rnnt": rnnt_loss}[kind](of.model, encoded, tokens)
    assert score.values["token_loss"] == pytest.approx(loss / len(tokens), rel=1e-4)


def ctc_loss(model: Any, forward: tuple[torch.Tensor, ...], tokens: list[int]) -> float:
    """By the model's own loss, which is over tokens."""
    log_probs, length, _ = forward
    assert model.cfg.ctc_reduction == "mean_volume"
    sizes = torch.tensor([len(tokens)])
    loss = model.loss(
        log_probs=log_probs, targets=torch.tensor([tokens]), input_lengths=length,
        target_lengths=sizes,
    )  # fmt: skip
    return float(loss) * len(tokens)


def rnnt_loss(model: Any, forward: tuple[torch.Tensor, ...], tokens: list[int]) -> float:
    """By the definition: the sum over all ways to emit the tokens between frames."""
    encoded = forward[0][:, :, : int(forward[1])]
    with torch.inference_mode():
        decoded, *_ = model.decoder(
            targets=torch.tensor([tokens]), target_length=torch.tensor([len(tokens)])
        )
        joint = model.joint(encoder_outputs=encoded, decoder_outputs=decoded)[0].log_softmax(-1)
    blank = joint.shape[-1] - 1
    alpha = np.full(joint.shape[:2], -np.inf)
    alpha[0, 0] = 0
    for frame, emitted in np.ndindex(*alpha.shape):
        if frame:
            waited = alpha[frame - 1, emitted] + float(joint[frame - 1, emitted, blank])
            alpha[frame, emitted] = np.logaddexp(alpha[frame, emitted], waited)
        if emitted:
            token = float(joint[frame, emitted - 1, tokens[emitted - 1]])
            spoken = alpha[frame, emitted - 1] + token
            alpha[frame, emitted] = np.logaddexp(alpha[frame, emitted], spoken)
    return -float(alpha[-1, -1] + float(joint[-1, -1, blank]))


def test_the_confidence_is_nemos(world: World) -> None:
    scores = scorer(world, "ctc").score(eval_rows(world), 4)
    from train.nemo.model import Transcriber

    plain = Transcriber(archive_of(str(world.model("ctc").path)), "cpu")
    decoding = OmegaConf.to_container(plain.model.cfg.decoding, resolve=True)
    confidence = {"preserve_token_confidence": True, "preserve_frame_confidence": True}
    plain.model.change_decoding_strategy(
        OmegaConf.create({**decoding, "confidence_cfg": {**confidence, "aggregation": "min"}})
    )
    hypotheses = plain.hypotheses(eval_rows(world), 4, details=True)
    expected = [np.mean([float(each) for each in h.token_confidence]) for h in hypotheses]
    assert [each.values["confidence"] for each in scores] == pytest.approx(expected, rel=1e-4)


def test_a_hypothesis_of_blanks_has_no_confidence(world: World) -> None:
    assert world.data  # NeMo is imported as it must be
    from train.nemo.heads import ctc_confidences

    blank = torch.log(torch.tensor([[0.1, 0.9], [0.2, 0.8]]))
    token = torch.log(torch.tensor([[0.9, 0.1], [0.2, 0.8]]))
    known = ctc_confidences(torch.stack([blank, token, token]), torch.tensor([2, 2, 0]))
    assert [set(each) for each in known] == [set(), {"confidence"}, set()]


def test_rows_score_alike_in_any_batch(world: World) -> None:
    rows, of = eval_rows(world), scorer(world, "hybrid")
    together, each = of.score(rows, 4), [of.score([row], 1)[0] for row in rows]
    for one, other in zip(together, each, strict=True):
        assert one.hypothesis == other.hypothesis
        assert dict(one.values) == pytest.approx(dict(other.values), rel=1e-3, abs=1e-3)


def test_capitals_and_punctuation_are_spelled_as_the_model_spells(world: World) -> None:
    of, rows = scorer(world, "ctc"), eval_rows(world)[:1]
    loud = [{**row, "text": f"{row['text'].upper()}!"} for row in rows]
    assert of.score(loud, 1) == of.score(rows, 1)


def test_the_loop_from_scores_to_metrics(world: World, tmp_path: Path) -> None:
    row = eval_rows(world)[0]
    rows = [row, {**row, "audio_filepath": "nosuch.wav"}, {**row, "text": ""}]
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    out, profile = tmp_path / "scored", tmp_path / "profile"
    command = ["score", world.model("ctc").path, "--manifest", manifest, "--out", out, "--json"]
    done = CliRunner().invoke(app, [str(each) for each in command])
    assert done.exit_code == 0, done.output
    assert [each["rows"] for each in json.loads(done.stdout)["missing"]] == [1, 1]
    lines = lines_of((out / "scores.jsonl").read_text(encoding="utf-8"))
    scores = [json.loads(line)[SCORE_FIELD] for line in lines]
    profiled = CliRunner().invoke(
        curate_app, ["profile", str(out / "scores.jsonl"), "--out", str(profile)]
    )
    assert profiled.exit_code == 0, profiled.output
    records = pl.read_parquet(profile / "records.parquet")
    for name in ("confidence", "token_loss", *ALIGNMENT_VALUES):
        assert records[name].to_list() == [each[name] for each in scores]
    assert records["wer_raw"].null_count() == 1 + 1  # without audio, and without words to divide by


def test_shards_score_as_the_manifest_of_their_records(world: World, tmp_path: Path) -> None:
    manifest, shards = world.data / "train.jsonl", tmp_path / "shards"
    sharded = ["shard", manifest, "--out", shards, "--shard-size", "7", "--workers", "1"]
    done = CliRunner().invoke(curate_app, [str(each) for each in sharded])
    assert done.exit_code == 0, done.output
    for option, given in (("--manifest", shards / "train.jsonl"), ("--data", shards)):
        out = tmp_path / f"scored{option}"
        command = ["score", world.model("ctc").path, option, given, "--out", out]
        done = CliRunner().invoke(app, [str(each) for each in command])
        assert done.exit_code == 0, done.output
    by_files, by_shards = (
        (tmp_path / f"scored{option}" / "scores.jsonl").read_bytes()
        for option in ("--manifest", "--data")
    )
    assert by_files == by_shards
    assert by_files.count(b"\n") == manifest.read_bytes().count(b"\n")
