"""Lines that a split changes: mended texts and judgements, all other bytes as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.manifest.strict import parse_line
from curate.nemo.canary_prompt import slot_problems
from curate.profiles.request import RuleOptions
from curate.rules.overrides import Decision, append
from curate.splits import LineMarks, SplitRequest, Targets, split_profile
from curate.splits.line_edits import filled, spliced, unrated
from tests.lines import lines_of

SPLICED: list[tuple[str, str | None, str | None, str]] = [
    # A line, what is added, the mended text, and the line that is written.
    ('{"text": "a", "n": 1.50}', None, "b", '{"text": "b", "n": 1.50, "text_before": "a"}'),
    ('{ "n":1e3 , "text":"a" }\r', None, "b", '{ "n":1e3 , "text":"b" , "text_before": "a"}\r'),
    ('{"text": "\\u00e9\\"x"}', None, 'ü"', '{"text": "ü\\"", "text_before": "\\u00e9\\"x"}'),
    ('{"text": ""}', None, "b", '{"text": "b", "text_before": ""}'),
    ('{"text": "b", "text_before": "a"}', None, "c", '{"text": "c", "text_before": "a"}'),
    ('{"x": {"text": "in"}, "text": "a"}', None, "b",
     '{"x": {"text": "in"}, "text": "b", "text_before": "a"}'),
    ('{"text": "a"}', '"_curate":{"verdict":"bad"}', None,
     '{"text": "a", "_curate":{"verdict":"bad"}}'),
    ('{"text": "}"}  ', '"_curate":{}', "b", '{"text": "b", "_curate":{}, "text_before": "}"}  '),
    ('{"_curate": {"old": 1}, "text": "a"}', '"_curate":{"new":2}', None,
     '{"_curate": {"new": 2}, "text": "a"}'),
    ('{"_skipme": "x", "text": "a"}', '"_curate":1, "_skipme":"y"', None,
     '{"_skipme": "y", "text": "a", "_curate": 1}'),
    ('{"text": "\\"_curate\\" is only said"}', '"_curate":1', None,
     '{"text": "\\"_curate\\" is only said", "_curate":1}'),
    ('{"x": {"_curate": 0}, "text": "a"}', '"_curate":1', None,
     '{"x": {"_curate": 0}, "text": "a", "_curate": 1}'),
    ('{"ключ": 1, "text": "a"}', None, "b", '{"ключ": 1, "text": "b", "text_before": "a"}'),
]  # fmt: skip


@pytest.mark.parametrize(("line", "ending", "text", "expected"), SPLICED)
def test_what_is_spliced(line: str, ending: str | None, text: str | None, expected: str) -> None:
    assert spliced(line.encode(), ending, text).decode() == expected


UNRATED: list[tuple[str, str]] = [
    # A line that gives an offset and a sampling rate, and the line that NeMo reads right.
    ('{"offset": 5.0, "sampling_rate": 16000, "text": "a"}', '{"offset": 5.0, "text": "a"}'),
    ('{"sampling_rate":16000,"offset":5.0}', '{"offset":5.0}'),
    ('{ "offset":5, "text":"a" , "sampling_rate" : 16e3 } \r', '{ "offset":5, "text":"a" } \r'),
    ('{"sample_rate": "16000", "offset": 0, "sampling_rate": null}', '{"offset": 0}'),
    ('{"text": "\\"sampling_rate\\": 1", "sampling_rate": 8000, "offset": 1}',
     '{"text": "\\"sampling_rate\\": 1", "offset": 1}'),
    ('{"x": {"sampling_rate": 1}, "offset": 1, "sample_rate": 8000}',
     '{"x": {"sampling_rate": 1}, "offset": 1}'),
    ('{"ключ": 1, "sampling_rate": 8000, "offset": 1}', '{"ключ": 1, "offset": 1}'),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), UNRATED)
def test_a_sampling_rate_is_taken_out(line: str, expected: str) -> None:
    assert unrated(line.encode()).decode() == expected


FILLED: list[tuple[str, str | None, str]] = [
    # A line, its language, and the line with a Canary's slots.
    ('{"text": "ja", "n": 1.50}', "de",
     '{"text": "ja", "n": 1.50, "source_lang": "de", "target_lang": "de", "pnc": "no", '
     '"lang": "de"}'),
    ('{"pnc": "Yes", "text": "Ja.", "lang":"de", "source_lang": "de", "target_lang": "en"}', "de",
     '{"pnc": "yes", "text": "Ja.", "lang":"de", "source_lang": "de", "target_lang": "en"}'),
    ('{"text": "ja", "pnc":true, "itn": "On"}', None, '{"text": "ja", "pnc":"yes", "itn": "yes"}'),
    ('{"text": "ja",  "pnc": "no"} ', None, '{"text": "ja",  "pnc": "no"} '),
]  # fmt: skip


@pytest.mark.parametrize(("line", "lang", "expected"), FILLED)
def test_what_a_canary_needs_is_filled_in(line: str, lang: str | None, expected: str) -> None:
    once = filled(line.encode(), lang)
    assert once.decode() == expected
    assert filled(once, lang) == once


def test_a_split_for_canary_holds_nothing_to_warn_of(
    manifest: Callable[..., Path], tmp_path: Path
) -> None:
    texts = ("ja nein doch", "Ja, doch.", "nein ja")
    rows = [
        {
            "audio_filepath": f"{n}.wav",
            "duration": 2.0,
            "text": f"{texts[n % 3]} {n}",
            "lang": "de",
            "speaker": f"s{n % 10}",
        }
        for n in range(30)
    ]
    lines = [json.dumps(row | ({"pnc": "Yes"} if n % 2 else {})) for n, row in enumerate(rows)]
    curate.profile([str(manifest(*lines))], out=tmp_path / "p")
    out, files, _ = written(tmp_path / "p", LineMarks(canary=True))
    records = [json.loads(line) for name in ("train", "eval", "test") for line in files[name]]
    assert len(records) > 20
    problems = {problem for row in records for problem in slot_problems(row, row["text"])}
    assert problems <= {("contradicts-text", "pnc")}  # what people declared is theirs to hint
    assert pl.read_parquet(out / "splits.lock.parquet")["changed"].all()


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(words, values, max_size=4), words, words, st.booleans())
def test_a_changed_line_says_the_same_but_for_the_change(
    record: dict[str, Any], text: str, corrected: str, ascii_only: bool
) -> None:
    line = json.dumps({**record, "text": text}, ensure_ascii=ascii_only).encode()
    parsed = parse_line(spliced(line, '"_curate":{"verdict":"clean"}', corrected))
    before = {"text_before": record.get("text_before", text)}
    assert parsed == {**record, **before, "text": corrected, "_curate": {"verdict": "clean"}}


LINES = [
    *(
        json.dumps(
            {"audio_filepath": f"{at}.wav", "duration": 10.0, "speaker": f"s{at}",
             "text": " ".join(chr(97 + at) + one + chr(97 + at) for one in "aeioubcdfghk")}
        )
        for at in range(20)
    ),
    '{"audio_filepath": "bad.wav", "duration": 1.0,  "text": "' + "too fast " * 9 + '"}',
    '{"audio_filepath": "odd.wav", "duration": 10.00, "text": "a text, with an errro and so on"}',
    '{"audio_filepath": "broken.wav"}',
]  # fmt: skip


@pytest.fixture
def profiled(tmp_path: Path, manifest: Callable[..., Path]) -> Path:
    path = manifest(*LINES, name="m.jsonl")
    hint = Decision(
        "keep", "anna", "2026-11-26T10:00:00Z", "odd.wav", text="a text, with no error and so on"
    )
    append(tmp_path / "o.jsonl", hint)
    curate.profile(path, out=tmp_path / "p", rules=RuleOptions(overrides=tmp_path / "o.jsonl"))
    return tmp_path / "p"


def written(
    profiled: Path, marks: LineMarks
) -> tuple[Path, dict[str, list[bytes]], dict[str, Any]]:
    out = profiled.parent / "split"
    out.mkdir()
    targets = Targets.parse({"eval": "20s", "test": "20s"})
    request = SplitRequest(targets=targets, by=["lang"], group=["speaker"], marks=marks)
    made = split_profile(profiled, out, request)
    lines = {p.stem: lines_of(p.read_bytes()) for p in out.glob("*.jsonl")}
    return out, lines, made.as_json()


def test_only_a_mended_line_differs(profiled: Path) -> None:
    out, lines, certificate = written(profiled, LineMarks())
    everything = [line for name, of in lines.items() if "reasons" not in name for line in of]
    old = {line.encode() for line in LINES}
    (changed,) = [line for line in everything if line not in old]
    assert changed == (
        b'{"audio_filepath": "odd.wav", "duration": 10.00, "text": "a text, with no error and so '
        b'on", "text_before": "a text, with an errro and so on"}'
    )
    assert certificate["changed"]["text_corrected"] == 1
    lock = pl.read_parquet(out / "splits.lock.parquet")
    assert lock["changed"].sum() == 1


def test_tags_and_reasons_in_lines(profiled: Path) -> None:
    out, lines, certificate = written(profiled, LineMarks(tags=True, skipme=True))
    assert certificate["changed"] == {
        "text_corrected": 1, "tags": True, "skipme": True, "canary": False, "rate_removed": 0,
        "fields_mapped": 0,
    }  # fmt: skip
    (rejected,) = map(parse_line, lines["rejected"])
    note = rejected["_curate"]
    assert isinstance(note, dict)
    assert (note["id"], note["verdict"]) == (f"{profiled.parent}/m.jsonl:21", "bad")
    assert note["tags"][0] == "bad:char_rate"
    assert str(rejected["_skipme"]).startswith("char_rate 81 >= 30")
    assert lines["malformed"] == [LINES[-1].encode()]
    names = ("train", "eval", "test")
    used: list[Any] = [parse_line(line) for name in names for line in lines[name]]
    assert len(used) == 21
    for record in used:
        assert "_skipme" not in record
        assert record["_curate"]["verdict"] == "clean"
    for line in lines["eval"]:
        before, _, _ = line.rpartition(b', "_curate":')
        assert before + b"}" in [each.encode() for each in LINES]
    assert pl.read_parquet(out / "splits.lock.parquet")["changed"].all()
