"""`-q` is silent: what a decoder's library writes on stderr does not come through."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests import processes


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A manifest of MP3 files with flipped bytes, of which the decoder complains."""
    noise = np.random.default_rng(0).normal(0, 0.1, 48_000)
    lines = []
    for at in range(4):
        path = tmp_path / f"{at}.mp3"
        soundfile.write(path, noise, 16_000, format="MP3")
        content, chance = bytearray(path.read_bytes()), random.Random(at)
        for _ in range(60):
            content[chance.randrange(len(content) // 3, len(content))] ^= chance.randrange(1, 255)
        path.write_bytes(content)
        fields = {"audio_filepath": path.name, "duration": 3.0, "text": f"some words number {at}"}
        lines.append(json.dumps(fields))
    (tmp_path / "m.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_a_decoder_is_not_heard(damaged: Path) -> None:
    command = ("profile", "m.jsonl", "--out", "p", "--audio", "signal", "--no-cache")
    loud = processes.curate(*command, cwd=damaged)
    assert "mpg123" in loud.stderr or "Note: " in loud.stderr
    mute = processes.curate(*command, "-q", cwd=damaged)
    assert (mute.returncode, mute.stdout, mute.stderr) == (0, "", "")


def test_errors_come_through(tmp_path: Path) -> None:
    done = processes.curate("profile", "nosuch.jsonl", "--out", "p", "-q", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.startswith("nosuch.jsonl: ")
