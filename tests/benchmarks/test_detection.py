"""The benches of detection on real voices: their manifest of digits, and Whisper's spelling."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks import joined_digits
from benchmarks.whisper_texts import segment_of, spelled
from tests.lines import lines_of


def test_a_folder_of_digits_becomes_a_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("7_ann_0", "0_ann_1", "notes_ann_1"):
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(4000, np.float32), 8000)
    out = tmp_path / "digits.jsonl"
    monkeypatch.setattr("sys.argv", ["joined_digits", str(tmp_path), str(out)])
    joined_digits.main()
    assert capsys.readouterr().out == "2 recordings of 1 speakers\n"
    rows = [json.loads(line) for line in lines_of(out.read_text(encoding="utf-8"))]
    assert [(row["text"], row["duration"]) for row in rows] == [("zero", 0.5), ("seven", 0.5)]
    assert joined_digits.Takes.read(out).by_speaker["ann"][0][0] == "zero"


def test_a_folder_without_digits_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["joined_digits", str(tmp_path), str(tmp_path / "out.jsonl")])
    with pytest.raises(SystemExit, match="no files such as"):
        joined_digits.main()


def test_whisper_is_given_the_segment_and_digits_become_words(tmp_path: Path) -> None:
    whole = np.linspace(-0.5, 0.5, 16_000, dtype=np.float32)
    soundfile.write(tmp_path / "a.wav", whole, 16_000, subtype="FLOAT")
    row = {"audio_filepath": str(tmp_path / "a.wav"), "offset": 0.25, "duration": 0.5}
    assert np.array_equal(segment_of(row), whole[4000:12_000])
    assert spelled("5, 90 and six.") == "five , nine zero and six."
