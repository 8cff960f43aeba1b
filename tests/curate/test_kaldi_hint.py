"""A folder of audio whose texts are in Kaldi data directories: the hint is a command that works."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from curate.errors import InputError
from curate.manifest.write import ManifestRequest, write_manifest
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
