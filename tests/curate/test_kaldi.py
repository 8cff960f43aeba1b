"""Kaldi's segments as extract-segments reads them: to the recording's end, and of one channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import soundfile as sf

from curate.artifacts.columns import AUDIO_CHANNEL, DURATION_US, MALFORMED, OFFSET_S
from curate.errors import InputError
from curate.manifest.mapping import ReadOptions
from curate.manifest.write import ManifestRequest, write_manifest
from curate.rules.file import load_rules
from tests.curate.folder_writers import RATE, sound
from tests.profiling import write_profile
from tests.train.world import NEMO

LONG_S = 12.5
FILES = {
    "text": "u0 so it was, you see\nu1 nobody went there\n",
    "segments": "u0 r0 1.5 4.0\nu1 r0 9.25 -1\n",
    "wav.scp": "r0 {0}/r0.wav\n",
}

# what differs, further or other files, and of u1: (start, seconds, channel), or why it is malformed
CORPORA: list[tuple[str, Mapping[str, str], tuple[float, float, int | None] | str]] = [
    ("reco2dur", {"reco2dur": "r0 12.5\n"}, (9.25, 3.25, None)),
    ("reco2dur, not the file's", {"reco2dur": "r0 11.0\n"}, (9.25, 1.75, None)),
    ("measured", {}, (9.25, 3.25, None)),
    ("measured beside", {"wav.scp": "r0 r0.wav\n"}, (9.25, 3.25, None)),
    ("written -1.0", {"segments": "u0 r0 1.5 4.0\nu1 r0 9.25 -1.0\n"}, (9.25, 3.25, None)),
    ("utt2dur", {"utt2dur": "u0 2.5\nu1 3.0\n"}, (9.25, 3.0, None)),
    ("a channel", {"segments": "u0 r0 1.5 4.0 0\nu1 r0 9.25 -1 1\n"}, (9.25, 3.25, 1)),
    ("a word for a channel", {"segments": "u0 r0 1.5 4.0\nu1 r0 9.25 -1 B\n"},
     "its line in segments has a channel that is not a number"),
    ("a pipe", {"wav.scp": "r0 cat {0}/r0.wav |\n"},
     "its segment ends with its recording (-1), whose length is not known"),
    ("no file", {"wav.scp": "r0 {0}/none.wav\n"},
     "its segment ends with its recording (-1), whose length is not known"),
    ("another end below 0", {"segments": "u0 r0 1.5 4.0\nu1 r0 9.25 -2\n"},
     "duration is not positive"),
    ("behind the end", {"reco2dur": "r0 9.0\n"}, "duration is not positive"),
]  # fmt: skip


def write(folder: Path, changes: Mapping[str, str]) -> Path:
    sf.write(folder / "r0.wav", [[0.1, 0.2]] * round(LONG_S * 8_000), 8_000)
    for name, text in (FILES | dict(changes)).items():
        (folder / name).write_text(text.format(folder), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "changes", "expected"), CORPORA, ids=[case[0] for case in CORPORA]
)
def test_a_segment_ends_with_its_recording(
    tmp_path: Path, name: str, changes: Mapping[str, str], expected: object
) -> None:
    row = profiled(write(tmp_path, changes)).row(1, named=True)
    if isinstance(expected, str):
        assert str(row[MALFORMED.name]).removesuffix(")").rsplit(" (", 1)[0] == expected
        return
    seconds = row[DURATION_US.name] / 1e6
    assert (row[OFFSET_S.name], seconds, row[AUDIO_CHANNEL.name]) == expected


@pytest.mark.parametrize("changes", [{"reco2dur": "r0 12.5\n"}, {}], ids=["reco2dur", "measured"])
@pytest.mark.nemo
@NEMO[1]
@NEMO[2]
def test_lhotse_reads_the_same_seconds(tmp_path: Path, changes: Mapping[str, str]) -> None:
    from lhotse.kaldi import load_kaldi_data_dir

    rows = profiled(write(tmp_path, changes))
    _, supervisions, _ = load_kaldi_data_dir(tmp_path, sampling_rate=8_000)
    seconds = [(one.start, round(one.duration * 1e6)) for one in supervisions]
    assert seconds == list(zip(rows[OFFSET_S.name], rows[DURATION_US.name], strict=True))


def profiled(folder: Path) -> pl.DataFrame:
    (folder / "out").mkdir()
    write_profile([str(folder)], folder / "out", load_rules(None))
    return pl.read_parquet(folder / "out" / "records.parquet")


def test_durations_that_no_file_has_are_measured(tmp_path: Path) -> None:
    """Where wav.scp leads to the audio; without --measure-duration the hint names it."""
    sound(tmp_path / "a.wav", RATE)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/text").write_text("s-a one two\n")
    (tmp_path / "data/wav.scp").write_text(f"s-a {tmp_path}/a.wav\n")
    request = ManifestRequest([str(tmp_path / "data")], tmp_path / "m.jsonl")
    with pytest.raises(InputError) as raised:
        write_manifest(request)
    assert "--measure-duration" in raised.value.faults[0].hint
    measured = replace(request, reading=ReadOptions(measure_duration=True))
    assert write_manifest(measured).hours * 3600 == pytest.approx(1.0)


def test_recordings_without_a_text_are_counted(tmp_path: Path) -> None:
    """Where nothing else names the utterances, by wav.scp."""
    (tmp_path / "text").write_text("s-a one two\n")
    (tmp_path / "utt2dur").write_text("s-a 1.0\n")
    (tmp_path / "wav.scp").write_text("s-a a.wav\ns-b b.wav\n")
    made = write_manifest(ManifestRequest([str(tmp_path)], tmp_path / "m.jsonl"))
    assert any("1 utterance of the files beside without a text" in each for each in made.warnings)
