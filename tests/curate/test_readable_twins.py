"""Audio that only ffmpeg reads beside the same in a kind that is read: one recording, not two."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import curate
from curate.manifest.readable_twins import without_twins
from tests.curate.folder_writers import sound
from tests.lines import lines_of

SRT = "1\n00:00:00,000 --> 00:00:01,000\neins\n"
M4A = b"\0\0\0\x20ftypM4A \0\0\0\0"

# names, those that are read
NAMES: list[tuple[Sequence[str], Sequence[str]]] = [
    (["a.m4a", "a.flac"], ["a.flac"]),
    (["a.M4A", "a.wav"], ["a.wav"]),
    (["a.m4a", "x/a.flac"], ["a.m4a", "x/a.flac"]),  # another directory, another file
    (["a.m4a", "a.mp4"], ["a.m4a", "a.mp4"]),  # neither is read
    (["a.wav", "a.flac"], ["a.wav", "a.flac"]),  # both are
    (["u\u0308.m4a", "\u00fc.flac"], ["\u00fc.flac"]),  # NFD and NFC
]


@pytest.mark.parametrize(("names", "read"), NAMES)
def test_only_a_readable_file_of_the_same_name_replaces_one(
    names: Sequence[str], read: Sequence[str]
) -> None:
    kept, twins = without_twins(names)
    assert (list(kept), sorted([*kept, *twins])) == (read, sorted(names))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two talks with subtitles, each as m4a and as a file that is read, and one as m4a alone."""
    for name in ("one.flac", "two.wav"):
        sound(tmp_path / "in" / name, 16_000)
    for stem in ("one", "two", "three"):
        (tmp_path / "in" / f"{stem}.m4a").write_bytes(M4A)
        (tmp_path / "in" / f"{stem}.srt").write_text(SRT)
    return tmp_path


def test_a_folder_reads_each_recording_once_and_counts_what_it_passes_over(corpus: Path) -> None:
    written = curate.write_manifest(corpus / "in", corpus / "o.jsonl")
    records = [json.loads(line) for line in lines_of((corpus / "o.jsonl").read_text())]
    assert [Path(row["audio_filepath"]).name for row in records] == [
        "one.flac", "three.m4a", "two.wav",
    ]  # fmt: skip
    assert written.malformed == 0, "no m4a is audio without a text"
    (warning,) = (each for each in written.warnings if "passed over" in each)
    assert "2 audio files that only ffmpeg reads passed over" in warning
    assert warning.endswith("(first one.m4a)")
    curate.profile(corpus / "in", out=corpus / "p")
    warnings = json.loads((corpus / "p/profile.json").read_text())["warnings"]
    assert sum("passed over" in each for each in warnings) == 1


def test_a_transcript_by_itself_takes_the_readable_file(corpus: Path) -> None:
    curate.write_manifest(corpus / "in/two.srt", corpus / "o.jsonl")
    (record,) = map(json.loads, lines_of((corpus / "o.jsonl").read_text()))
    assert Path(record["audio_filepath"]).name == "two.wav"
