"""A batch is decoded once for all metrics of a Canary, which are those of NeMo's own decoding."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.train.world import NEMO, World
from train.fit import RunRequest, fit

pytestmark = NEMO

METRICS = ("val_wer", "val_bleu", "val_loss", "train_loss")
SETTINGS = ("trainer.max_steps=2", "trainer.val_check_interval=1", "trainer.log_every_n_steps=1")


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of each decoding, in order."""
    from nemo.collections.asr.parts.submodules.multitask_decoding import MultiTaskDecoding

    rows: list[int] = []
    decode = MultiTaskDecoding.decode_predictions_tensor

    def note(self: Any, encoder_hidden_states: Any, *given: Any, **named: Any) -> Any:
        rows.append(len(encoder_hidden_states))
        return decode(self, encoder_hidden_states, *given, **named)

    monkeypatch.setattr(MultiTaskDecoding, "decode_predictions_tensor", note)
    return rows


def metrics_of(folder: Path) -> list[dict[str, str]]:
    """The metrics of metrics.csv."""
    with (folder / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = [{name: row[name] for name in METRICS} for row in csv.DictReader(file)]
    assert any(row["val_bleu"] for row in rows)
    assert any(row["val_wer"] for row in rows)
    return rows


def test_metrics_share_what_was_decoded(
    world: World, monkeypatch: pytest.MonkeyPatch, decoded: list[int]
) -> None:
    model = world.model("canary").path
    once = fit(RunRequest(world.config(model, "decoded-once", *SETTINGS)))
    rows = list(decoded)
    decoded.clear()
    with monkeypatch.context() as patch:
        patch.setattr("train.nemo.decode_once.remember", lambda model: None)
        twice = fit(RunRequest(world.config(model, "decoded-twice", *SETTINGS)))
    assert decoded == [each for each in rows for _ in ("wer", "bleu")]
    assert metrics_of(once.folder) == metrics_of(twice.folder)


class Decoding:
    """A decoding that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def decode_predictions_tensor(self, **arguments: Any) -> int:
        self.calls += 1
        return self.calls


class Model:
    def __init__(self) -> None:
        self.decoding = Decoding()


def test_other_rows_and_another_batch_are_decoded_again() -> None:
    from train.nemo.decode_once import forget, remember

    model, two, three = Model(), torch.zeros(2, 3), torch.zeros(3, 3)

    def decode(states: torch.Tensor, **named: Any) -> int:
        return model.decoding.decode_predictions_tensor(encoder_hidden_states=states, **named)

    remember(model)
    assert [decode(two), decode(two.clone()), decode(three), decode(two)] == [1, 1, 2, 3]
    assert decode(two, decoder_input_ids=None) == 4
    assert decode(two.double(), decoder_input_ids=None) == 5
    remember(model)  # a batch that an error ended was not forgotten
    assert [decode(two), decode(two)] == [6, 6]
    forget(model)
    assert [decode(two), decode(two)] == [7, 8]
