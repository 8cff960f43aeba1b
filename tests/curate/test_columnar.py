"""Parquet as people have it: Hugging Face layouts, column types, what holds audio and what time."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import soundfile as sf

from curate.artifacts.columns import AUDIO_FAULT, DURATION_US, LANG, MALFORMED, OFFSET_S, SPEAKER
from curate.profiles.request import MeasureOptions
from curate.rules.file import load_rules
from tests.profiling import write_profile
from tests.train.world import NEMO
from train.runs import runtime

SECONDS = (2.5, 0.75, 3.125)
TEXTS = ("so it was, you see", "no", "nobody went there")


def wav(seconds: float) -> bytes:
    out = io.BytesIO()
    sf.write(out, [0.1] * round(seconds * 16_000), 16_000, format="WAV")
    return out.getvalue()


def held(paths: Sequence[str | None] = ("a.wav", "b.wav", "c.wav")) -> list[dict[str, Any]]:
    """Hugging Face's audio column."""
    return [{"bytes": wav(s), "path": p} for s, p in zip(SECONDS, paths, strict=True)]


COMMON_VOICE = {
    "client_id": ["s1", "s2", "s1"],
    "path": ["en_test_0/a.mp3", "en_test_0/b.mp3", "en_test_0/c.mp3"],
    "audio": held(),
    "sentence": TEXTS,
    "locale": ["en"] * 3,
}
MINDS14 = {
    "path": ["en-US~A/1.wav", "en-US~A/2.wav", "en-US~A/3.wav"],
    "audio": held(),
    "transcription": TEXTS,
    "english_transcription": ["other"] * 3,
    "intent_class": [1, 2, 3],
}
FLEURS = {
    "id": [1, 2, 3],
    "num_samples": [1, 2, 3],
    "path": ["/root/.cache/1.wav"] * 3,
    "audio": held(),
    "transcription": ["lower"] * 3,
    "raw_transcription": TEXTS,
    "language": ["English"] * 3,
}
PLAIN = {"audio_filepath": ["a.wav", "b.wav", "c.wav"], "text": TEXTS}
SPEAKERS = ["s1", "s2", "s1"]

# name, table, and what is read of it: (text, seconds) are always TEXTS and SECONDS
LAYOUTS: list[tuple[str, Mapping[str, Any], Mapping[str, Sequence[object]]]] = [
    ("Common Voice", COMMON_VOICE, {SPEAKER.name: SPEAKERS, LANG.name: ["en"] * 3}),
    ("MINDS-14", MINDS14, {}),
    ("FLEURS", FLEURS, {LANG.name: ["English"] * 3}),
    ("path behind audio", {"audio": held(), "path": ["x"] * 3, "text": TEXTS}, {}),
    ("raw bytes", {"audio": [wav(s) for s in SECONDS], "text": TEXTS}, {}),
    ("raw bytes beside a path", {"file_name": ["x"] * 3, "wav": [wav(s) for s in SECONDS],
                                 "text": TEXTS}, {}),
    ("no paths", {"audio": held([None] * 3), "text": TEXTS}, {}),
    ("length in characters", {"audio": held(), "text": TEXTS, "length": [18, 2, 17]}, {}),
    ("length, no audio inside", {**PLAIN, "length": SECONDS}, {}),
    ("categories", {**PLAIN, "duration": SECONDS,
                    "speaker": pl.Series(SPEAKERS, dtype=pl.Categorical),
                    "lang": pl.Series(["en"] * 3, dtype=pl.Enum(["de", "en"]))},
     {SPEAKER.name: SPEAKERS, LANG.name: ["en"] * 3}),
    ("categories of text", {"audio_filepath": pl.Series(["a", "b", "c"], dtype=pl.Categorical),
                            "text": pl.Series(TEXTS, dtype=pl.Categorical),
                            "duration": SECONDS}, {}),
    ("decimals", {**PLAIN, "duration": [Decimal(str(s)) for s in SECONDS]}, {}),
    ("decimals beside", {**PLAIN, "duration": SECONDS, "snr": [Decimal("1.5")] * 3}, {}),
    ("durations", {**PLAIN, "duration": [timedelta(seconds=s) for s in SECONDS]}, {}),
    ("durations called ms", {**PLAIN, "duration_ms": [timedelta(seconds=s) for s in SECONDS]}, {}),
    ("offsets as durations", {**PLAIN, "duration": SECONDS, "start": [timedelta(seconds=1.5)] * 3},
     {OFFSET_S.name: [1.5] * 3}),
    ("offsets as times", {**PLAIN, "duration": SECONDS, "start": [time(0, 1, 2, 500_000)] * 3},
     {OFFSET_S.name: [62.5] * 3}),
    ("dates, lists, structs", {**PLAIN, "duration": SECONDS, "day": [date(2024, 5, 1)] * 3,
                               "tags": [["a", "b"], [], None], "far": [{"x": 1.0}] * 3}, {}),
    ("NaN and null", {**PLAIN, "duration": SECONDS, "snr": [float("nan"), None, 1.0],
                      "many": [[float("nan")], None, [2.0]]}, {}),
    ("unsigned speakers", {**PLAIN, "duration": SECONDS,
                           "speaker": pl.Series([1, 2, 1], dtype=pl.UInt64)},
     {SPEAKER.name: ["1", "2", "1"]}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "table", "expected"), LAYOUTS, ids=[case[0] for case in LAYOUTS])
