"""Headers of audio: one reading for all segments of a file, and another when the file changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from train.data.row_audio import AudioProbe, audio_fault, probe_audio
from train.data.rows import Row


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are opened, in order."""
    names: list[str] = []

    open_sound = soundfile.SoundFile

    def note(file: Path, *given: Any, **named: Any) -> Any:
        names.append(file.name)
        return open_sound(file, *given, **named)

    monkeypatch.setattr(soundfile, "SoundFile", note)
    return names


def write(folder: Path, name: str, seconds: float, channels: int = 1) -> None:
    samples = np.zeros((round(seconds * 1000), channels))
    with soundfile.SoundFile(folder / name, "w", 1000, channels, format="WAV") as sound:
        sound.write(samples)


def segment(folder: Path, name: str, offset_s: float, duration_s: float = 2.0) -> Row:
    fields = {"audio_filepath": name, "duration": duration_s, "offset": offset_s}
    return Row(folder / "m.jsonl", 1, "", fields)


def test_a_header_is_read_once_for_all_segments_and_checks(
    tmp_path: Path, opened: list[str]
) -> None:
    write(tmp_path, "long.wav", 10)
    opened.clear()
    rows = [segment(tmp_path, "long.wav", offset_s) for offset_s in (0, 3, 9, 10.5)]
    assert [probe.loaded_s for probe in map(probe_audio, rows)] == [2, 2, 1, None]
    assert [bool(audio_fault(row, decode=False)) for row in rows] == [False, False, False, True]
    assert [bool(audio_fault(row, decode=False, whole=True)) for row in rows][2:] == [True, True]
    assert opened == ["long.wav"]
    assert audio_fault(rows[0]) == ""
    assert opened == ["long.wav"] * 2  # decoding opens the file itself


def test_a_file_that_changed_is_read_again(tmp_path: Path, opened: list[str]) -> None:
    row = segment(tmp_path, "a.wav", 0)
    write(tmp_path, "a.wav", 3)
    opened.clear()
    assert probe_audio(row) == AudioProbe(2)
    write(tmp_path, "a.wav", 3, channels=2)
    opened.clear()
    assert probe_audio(row).code == "channels"
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    broken = probe_audio(row)
    assert (broken.loaded_s, broken.code) == (None, "unreadable-validation")
    assert broken.fault.startswith("cannot be read: ")
    assert audio_fault(row, decode=False).startswith("audio cannot be read: ")
    assert opened == ["a.wav"] * 2
    (tmp_path / "a.wav").unlink()
    assert probe_audio(row).fault == "file is missing"
    assert audio_fault(row, decode=False).startswith("audio file is missing: ")


@pytest.mark.parametrize("name", ["a.m4a", "a.WEBM"])
def test_what_nemo_decodes_by_ffmpeg_is_left_to_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no format of libsndfile")
    row = segment(tmp_path, name, 0, 7.5)
    assert probe_audio(row) == AudioProbe(7.5)
    assert audio_fault(row, decode=False, whole=True) == audio_fault(row) == ""
