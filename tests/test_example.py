"""The example corpus keeps its promises; nothing here needs a synthesiser."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Never

import numpy as np
import pytest
import soundfile

from curate.text import normalise
from curate.text.define import TextMeasures, measure_text
from tests.lines import lines_of

FOLDER = Path(__file__).parent.parent / "examples" / "speech"
MOST_BYTES = 6_000_000
VERDICTS = {"clean": 261, "borderline": 25, "bad": 28, "untranscribed": 1, "malformed": 9}
# Their declared duration is the fault, or is missing.
UNTRUE_DURATIONS = {"too_short", "too_long"}
SHARED = {"prompt_overlap", "same_audio"}
KINDS = {
    **dict.fromkeys(("plain", "punctuated", "prompt_overlap", "same_audio"), "clean"),
    **dict.fromkeys(("foreign_keys", "number_format", "key_order"), "clean"),
    **dict.fromkeys(("unicode_escaped", "slots_missing"), "clean"),
    **dict.fromkeys(("fast_speech", "long_word", "repeats"), "borderline"),
    **dict.fromkeys(("long_silence", "short_clip"), "borderline"),
    **dict.fromkeys(("fast_text", "glued_words", "loop", "placeholder"), "bad"),
    **dict.fromkeys(("empty_text", "blank_text", "no_letters"), "bad"),
    **dict.fromkeys(("too_short", "too_long"), "bad"),
    **dict.fromkeys(("not_json", "truncated", "duplicate_key", "no_audio"), "malformed"),
    **dict.fromkeys(("no_duration", "nan_duration", "negative_duration"), "malformed"),
    **dict.fromkeys(("string_duration", "number_text"), "malformed"),
    "null_text": "untranscribed",
}

Row = dict[str, Any]


@cache
def lines() -> list[bytes]:
    return lines_of((FOLDER / "manifest.jsonl").read_bytes())


@cache
def expected() -> list[Row]:
    return [json.loads(line) for line in lines_of((FOLDER / "expected.jsonl").read_text())]


def raw(expectation: Row) -> bytes:
    number: int = expectation["line"]
    return lines()[number - 1]


@cache
def records() -> list[tuple[Row, Row]]:
    """Each line that is a record with a text, beside its expectation."""
    without = {"untranscribed", "malformed"}
    well_formed = [row for row in expected() if row["verdict"] not in without]
    return [(row, json.loads(raw(row))) for row in well_formed]


def clean_records() -> list[Row]:
    return [record for row, record in records() if row["verdict"] == "clean"]


def audio_files() -> list[Path]:
    return sorted((FOLDER / "audio").iterdir())


def test_every_line_but_the_blank_one_has_an_expectation() -> None:
    filled = [number for number, line in enumerate(lines(), 1) if line.strip()]
    assert [row["line"] for row in expected()] == filled
    assert len(lines()) == len(filled) + 1
    assert Counter(row["verdict"] for row in expected()) == VERDICTS
    assert all(row["why"] for row in expected())


def test_the_plan_makes_these_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    planned = import_module("plan").plan()
    assert [row.kind for row in planned] == [row["kind"] for row in expected()]
    texts = {number: row.text for number, row in enumerate(planned)}
    number_of = {row["line"]: number for number, row in enumerate(expected())}
    assert all(record["text"] == texts[number_of[row["line"]]] for row, record in records())


def test_every_kind_is_there_with_its_verdict() -> None:
    assert {row["kind"]: row["verdict"] for row in expected()} == KINDS


def test_the_readme_tells_the_kinds_as_they_are() -> None:
    listed = re.findall(
        r"^\| `(\w+)` \| (\w+) \| (\d+) \|", (FOLDER / "README.md").read_text(), re.MULTILINE
    )
    counts = Counter((row["kind"], row["verdict"]) for row in expected())
    assert {(kind, verdict): int(rows) for kind, verdict, rows in listed} == counts


def why_malformed(line: bytes) -> str | None:
    """A minimal strict reading, independent of the project's own."""
    try:
        record = json.loads(line, object_pairs_hook=once_only, parse_constant=no_constant)
    except ValueError as error:
        return str(error)
    good = {
        "audio_filepath": isinstance(record.get("audio_filepath"), str),
        "duration": type(record.get("duration")) in (int, float) and record["duration"] > 0,
        "text": isinstance(record.get("text", 0), str | None),
    }
    return ", ".join(key for key, fine in good.items() if not fine) or None


def once_only(pairs: list[tuple[str, Any]]) -> Row:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


def no_constant(name: str) -> Never:
    raise ValueError(name)


def test_malformed_lines_and_only_they_cannot_be_records() -> None:
    for row in expected():
        assert (why_malformed(raw(row)) is not None) == (row["verdict"] == "malformed"), row


