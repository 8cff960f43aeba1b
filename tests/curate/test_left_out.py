"""A profile of a manifest says how many lines the manifest left out when it was made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import processes

ROWS = [
    {"audio_filepath": "a.wav", "duration": 1.5, "text": "ja"},
    {"audio_filepath": "b.wav", "duration": 1.5},
    {"audio_filepath": "c.wav", "text": "nein"},
    {"audio_filepath": "d.wav", "duration": -1, "text": "nein"},
    {"audio_filepath": "e.wav", "text": "ja"},
]


def profile_warnings(folder: Path, name: str) -> list[str]:
    made = processes.curate("profile", name, "--out", "p", "--json", cwd=folder)
    assert made.returncode == 0, made.stderr
    return [each for each in json.loads(made.stdout)["warnings"] if "left out" in each]


@pytest.mark.parametrize("out", ["m.jsonl", "m.jsonl.gz"])
def test_lines_that_a_manifest_left_out_are_counted(out: str, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    made = processes.curate("manifest", "in.jsonl", "--out", out, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    left_out = len((tmp_path / "m.malformed.jsonl").read_text().split("\n")) - 1
    assert left_out > 2
    (warning,) = profile_warnings(tmp_path, out)
    start = f"{out}: {left_out} lines were left out when it was made, and not counted here "
    assert warning.startswith(f"{start}(m.malformed.jsonl: no duration (2), ")


@pytest.mark.parametrize("content", ["", "{}\n", "no JSON\n", '{"reason": 3, "source": "x"}\n'])
def test_another_file_of_that_name_is_nothing(content: str, tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(f"{json.dumps(ROWS[0])}\n")
    (tmp_path / "m.malformed.jsonl").write_text(content)
    assert profile_warnings(tmp_path, "m.jsonl") == []
