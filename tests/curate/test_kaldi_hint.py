"""A folder of audio whose texts are in Kaldi data directories: the hint is a command that works."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from curate.errors import InputError
from curate.manifest.write import ManifestRequest, write_manifest
from tests import processes
from tests.curate.folder_writers import sound

SCRIPT = "from curate.cli import script; script()"


@pytest.mark.parametrize("ending", ["", "/"])
@pytest.mark.parametrize("is_timed", [False, True])
def test_one_command_reads_kaldi_directories_below_a_folder_of_audio(
    ending: str, is_timed: bool, tmp_path: Path
) -> None:
    root, data = tmp_path / "korpus", tmp_path / "korpus" / "data" / "train"
    data.mkdir(parents=True)
    for name in ("a", "b"):
        sound(root / "wav" / f"{name}.wav", 1600)
    (data / "text").write_text("a one\nb two\n")
    (data / "wav.scp").write_text("a wav/a.wav\nb wav/b.wav\n")
    if is_timed:
        (data / "utt2dur").write_text("a 0.1\nb 0.1\n")
    with pytest.raises(InputError) as refused:
        write_manifest(ManifestRequest([f"{root}{ending}"], tmp_path / "m.jsonl"))
    (fault,) = refused.value.faults
    words = shlex.split(fault.hint.removeprefix("name them instead: "))
    assert words[:3] == ["curate", "manifest", str(data)]
    assert ("--measure-duration" in words) != is_timed
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "korpus.nemo.jsonl").read_text().split("\n")[:-1]
    assert len(lines) == 2
    assert "korpus/wav/a.wav" in lines[0]


TYPED = ("korpus/data", "korpus/data/", "korpus/data/train", "korpus/data/train/")


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("typed", TYPED)
def test_one_command_reads_a_directory_or_the_folder_that_holds_it(
    typed: str, absolute: bool, tmp_path: Path
) -> None:
    """Paths begin at a folder above, or at that of another machine; durations are missing."""
    root, data = tmp_path / "korpus", tmp_path / "korpus" / "data" / "train"
    data.mkdir(parents=True)
    sound(root / "wav" / "a.wav", 1600)
    (data / "text").write_text("a one\nb two\n")
    place = "/elsewhere/wav" if absolute else "wav"
    (data / "wav.scp").write_text(f"a {place}/a.wav\nb {place}/b.wav\n")
    refused = processes.curate("manifest", typed, "--out", "m.jsonl", cwd=tmp_path, COLUMNS="900")
    assert refused.returncode == 3
    words = shlex.split(refused.stderr.strip().rpartition(" curate ")[2])
    assert words[:5] == ["manifest", "korpus/data/train", "--out", "m.jsonl", "--measure-duration"]
    moved = ["--path-map", f"/elsewhere/wav={root}/wav"]
    assert words[5:] == (moved if absolute else ["--audio-root", "korpus"])
    made = processes.curate(*words, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "m.jsonl").read_bytes().count(b"\n") == 1


def test_a_corpus_beside_the_directory_holds_none_of_its_audio(tmp_path: Path) -> None:
    data = tmp_path / "corpora" / "one" / "data" / "train"
    data.mkdir(parents=True)
    (data / "text").write_text("a one\n")
    (data / "wav.scp").write_text("a wav/a.wav\n")
    sound(tmp_path / "corpora" / "two" / "wav" / "a.wav", 1600)
    refused = processes.curate("manifest", str(data), "--out", "m.jsonl", cwd=tmp_path)
    assert "--measure-duration" in refused.stderr
    assert "two" not in refused.stderr.replace("a two", "")
