"""Audio that only ffmpeg reads is warned about once, with a count, by every command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import curate
from curate.manifest.ffmpeg_paths import ffmpeg_rows
from curate.manifest.write import ManifestRequest, write_manifest
from curate.nemo.ffmpeg_kinds import SUFFIXES
from tests.curate.folder_writers import RATE, sound
from tests.processes import curate as cli

NAMED = "3 rows with audio of a kind that only ffmpeg reads"
COMMAND = "ffmpeg -i FILE DIR/NAME.flac makes one that is read"


def test_the_suffix_decides() -> None:
    others = [
        "a.wav",
        "a.flac",
        "a.mp3",
        "a.ogg",
        "a.opus",
        "a.sph",
        "m4a",
        "",
        "x.m4a.wav",
        "xm4a",
    ]
    names = [*(f"x/a{suffix}" for suffix in SUFFIXES), *others, "b.M4A", "é.Mp4", "z.WebM"]
    data = [name.encode() for name in names]
    length = np.array([len(each) for each in data], np.int64)
    start = np.cumsum(length) - length
    rows = ffmpeg_rows(np.frombuffer(b"".join(data), np.uint8), start, length)
    assert [names[row] for row in rows] == [*names[: len(SUFFIXES)], "b.M4A", "é.Mp4", "z.WebM"]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twelve speakers; the audio of three is m4a, in two manifests."""
    names = [f"{at}.{'m4a' if at < 3 else 'wav'}" for at in range(12)]
    for name in names:
        if name.endswith(".wav"):
            sound(tmp_path / name, RATE)
        else:
            (tmp_path / name).write_bytes(b"\0\0\0\x1cftypM4A " + bytes(100))
    lines = [
        json.dumps({"audio_filepath": name, "duration": 1.0, "text": "one two", "speaker": name})
        for name in names
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines[:2]) + "\n")
    (tmp_path / "b.jsonl").write_text("\n".join(lines[2:]) + "\n")
    return tmp_path


def test_every_command_warns_once(corpus: Path) -> None:
    inputs = [str(corpus / "a.jsonl"), str(corpus / "b.jsonl")]
    written = write_manifest(ManifestRequest(inputs, corpus / "m.jsonl"))
    profiles = []
    for _ in range(2):  # the second reads no line
        curate.profile(inputs, corpus / "p")
        profiles.append(json.loads((corpus / "p/profile.json").read_text())["warnings"])
    split = curate.split([str(corpus / "p")], corpus / "s")
    for warnings in (written.warnings, *profiles, split.warnings):
        (warning,) = (each for each in warnings if NAMED in each)
        assert warning.startswith(f"{inputs[0]} and 1 more input: ")
        assert COMMAND in warning
    index = curate.shard(corpus / "s", corpus / "sh")
    assert (index.cuts, index.skipped_rows) == (9, 3)
    (left_out,) = (each for each in index.warnings if "left out" in each)
    assert COMMAND in left_out
    assert left_out.startswith("3 records of 3 files left out for their audio (")


def test_a_split_of_such_audio_alone_counts_its_own_records_and_their_files(tmp_path: Path) -> None:
    """Twelve segments of three m4a files: eight to train on, four of eval."""
    for number in range(3):
        (tmp_path / f"{number}.m4a").write_bytes(b"\0\0\0\x1cftypM4A " + bytes(100))
    for name, files in (("train", (0, 1)), ("eval", (2,))):
        rows = [
            {"audio_filepath": f"{file}.m4a", "offset": 1.0 * at, "duration": 1.0,
             "text": f"{file} word {at}", "speaker": str(file)}
            for file in files
            for at in range(4)
        ]  # fmt: skip
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = ["--given", f"train={tmp_path / 'train.jsonl'}"]
    given += ["--given", f"eval={tmp_path / 'eval.jsonl'}"]
    done = cli("split", *given, "--out", tmp_path / "s", "-q")
    assert done.returncode == 0, done.stderr
    done = cli("shard", tmp_path / "s", "--out", tmp_path / "sh", "-q")
    assert done.returncode == 3
    kind = "MP4 audio (m4a), which libsndfile does not read and NeMo decodes by ffmpeg"
    assert done.stderr.startswith(
        f"{tmp_path / 's/train.jsonl'}: none of its 8 records can be stored: {kind} (8); "
        "12 records of 3 files left out for their audio (train 8 of 8, eval 4 of 4)\n"
    ), done.stderr
