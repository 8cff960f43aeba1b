"""Audio that is shorter than its records state is reported, by a sample of its headers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate.manifest.absent_audio import LOOKED_FOR, SampledAudio
from curate.manifest.mapping import ReadOptions
from curate.manifest.origin import Origin
from curate.manifest.path_sample import PathSample
from curate.manifest.short_audio import StatedLengths
from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate.folder_writers import RATE, sound

GERMAN = ReadOptions.parse(
    None, ["audio_filepath=Datei", "text=Satz", "duration=Dauer"], False, [], True
)


def table(folder: Path, *stated: str) -> Path:
    """A German table of recordings of 2 s, with these durations."""
    rows = [f"ton/{at}.wav;Ein Satz.;{seconds}\n" for at, seconds in enumerate(stated)]
    for at in range(len(stated)):
        sound(folder / f"ton/{at}.wav", 2 * RATE)
    (folder / "liste.csv").write_text("".join(["Datei;Satz;Dauer\n", *rows]))
    return folder / "liste.csv"


def warnings_of(source: Path, reading: ReadOptions = ReadOptions()) -> tuple[str, ...]:  # noqa: B008
    return write_manifest(
        ManifestRequest([str(source)], source.parent / "m.jsonl", reading)
    ).warnings


def test_a_table_with_a_duration_that_is_too_long(tmp_path: Path) -> None:
    """22,5 s are stated of 2 s: 20.5 s too many, and 2,25 s is rounding."""
    source = table(tmp_path, "2,0", "22,5", "2,25")
    (warning,) = warnings_of(source, GERMAN)
    expected = (
        "1 of 3 audio files examined is shorter than stated, such as ton/1.wav "
        "(22.5 s stated, 2 s in the file), 20.5 s in all; "
        "--measure-duration in place of --map duration=Dauer takes the lengths of the files, or "
        f"curate profile {tmp_path}/m.jsonl --audio header --rules audio_header --out m.profile "
        "rejects such records"
    )
    assert warning == f"{source}: {expected}"


def test_what_the_hint_names_measures(tmp_path: Path) -> None:
    source = table(tmp_path, "2,0", "22,5")
    reading = ReadOptions.parse(
        None, ["audio_filepath=Datei", "text=Satz"], False, [], True, measure_duration=True
    )
    assert warnings_of(source, reading) == ()
    lines = (tmp_path / "m.jsonl").read_text().split("\n")[:-1]
    assert [json.loads(line)["duration"] for line in lines] == [2.0, 2.0]


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ([(0.0, 2.0), (1.0, 1.2)], None),
        ([(0.0, 2.0), (1.5, 1.5)], "(3 s stated, 2 s in the file), 1 s in all; curate profile"),
    ],
)
def test_segments_of_json_lines(
    segments: list[tuple[float, float]], expected: str | None, tmp_path: Path
) -> None:
    """Where the last segment of a file ends is what is stated of it."""
    sound(tmp_path / "a.wav", 2 * RATE)
    rows = [
        {"audio_filepath": "a.wav", "text": "ja", "offset": offset, "duration": duration}
        for offset, duration in segments
    ]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    warnings = warnings_of(source)
    assert len(warnings) == (expected is not None)
    assert all(expected in each for each in warnings if expected is not None)


def test_audio_without_a_header_counts_for_nothing(tmp_path: Path) -> None:
    source = table(tmp_path, "9,0", "9,0")
    (tmp_path / "ton/0.wav").write_bytes(b"RIFF")
    (warning,) = warnings_of(source, GERMAN)
    assert "1 of 1 audio file examined is shorter" in warning


def test_the_sample_is_bounded(tmp_path: Path) -> None:
    """Of 300 names of one file, the headers of LOOKED_FOR are read."""
    sound(tmp_path / "a.wav", RATE)
    names = [f"{at}.wav" for at in range(300)]
    for name in names:
        (tmp_path / name).symlink_to("a.wav")
    origin, sample = Origin(str(tmp_path / "m.jsonl")), PathSample(names, [5.0] * 300)
    looked_for = SampledAudio.of(origin, names, None)
    made = StatedLengths.of(origin, sample, looked_for, None)
    assert (made.known, len(made.short)) == (LOOKED_FOR, LOOKED_FOR)