def faults(record: Row, measures: TextMeasures) -> tuple[bool, bool]:
    """Whether a record crosses a limit for bad, and one for borderline."""
    duration_s, word_len = record["duration"], measures.word_len or 0
    char_rate = measures.chars / duration_s
    bad = (
        not measures.letters,
        not 1 <= char_rate < 30,
        word_len >= 25,
        measures.repetitions >= 15,
        not 0.1 <= duration_s <= 40,
    )
    borderline = (
        not 4 <= char_rate < 22,
        word_len >= 20,
        measures.repetitions >= 4,
        not 0.5 <= duration_s <= 30,
    )
    return any(bad), any(borderline)


def test_each_record_deserves_its_verdict() -> None:
    assert len(records()) == 314
    for row, record in records():
        bad, borderline = faults(record, measure_text(record["text"]))
        deserved = "bad" if bad else "borderline" if borderline else "clean"
        assert deserved == row["verdict"], (row, record)


def test_clean_records_stand_clear_of_every_limit() -> None:
    for record in clean_records():
        measures = measure_text(record["text"])
        assert 5 < measures.chars / record["duration"] < 20, record
        assert 0.7 < record["duration"] < 20, record
        assert (measures.word_len or 99) < 15 and measures.repetitions < 3, record


def test_audio_is_what_the_records_declare() -> None:
    checked = 0
    for row, record in records():
        info = soundfile.info(FOLDER / record["audio_filepath"])
        assert (info.samplerate, info.channels, info.format) == (16_000, 1, "FLAC"), record
        if row["kind"] not in UNTRUE_DURATIONS:
            assert info.frames / info.samplerate == pytest.approx(record["duration"], abs=5e-5)
            checked += 1
    assert checked == 310


def test_every_audio_file_speaks_and_is_named_by_a_line() -> None:
    manifest = b"\n".join(lines()).decode()
    files = audio_files()
    assert len(files) == 322  # the line without audio_filepath has none; one file has two lines
    for path in files:
        assert f"audio/{path.name}" in manifest, path
        samples, _ = soundfile.read(path, dtype="int16")
        loud = samples[np.abs(samples) > 160].astype(np.float64)
        assert len(loud) > 0.1 * 16_000, path
        assert np.sqrt(np.mean(loud**2)) > 300, path
        assert np.abs(samples).max() < 32_000, path


def test_the_folder_stays_small() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(files) > 300
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES


def test_speakers_and_languages_are_many_and_unequal() -> None:
    seconds: Counter[str] = Counter()
    languages: dict[str, set[str]] = {}
    for record in clean_records():
        seconds[record["speaker"]] += record["duration"]
        seconds[record["lang"]] += record["duration"]
        languages.setdefault(record["speaker"], set()).add(record["lang"])
    assert len(languages) >= 14
    assert all(len(spoken) == 1 for spoken in languages.values())
    assert 0.35 < seconds["de"] / (seconds["de"] + seconds["en"]) < 0.45
    by_speaker = sorted(seconds[name] for name in languages)
    assert by_speaker[-1] > 4 * by_speaker[0]


def test_clean_sentences_recur_only_where_it_is_meant() -> None:
    times = Counter(normalise(record["text"]) for record in clean_records())
    shared = {
        normalise(record["text"]) for row, record in records() if row["kind"] == "prompt_overlap"
    }
    assert len(shared) == 10
    for row, record in records():
        if row["verdict"] == "clean" and row["kind"] not in SHARED:
            twin = any(r["kind"] == "same_audio" and t == record for r, t in records())
            assert times[normalise(record["text"])] == 1 + twin, record


def test_prompt_overlap_joins_several_speakers_and_hides_behind_punctuation() -> None:
    overlap = [record for row, record in records() if row["kind"] == "prompt_overlap"]
    for text in {normalise(record["text"]) for record in overlap}:
        speakers = [r["speaker"] for r in overlap if normalise(r["text"]) == text]
        assert 2 <= len(set(speakers)) == len(speakers) <= 3, text
    assert any(record["pnc"] == "yes" for record in overlap)


@pytest.mark.parametrize(
    ("kind", "fragment"),
    [
        ("number_format", rb'"duration": \d,'),  # an integer
        ("number_format", rb'"duration": \d\.000,'),  # zeros that a rewrite would drop
        ("number_format", rb'"duration": \d+e-1,'),  # an exponent
        ("foreign_keys", rb'"snr": 1\.50e\+01'),
        ("foreign_keys", "batch-7/α".encode()),
        ("key_order", rb'^\{"text":"'),  # no blanks at all
        ("key_order", rb"\t"),
        ("unicode_escaped", rb"\\u00[a-f0-9]{2}"),
        ("plain", "ä".encode()),
    ],
)
def test_unusual_bytes_that_must_survive(kind: str, fragment: bytes) -> None:
    raw_lines = [raw(row) for row in expected() if row["kind"] == kind]
    assert any(re.search(fragment, line) for line in raw_lines)


def test_pnc_tells_the_truth() -> None:
    with_pnc = [record for record in clean_records() if "pnc" in record]
    assert len(with_pnc) == 256
    for record in with_pnc:
        assert record["pnc"] == ("yes" if record["text"].endswith(".") else "no"), record