def test_a_table_is_read(
    tmp_path: Path,
    name: str,
    table: Mapping[str, Any],
    expected: Mapping[str, Sequence[object]],
) -> None:
    records = profiled(tmp_path, table)
    assert records[MALFORMED.name].to_list() == [None] * 3
    assert records[DURATION_US.name].to_list() == [round(s * 1e6) for s in SECONDS]
    assert records["chars"].to_list() == [len(text) for text in TEXTS]
    for column, values in expected.items():
        assert records[column].to_list() == values


# name, table, and why its rows are malformed (the text before the brackets)
FAULTS: list[tuple[str, Mapping[str, Any], Sequence[str | None]]] = [
    ("no audio for a row", {"audio": [held()[0], None, held()[2]], "text": TEXTS},
     [None, "the table holds no audio for the row", None]),
    ("audio that is none", {"audio": [held()[0], {"bytes": b"mp3?", "path": "b"}, held()[2]],
                            "text": TEXTS}, [None, "the audio in the table cannot be read", None]),
    ("no text", {"audio": held(), "text": ["a", None, "c"]},
     [None, "untranscribed (text is null)", None]),
    ("paths alone", {"audio": [{"bytes": None, "path": "a"}] * 3, "text": TEXTS,
                     "duration": [2.0, None, float("nan")]},
     [None, "no duration (missing)", "no duration (missing)"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "table", "expected"), FAULTS, ids=[case[0] for case in FAULTS])
def test_a_row_that_is_no_record_says_why(
    tmp_path: Path, name: str, table: Mapping[str, Any], expected: Sequence[str | None]
) -> None:
    assert profiled(tmp_path, table)[MALFORMED.name].to_list() == expected


def test_audio_in_the_table_is_not_looked_for_beside_it(tmp_path: Path) -> None:
    records = profiled(tmp_path, COMMON_VOICE, groups=["audio"])
    assert records[AUDIO_FAULT.name].to_list() == ["archived"] * 3
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.wav").write_bytes(wav(SECONDS[0]))
    other = profiled(tmp_path / "other", {**PLAIN, "duration": SECONDS}, groups=["audio"])
    assert other[AUDIO_FAULT.name].to_list() == ["none", "missing", "missing"]


NEMO_LAYOUTS = [case for case in LAYOUTS if "audio" in case[1] and "text" in case[1]]


@pytest.mark.parametrize(
    ("name", "table", "expected"), NEMO_LAYOUTS, ids=lambda case: str(case)[:20]
)
@pytest.mark.nemo
@NEMO[1]
@NEMO[2]
def test_nemo_reads_the_same_rows_and_seconds(
    tmp_path: Path, name: str, table: Mapping[str, Any], expected: object
) -> None:
    runtime.prepare()
    from nemo.collections.common.data.lhotse.nemo_adapters import LazyParquetIterator

    records = profiled(tmp_path, table)
    cuts = list(LazyParquetIterator(tmp_path / "t.parquet"))
    assert [round(cut.duration * 1e6) for cut in cuts] == records[DURATION_US.name].to_list()
    assert [cut.supervisions[0].text for cut in cuts] == list(TEXTS)


def profiled(folder: Path, table: Mapping[str, Any], groups: Sequence[str] = ()) -> pl.DataFrame:
    (folder / "out").mkdir(parents=True)
    pl.DataFrame(table).write_parquet(folder / "t.parquet")
    rules = load_rules(None)
    settings = MeasureOptions(metrics=groups)
    write_profile([str(folder / "t.parquet")], folder / "out", rules, measure=settings)
    return pl.read_parquet(folder / "out" / "records.parquet")
