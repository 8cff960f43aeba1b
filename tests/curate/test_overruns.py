"""Segments that end behind their audio are counted, beyond what rounding explains."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.artifacts.manifest import ManifestWritten
from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate.folder_writers import RATE, sound


def write(folder: Path, source: str, *ends: float) -> ManifestWritten:
    """Subtitles of a recording of 2 s: cues of a second that end so."""
    sound(folder / "in/talk.wav", 2 * RATE)
    cues = [
        f"{at}\n00:00:{end - 1:06.3f} --> 00:00:{end:06.3f}\nHello.\n\n".replace(".", ",", 2)
        for at, end in enumerate(ends, 1)
    ]
    (folder / "in/talk.srt").write_text("".join(cues))
    return write_manifest(ManifestRequest([str(folder / "in" / source)], folder / "m.jsonl"))


@pytest.mark.parametrize("source", ["talk.srt", "."])
def test_they_are_counted(source: str, tmp_path: Path) -> None:
    """By themselves and in a folder; what begins behind the end is malformed there."""
    made = write(tmp_path, source, 1.0, 2.2, 2.5, 2.9)
    (warning,) = made.warnings
    assert "2 of 4 segments end behind the end of their audio, by up to 0.9 s" in warning
    assert made.records == 4


@pytest.mark.parametrize("source", ["talk.srt", "."])
def test_what_rounding_explains_is_not(source: str, tmp_path: Path) -> None:
    assert write(tmp_path, source, 1.0, 2.0, 2.24).warnings == ()


def test_audio_that_cannot_be_read_counts_for_nothing(tmp_path: Path) -> None:
    write(tmp_path, "talk.srt", 1.0)
    (tmp_path / "in/talk.wav").write_bytes(b"RIFF")
    made = write_manifest(ManifestRequest([str(tmp_path / "in/talk.srt")], tmp_path / "m.jsonl"))
    assert made.warnings == ()
