"""Audio in a profile: every file gets its verdict, and none is fatal."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile as sf

import curate
from curate.audio.analyse import Segment, analyse_segments
from curate.audio.options import AudioOptions, Sample
from curate.errors import ConfigError, InputError
from curate.profiles.request import MeasureOptions
from curate.rules.file import load_rules
from tests.lines import lines_of
from tests.profiling import write_profile

# file, its fault by the header, its fault by its samples, the verdict of rules/audio.yaml
CORNER: list[tuple[str, str | None, str | None, str]] = [
    ("good_16k_mono_s16.wav", "none", "none", "clean"),
    ("truncated.wav", "truncated", "truncated", "bad"),
    ("zero_bytes.wav", "empty", "empty", "bad"),
    ("header_only.wav", "no_samples", "no_samples", "bad"),
    ("header_cut.wav", "undecodable", "undecodable", "bad"),
    ("text_in.wav", "undecodable", "undecodable", "bad"),
    ("random.flac", "undecodable", "undecodable", "bad"),
    ("streaming_header.wav", "header_lies", "header_lies", "borderline"),
    ("mp3_named.wav", "wrong_extension", "wrong_extension", "borderline"),
    ("wav_named.flac", "wrong_extension", "wrong_extension", "borderline"),
    ("tel_8k.wav", "none", "none", "borderline"),
    ("upsampled_from_8k.wav", "none", "none", "borderline"),
    ("stereo_44k_s24.wav", "too_short", "too_short", "bad"),
    ("float32.wav", "none", "none", "clean"),
    ("ulaw.wav", "none", "none", "clean"),
    ("clipped.wav", "none", "none", "borderline"),
    ("silence.wav", "none", "none", "bad"),
    ("noise.wav", "none", "none", "borderline"),
    ("quiet.wav", "none", "none", "bad"),
    ("lead_silence.wav", "none", "none", "bad"),
    ("ok.opus", "none", "none", "clean"),
    ("aac.m4a", None, None, "unknown"),  # NeMo decodes it by ffmpeg
    ("ok.flac", "none", "none", "clean"),
    ("truncated.flac", "none", "undecodable", "bad"),  # only decoding shows it
    ("truncated.mp3", "none", "truncated", "bad"),
    ("dir.wav", "special_file", "special_file", "bad"),
    ("missing.wav", "missing", "missing", "bad"),
]

TEXT = "so this is an example of text that was read aloud"


ANYWHERE = AudioOptions()


def profiled(
    folder: Path,
    records: Sequence[Mapping[str, object]],
    rules: str | None = None,
    groups: Sequence[str] = ("signal",),
    audio: AudioOptions = ANYWHERE,
    **options: Any,
) -> pl.DataFrame:
    """The records table of a profile made in `folder/out` of these records."""
    manifest = folder / "m.jsonl"
    rows = [{"duration": 4.0, "text": TEXT, **record} for record in records]
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out, made = folder / "out", folder / "made"
    made.mkdir()
    judges = load_rules(rules)
    settings = MeasureOptions(metrics=groups, audio=audio)
    write_profile([str(manifest)], made, judges, measure=settings, **options)
    shutil.rmtree(out, ignore_errors=True)
    made.rename(out)
    return pl.read_parquet(out / "records.parquet")


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_every_broken_file_gets_its_verdict(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "corner" / "audio"
    lines = lines_of((folder / "expected.jsonl").read_text())
    expected = {entry["file"]: entry for entry in map(json.loads, lines)}
    assert expected.keys() == {row[0] for row in CORNER}
    audio = AudioOptions(root=folder)
    table: dict[str, Mapping[str, Any]] = {}
    for name in expected:  # each alone, or the same sound would be found under other names
        (tmp_path / name).mkdir()
        records = [{"audio_filepath": name}]
        if name == "missing.wav":  # alone it would be an error: no audio is found at all
            records.append({"audio_filepath": "ok.flac"})
        rows = profiled(tmp_path / name, records, "audio", audio=audio)
        table[name] = rows.row(0, named=True)
    for name, by_header, fault, verdict in CORNER:
        row = table[name]
        assert (row["audio_fault"], str(row["verdict"])) == (fault, verdict), (name, row["reason"])
        assert (row["audio_why"] is None) == (fault == "none")
        result = analyse_segments(name, folder, [Segment(0, None, 4.0)], "header")[1][0]
        assert result.audio_fault == by_header, name
        policy = expected[name]["verdict"]
        assert policy == "policy" or (policy == "reject") == (verdict == "bad"), name
        decoded = expected[name].get("decoded_seconds")
        if decoded and name != "lead_silence.wav":
            assert row["length_gap_s"] == pytest.approx(decoded - 4.0, abs=0.01), name


def test_real_recordings_are_sound(real_data: Path, tmp_path: Path) -> None:
    recordings = 0
    for name in ("cv61_dev_audio", "fixtures_en"):
        manifest = real_data / "manifests" / f"{name}.jsonl"
        out = tmp_path / name
        out.mkdir()
        judges = load_rules("audio")
        audio = AudioOptions(root=real_data)
        write_profile([str(manifest)], out, judges, measure=MeasureOptions(audio=audio))
        rows = pl.read_parquet(out / "records.parquet")
        assert rows["audio_fault"].unique().to_list() == ["none"]
        assert rows["overrun_s"].to_numpy().max() < 0.05
        assert rows.filter(pl.col("tags").list.contains("bad:audio_fault")).is_empty()
        recordings += rows.height
    assert recordings == 210 + 14


def tone(path: Path, seconds: float = 4.0, rate: int = 16_000, **options: Any) -> Path:
    noise = np.random.default_rng(len(path.name)).normal(0, 0.05, round(seconds * rate))
    sf.write(path, noise, rate, **options)
    return path


def with_nan(path: Path) -> None:
    samples = np.full(64_000, 0.1, np.float32)
    samples[[5, 6, 7_000]] = [np.nan, np.inf, -np.inf]
    sf.write(path, samples, 16_000, subtype="FLOAT")


def promising(promised: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        data = bytearray(tone(path).read_bytes())
        struct.pack_into("<I", data, 40, promised)
        path.write_bytes(data)

    return make


def without_length(path: Path) -> None:
    """A FLAC stream that does not give the length it is, as encoders write to a pipe."""
    tone(path)
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)


# how a file is made, its name, its fault, a part of the reason
MADE: list[tuple[Callable[[Path], object], str, str, str | None]] = [
    (with_nan, "nan.wav", "not_finite", "3 samples"),
    (promising(2**31 - 48), "2gb.wav", "header_lies", "2,147,483,600 bytes"),
    (promising(200_000), "longer.wav", "truncated", "promises 200,000 bytes"),
    (without_length, "stream.flac", "header_lies", "does not give the length"),
    (lambda path: tone(path, 3.5), "short.wav", "too_short", "ends at 4.000 s"),
    (lambda path: tone(path, 3.9), "nearly.wav", "none", None),  # within what codecs pad
    (lambda path: tone(path, 6.0), "longer.flac", "none", None),
    (lambda path: path.symlink_to("nowhere"), "dangling.wav", "missing", "No such file"),
    (lambda path: os.mkfifo(path), "pipe.wav", "special_file", "a pipe"),
    (lambda path: tone(path, subtype="PCM_24"), "deep.wav", "none", None),
    (lambda path: tone(path, format="OGG", subtype="VORBIS"), "a.ogg", "none", None),
    (lambda path: tone(path, format="CAF"), "no_extension", "none", None),
]


def test_made_files_get_their_faults(tmp_path: Path) -> None:
    for make, name, _, _ in MADE:
        make(tmp_path / name)
    rows = profiled(tmp_path, [{"audio_filepath": name} for _, name, _, _ in MADE])
    for (_, name, fault, why), row in zip(MADE, rows.iter_rows(named=True), strict=True):
        assert row["audio_fault"] == fault, (name, row["audio_why"])
        assert (why or "") in (row["audio_why"] or ""), (name, row["audio_why"])
        if fault in {"none", "header_lies", "not_finite"}:
            assert row["rms_db"] is not None, name


# offset, duration, fault, overrun
SEGMENTS = [
    (0.0, 1.0, "none", 0.0),
    (3.0, 1.0, "none", 0.0),
    (3.1, 1.0, "none", 0.1),
    (3.5, 1.0, "too_short", 0.5),
    (4.0, 1.0, "segment_outside", 1.0),
    (9.0, 1.0, "segment_outside", 6.0),
    (-1.0, 1.0, "segment_outside", 0.0),
    (None, 4.0, "none", 0.0),
]


def test_segments_must_lie_in_their_file(tmp_path: Path) -> None:
    tone(tmp_path / "a.flac")
    records = [
        {"audio_filepath": "a.flac", "duration": duration}
        | ({} if offset is None else {"offset": offset})
        for offset, duration, _, _ in SEGMENTS
    ]
    rows = profiled(tmp_path, records)
    faults = zip(rows["audio_fault"], rows["overrun_s"], strict=True)
    assert list(faults) == [(fault, overrun) for _, _, fault, overrun in SEGMENTS]
    gaps = rows["length_gap_s"].to_list()
    assert gaps == [None] * 7 + [0.0], "only a record without an offset speaks of its whole file"


def test_copies_of_sound(tmp_path: Path) -> None:
    samples = (np.random.default_rng(0).normal(0, 0.1, 64_000) * 32767).astype(np.int16)
    for name in ("a.wav", "b.flac", "c.wav"):
        sf.write(tmp_path / name, samples, 16_000)
    tone(tmp_path / "other.wav")
    names = ["a.wav", "b.flac", "c.wav", "other.wav", "gone.wav"]
    rows = profiled(
        tmp_path, [{"audio_filepath": name} for name in names], groups=["signal", "duplicates"]
    )
    assert rows["signal_duplicates"].to_list() == [3, 3, 3, 1, None]
    assert rows["audio_duplicates"].to_list() == [1] * 5


# what is asked for, the least and the most rows of 400 that are looked at
SAMPLES = [("100%", 400, 400), ("25%", 60, 140), ("7", 7, 7), ("400", 400, 400), ("9999", 400, 400)]


@pytest.mark.parametrize(("text", "least", "most"), SAMPLES)
def test_a_sample_is_fair_and_the_same_again(
    tmp_path: Path, text: str, least: int, most: int
) -> None:
    tone(tmp_path / "a.wav")
    records = [
        {"audio_filepath": "a.wav", "offset": at / 200, "duration": 1.0} for at in range(400)
    ]
    audio = AudioOptions.of(None, (), text)
    rows = profiled(tmp_path, records, groups=["audio"], audio=audio)
    looked = rows.filter(pl.col("audio_fault").is_not_null())
    assert least <= looked.height <= most
    again = profiled(tmp_path, records[::-1], groups=["audio"], audio=audio)
    drawn = again.filter(pl.col("audio_fault").is_not_null())
    assert set(drawn["offset_s"]) == set(looked["offset_s"])
    summary = json.loads((tmp_path / "out" / "profile.json").read_text())["audio"]
    assert (summary["rows"], summary["analysed"]) == (400, looked.height)


def test_what_was_not_looked_at_is_unknown(tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    records: list[dict[str, object]] = [{"audio_filepath": "a.wav"}]
    records.append({"audio_filepath": "a.wav", "offset": 0.0})
    audio = AudioOptions(sample=Sample(rows=1))
    rows = profiled(tmp_path, records, "audio_header", groups=(), audio=audio)
    assert sorted(map(str, rows["verdict"])) == ["clean", "unknown"]


@pytest.mark.parametrize("text", ["", "0", "0%", "101%", "-3", "5 %%", "many", "1e3"])
def test_samples_that_cannot_be(text: str) -> None:
    with pytest.raises(ConfigError, match="not a valid sample size"):
        Sample.parse(text)


def test_groups_bring_what_they_need(tmp_path: Path) -> None:
    assert MeasureOptions().settings(load_rules("audio_header")).groups == {"audio"}
    assert MeasureOptions().settings(load_rules("audio")).groups == {"audio", "signal"}
    assert MeasureOptions(metrics=["vad"]).settings(load_rules(None)).groups == {
        "audio",
        "signal",
        "vad",
    }
    assert not MeasureOptions().settings(load_rules(None)).groups


def test_the_library_listens_too(tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    tone(tmp_path / "audio" / "a.wav")
    names = ["a.wav", "gone.wav", "../m.jsonl"]
    rows = [{"audio_filepath": name, "duration": 4.0, "text": TEXT} for name in names]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    root = tmp_path / "audio"
    made = curate.profile(
        tmp_path / "m.jsonl",
        tmp_path / "p",
        measure=MeasureOptions(metrics=["audio"], audio=AudioOptions.of(root, [root], None)),
    )
    faults = made.records().select("audio_fault").collect()["audio_fault"].to_list()
    assert faults == ["none", "missing", "outside"]
    assert made.metrics["sample_rate"].max == 16_000


def at(root: Path) -> MeasureOptions:
    return MeasureOptions(metrics=["audio"], audio=AudioOptions(root))


def test_a_wrong_root_is_said_at_once(tmp_path: Path) -> None:
    manifest = tmp_path / "m.jsonl"
    sf.write(tmp_path / "a.wav", np.zeros(16000), 16000)
    row = {"audio_filepath": "a.wav", "duration": 1.0, "text": TEXT}
    manifest.write_text(json.dumps(row) + "\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(InputError) as raised:
        curate.profile(manifest, tmp_path / "out", measure=at(elsewhere))
    (fault,) = raised.value.faults
    assert fault.where == str(elsewhere)
    assert "none of 1 audio files was found" in fault.what
    assert "audio.root" in fault.hint
    made = curate.profile(manifest, tmp_path / "out", measure=at(tmp_path))
    assert not made.json["warnings"]


def test_faults_that_no_rule_reads_are_warned_about(tmp_path: Path) -> None:
    """Else a missing file stays clean, and a split puts it into test."""
    sf.write(tmp_path / "a.wav", np.zeros(16000), 16000)
    rows = [
        {"audio_filepath": "a.wav", "duration": 1.0, "text": TEXT},
        {"audio_filepath": "gone.wav", "duration": 1.0, "text": TEXT},
        {"audio_filepath": "a.wav", "duration": 6.0, "text": TEXT},
    ]
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = curate.profile(manifest, tmp_path / "p", measure=at(tmp_path))
    (warning,) = made.json["warnings"]
    assert "the audio of 2 rows changes no verdict (missing 1, too_short 1)" in warning
    assert "rules audio_header" in warning
    strict = curate.profile(
        manifest, tmp_path / "strict", rules="audio_header", measure=at(tmp_path)
    )
    assert not any("changes no verdict" in each for each in strict.json["warnings"])
