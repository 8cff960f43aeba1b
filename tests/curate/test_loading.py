"""Rows of which NeMo would load other seconds than they say are named, with what it would load."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from curate.profiles.request import MeasureOptions
from curate.rules.file import load_rules
from tests.profiling import write_profile
from train.plan.corpus import read_corpus

LONG_S = 20.0
TEXT = "a sentence that is long enough for twenty seconds, and no word of it is said twice here"

# name, fields beside audio_filepath and text, and what is said: kind -> (seconds, loaded seconds)
ROWS: list[tuple[str, Mapping[str, Any], Mapping[str, tuple[float, float]]]] = [
    ("cut short", {"duration": 7.75, "offset": 5.0, "sampling_rate": 16_000},
     {"rate_beside_offset": (7.75, 2.75)}),
    ("nothing left", {"duration": 3.0, "offset": 5.0, "sample_rate": 16_000},
     {"rate_beside_offset": (3.0, 0.0)}),
    ("at the head", {"duration": 3.0, "offset": 0, "sampling_rate": 16_000},
     {"rate_beside_offset": (3.0, 3.0)}),
    ("no offset", {"duration": 3.0}, {"whole_file": (3.0, LONG_S)}),
    ("null offset", {"duration": 3.0, "offset": None}, {"whole_file": (3.0, LONG_S)}),
    ("offset alone", {"duration": 3.0, "offset": 5.0}, {}),
    ("the whole file", {"duration": LONG_S}, {}),
    ("the whole file and its rate", {"duration": LONG_S, "sampling_rate": 16_000}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fields", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_what_nemo_would_load_is_named(
    tmp_path: Path,
    manifest: Callable[..., Path],
    name: str,
    fields: Mapping[str, Any],
    expected: Mapping[str, tuple[float, float]],
) -> None:
    sf.write(tmp_path / "long.wav", [0.1] * round(LONG_S * 16_000), 16_000)
    row = {"audio_filepath": "long.wav", "text": "so it was, you see", "lang": "en", **fields}
    sound = {"audio_filepath": "long.wav", "text": TEXT, "lang": "en", "duration": LONG_S}
    path = manifest(json.dumps(row), json.dumps(sound))
    rules = load_rules(None)
    (tmp_path / "profile").mkdir()
    settings = MeasureOptions(metrics=["audio"])
    content = write_profile([str(path)], tmp_path / "profile", rules, measure=settings)
    seconds = {
        kind: (round(fact.hours * 3600, 2), round(fact.loaded_hours * 3600, 2))
        for kind, fact in (content.loading or {}).items()
    }
    assert seconds == expected
    warnings = [text for text in content.warnings if "NeMo 3.0 loads" in text]
    assert len(warnings) == len(expected)
    assert all(f"{path}:1" in text for text in warnings)
    pairs = "rate_beside_offset" in expected
    assert len(read_corpus(tmp_path / "profile").misread) == pairs


# fields beside a record's own, and the name that the warning gives (None: no warning)
BEGINNINGS: list[tuple[Mapping[str, Any], str | None]] = [
    ({"begin_time": 5.0}, "begin_time"),
    ({"start_sec": 0}, "start_sec"),
    ({"start_ms": 5000, "offset": None}, "start_ms"),
    ({"start": 5.0, "end": 7.5}, "start"),
    ({"begin_time": 5.0, "offset": 5.0}, None),
    ({"start": "5.0"}, None),
    ({"start": [0.1, 0.5]}, None),  # of its words
]


@pytest.mark.parametrize(("fields", "expected"), BEGINNINGS)
def test_a_beginning_that_nobody_reads_is_named(
    tmp_path: Path,
    manifest: Callable[..., Path],
    fields: Mapping[str, Any],
    expected: str | None,
) -> None:
    row = {"audio_filepath": "a.wav", "text": "so it was, you see", "duration": 2.0, **fields}
    path = manifest(json.dumps(row))
    (tmp_path / "profile").mkdir()
    content = write_profile([str(path)], tmp_path / "profile", load_rules(None))
    warnings = [text for text in content.warnings if "every segment begins at 0" in text]
    assert len(warnings) == (expected is not None)
    assert all(f"--map offset={expected} " in text for text in warnings)
