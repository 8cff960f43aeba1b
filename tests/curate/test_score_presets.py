"""Scores in a manifest reach the verdicts of the presets, through the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from curate.cli.app import app

TEXT = "one two three four"
ROWS: dict[str, dict[str, object]] = {
    "fits": {"pred_text": TEXT, "_score": {"align_logprob": -0.1, "align_edge": -0.2}},
    "swapped": {"pred_text": "nine eight six", "_score": {"align_logprob": -9.6, "align_edge": -9}},
    "cut": {"pred_text": "one two three", "_score": {"align_logprob": -1.5, "align_edge": -4.7}},
    "both_hear_another": {"pred_text": "nine eight", "pred_text_2": "nine eight."},
    "models_differ": {"pred_text": "zero zero ten", "pred_text_2": "Fuchs, du hast"},
    "one_differs": {"pred_text": "zero zero ten", "pred_text_2": TEXT},
    "unscored": {"pred_text": None, "_score": {"align_logprob": None, "reason": "no audio"}},
    "plain": {},
    "other_voice": {"_score": {"voice_own": 0.6, "voice_other": 0.74, "voice_margin": -0.14}},
    "near_other": {"_score": {"voice_own": 0.6, "voice_other": 0.64, "voice_margin": -0.04}},
    "unlike_own": {"_score": {"voice_own": 0.5, "voice_other": 0.4, "voice_margin": 0.1}},
    "two_names": {"_score": {"voice_own": 0.9, "voice_other": 0.85, "voice_margin": 0.05}},
    "own_voice": {"_score": {"voice_own": 0.9, "voice_other": 0.6, "voice_margin": 0.3}},
    "no_voice": {"_score": {"voice_own": None, "voice_reason": "shorter than 0.5 s: 0.31 s"}},
}


@pytest.mark.parametrize(
    ("preset", "verdicts"),
    [
        ("default", ["clean"] * 14),
        (
            "agreement",
            ["clean", "bad", "borderline", "bad", "borderline", "borderline", *["clean"] * 8],
        ),
        ("alignment", ["clean", "bad", "borderline", *["clean"] * 11]),
        ("consensus", [*["clean"] * 3, "bad", "borderline", *["clean"] * 9]),
        ("voices", [*["clean"] * 8, "bad", *["borderline"] * 3, *["clean"] * 2]),
    ],
)
def test_verdicts(
    manifest: Callable[..., Path], tmp_path: Path, preset: str, verdicts: list[str]
) -> None:
    row = {"audio_filepath": "a.wav", "duration": 2.0, "text": TEXT}
    lines = (json.dumps({**row, "audio_filepath": f"{k}.wav", **v}) for k, v in ROWS.items())
    command = ["profile", str(manifest(*lines)), "--rules", preset, "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    records = pl.read_parquet(tmp_path / "out" / "records.parquet")
    assert records["verdict"].cast(pl.String).to_list() == verdicts
