"""The first screen of a training run: model.nemo against the base, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.reports.fixtures import MAKERS
from tests.reports.test_first_screens import advice, first_screen, sentence

LENGTH = " 60 steps in 4.17 min, 0.5 passes over 24 min of audio."


def a_run(
    before: float | None, best: float, last: float | None = None, saved: int | None = 30
) -> dict[str, Any]:
    """A run of 60 steps, validated at 30 (`best`) and 60; `saved` is the step of model.nemo."""
    data = MAKERS["train"][1]()
    data |= {"steps": 60, "seconds": 250.0, "audio_hours_seen": 0.2, "findings": []}
    data["data"] |= {"train_hours": 0.4, "shards": "shards/v1"}
    data["baseline"] = data["baseline"] | {"val_wer": before} if before is not None else None
    wers = {0: before, 30: best, 60: best if last is None else last}
    data["validation"] = [data["validation"][0] | {"step": s, "val_wer": wers[s]} for s in (30, 60)]
    known = {step: wer for step, wer in wers.items() if wer is not None}
    step = min(known, key=lambda step: known[step])
    data["best"] = data["best"] | {"step": step, "val_wer": known[step]}
    if saved is not None:
        weights = "best" if saved == step else "last"
        data["saved"] = {"weights": weights, "step": saved, "val_wer": wers[saved]}
    return data


@pytest.mark.parametrize(
    ("run", "text", "step"),
    [
        (
            a_run(1.0, 1.0),
            "No better than the base: validation WER 100 % before, 100 % in model.nemo (step 30).",
            "train longer, or from a base that recognises these languages.",
        ),
        (
            a_run(1.0, 1.0, saved=None),
            "No better than the base: validation WER 100 % before, 100 % after.",
            "train longer, or from a base that recognises these languages.",
        ),
        (
            a_run(0.069, 0.2, 0.155, saved=60),
            "Worse than the base: validation WER 6.9 % before, 15.5 % in model.nemo (step 60).",
            "keep the base, canary-180m-flash.nemo. Before another run: a lower optim.lr, ",
        ),
        (
            a_run(0.3, 0.2, 0.4, saved=60),
            "Worse than the base: validation WER 30.0 % before, 40.0 % in model.nemo (step 60).",
            "keep the base, canary-180m-flash.nemo. Or take checkpoints/step=4800.ckpt, with a "
            "validation WER of 20.0 %.",
        ),
        (
            a_run(0.069, 0.155, 0.2, saved=None),
            "Worse than the base: validation WER 6.9 % before, 15.5 % at step 30.",
            "keep the base, ",
        ),
        (
            a_run(0.069, 0.155, 0.2, saved=0),
            "No better than the base: validation WER 6.9 % before, 15.5 % at best after it "
            "(step 30); model.nemo holds the weights of the base.",
            "keep the base, ",
        ),
        (
            a_run(0.3, 0.2),
            "Better than the base: validation WER 30.0 % before, 20.0 % in model.nemo (step 30), "
            "10.0 points less.",
            "measure it on test: train eval RUN --manifest shards/v1/test.jsonl --against "
            "canary-180m-flash.nemo --out eval.",
        ),
        (
            a_run(None, 0.2),
            "Validation WER 20.0 % in model.nemo (step 30); none before training to compare with.",
            "compare with the base: train eval RUN --manifest shards/v1/test.jsonl ",
        ),
    ],
)
def test_a_run_is_set_against_its_base(
    tmp_path: Path, run: dict[str, Any], text: str, step: str
) -> None:
    assert sentence("train", tmp_path / "a", run) == text + LENGTH
    assert advice("train", tmp_path / "b", run).startswith(f"Next: {step}")


def test_weights_that_were_not_validated_are_not_given_the_rate_of_others(tmp_path: Path) -> None:
    run = a_run(0.3, 0.2, 0.25, saved=60)
    run["saved"] |= {"step": 65, "val_wer": None}
    assert sentence("train", tmp_path, run) == (
        "Better than the base: validation WER 30.0 % before, 25.0 % at step 60, 5.0 points less. "
        "The weights of model.nemo (step 65) were not validated." + LENGTH
    )


def test_findings_of_a_run_are_sentences(tmp_path: Path) -> None:
    what = "the run ended worse than it started: validation WER was 6.9% before step 1"
    run = a_run(0.3, 0.2) | {"findings": [{"level": "warning", "what": what}]}
    assert [alert.what for alert in first_screen("train", tmp_path, run).alerts] == [
        "The run ended worse than it started: validation WER was 6.9 % before step 1."
    ]


@pytest.mark.parametrize(
    ("before", "best", "text"),
    [
        (1.0, 0.95, "95.0 %: nearly every word is wrong. The base recognises nothing either."),
        (None, 1.0, "100 %: nearly every word is wrong. Train longer, or from a pretrained model."),
        (1.0, 0.94, None),
    ],
)
def test_a_run_with_nearly_every_word_wrong_has_a_warning(
    tmp_path: Path, before: float | None, best: float, text: str | None
) -> None:
    alerts = [alert.what for alert in first_screen("train", tmp_path, a_run(before, best)).alerts]
    assert alerts == ([f"The best validation WER is {text}"] if text else [])
