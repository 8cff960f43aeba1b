"""Recordings of a Kaldi directory that are commands are not run, and warned about."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from curate.errors import InputError
from curate.manifest.mapping import ReadOptions
from curate.manifest.write import ManifestRequest, write_manifest
from tests import processes
from tests.curate.folder_writers import sound


def directory(folder: Path, *places: str) -> Path:
    sound(folder / "a.wav", 1600)
    data = folder / "data"
    data.mkdir()
    names = [f"u{at}" for at in range(len(places))]
    for file, rest in (("text", ["ja"] * len(places)), ("utt2dur", ["0.1"] * len(places))):
        rows = zip(names, rest, strict=True)
        (data / file).write_text("".join(f"{name} {value}\n" for name, value in rows))
    rows = zip(names, places, strict=True)
    (data / "wav.scp").write_text("".join(f"{name} {place}\n" for name, place in rows))
    return data


def test_commands_are_counted_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = directory(tmp_path, str(tmp_path / "a.wav"), "touch ran |", "sox b.sph -t wav - |")
    written = write_manifest(ManifestRequest([str(data)], tmp_path / "m.jsonl"))
    (warning,) = written.warnings
    assert warning == (
        f"{data}/wav.scp: 2 recordings are commands, such as u1 (touch ran |): none is run here, "
        "and the path of their records, command:u1, leads to no file; run each once with its "
        "output in a file (COMMAND > DIR/u1.wav), and name that in wav.scp"
    )
    assert written.records == 3
    assert not (tmp_path / "ran").exists()


def test_files_are_not_warned_about(tmp_path: Path) -> None:
    data = directory(tmp_path, str(tmp_path / "a.wav"))
    assert write_manifest(ManifestRequest([str(data)], tmp_path / "m.jsonl")).warnings == ()


@pytest.mark.parametrize("measures", [False, True])
def test_commands_without_durations_are_refused_with_what_gives_them(
    measures: bool, tmp_path: Path
) -> None:
    """Measuring cannot help; reco2dur, as Kaldi's own script writes it, or files do."""
    data = directory(tmp_path, "flac -c -d -s a.flac |", "sox b.sph -t wav - |")
    (data / "utt2dur").unlink()
    request = ManifestRequest(
        [str(data)], tmp_path / "m.jsonl", ReadOptions(measure_duration=measures)
    )
    with pytest.raises(InputError) as raised:
        write_manifest(request)
    (fault,) = raised.value.faults
    assert fault.hint == (
        f"the recordings of {data}/wav.scp are commands, such as flac -c -d -s a.flac |, which are "
        "not run, so that --measure-duration has no audio to read: Kaldi's own "
        f"utils/data/get_reco2dur.sh {data} runs them and writes reco2dur, which is read then; or "
        "put paths of audio files in place of the commands"
    )
    (data / "reco2dur").write_text("u0 1.25\nu1 2\n")
    assert write_manifest(replace(request, reading=ReadOptions())).records == 2


def test_one_file_among_commands_can_be_measured(tmp_path: Path) -> None:
    data = directory(tmp_path, str(tmp_path / "a.wav"), "sox b.sph -t wav - |", "sox c.sph - |")
    (data / "utt2dur").unlink()
    with pytest.raises(InputError, match="--measure-duration reads durations from the audio"):
        write_manifest(ManifestRequest([str(data)], tmp_path / "m.jsonl"))
    reading = ReadOptions(measure_duration=True)
    assert write_manifest(ManifestRequest([str(data)], tmp_path / "m.jsonl", reading)).records == 1


@pytest.mark.parametrize("letters", [10, 5000])
def test_a_profile_warns_too(letters: int, tmp_path: Path) -> None:
    data = directory(tmp_path, f"{'x' * letters} |")
    made = processes.curate("profile", str(data), "--out", "p", "--json", cwd=tmp_path)
    (warning,) = [w for w in json.loads(made.stdout)["warnings"] if "wav.scp" in w]
    assert "1 recording is a command, such as u0 (xxxx" in warning
    assert len(warning) < 500 + len(str(tmp_path))
