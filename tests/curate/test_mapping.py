"""`--map text=sentence`: fields of other names, on the way through profile, split and audit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

import curate
from curate.errors import ConfigError
from curate.manifest.mapping import ReadOptions
from curate.splits import SplitRequest, Targets, split_profile
from curate.splits.audit import AuditRequest, audit
from tests import processes

# (line, mapping, what the split writes of it)
LINES: list[tuple[str, Mapping[str, str], str]] = [
    ('{"audio_filepath": "a.wav", "duration": 2.50, "sentence": "caf\\u00e9 now"}',
     {"text": "sentence"},
     '{"audio_filepath": "a.wav", "duration": 2.50, "sentence": "caf\\u00e9 now", '
     '"text": "caf\\u00e9 now"}'),
    ('{ "path":"a.wav","dur":2.5e0,"sentence":"two words" , "x": [1, 2] } ',
     {"text": "sentence", "audio_filepath": "path", "duration": "dur"},
     '{ "path":"a.wav","dur":2.5e0,"sentence":"two words" , "x": [1, 2] '
     ', "text": "two words", "audio_filepath": "a.wav", "duration": 2.5e0} '),
    # a field of ours that is there already: replaced, and kept
    ('{"text": "Raw, text!", "audio_filepath": "a.wav", "duration": 2.5, "norm": "raw text"}',
     {"text": "norm"},
     '{"text": "raw text", "audio_filepath": "a.wav", "duration": 2.5, "norm": "raw text", '
     '"text_before": "Raw, text!"}'),
    # mapped to itself: nothing changes
    ('{"text": "two words", "audio_filepath": "a.wav", "duration": 2.5}',
     {"text": "text"}, '{"text": "two words", "audio_filepath": "a.wav", "duration": 2.5}'),
    # an optional field that the line lacks
    ('{"text": "two words", "audio_filepath": "a.wav", "duration": 2.5}',
     {"speaker": "client"}, '{"text": "two words", "audio_filepath": "a.wav", "duration": 2.5}'),
    # two fields that change places
    ('{"text": "one", "pred_text": "two", "audio_filepath": "a.wav", "duration": 2.5}',
     {"text": "pred_text", "pred_text": "text"},
     '{"text": "two", "pred_text": "one", "audio_filepath": "a.wav", "duration": 2.5, '
     '"text_before": "one", "pred_text_before": "two"}'),
    # a key that only the strict parser reads
    ('{"\\u0073entence": "two words", "audio_filepath": "a.wav", "duration": 2.5}',
     {"text": "sentence"},
     '{"sentence": "two words", "audio_filepath": "a.wav", "duration": 2.5, "text": "two words"}'),
]  # fmt: skip


@pytest.mark.parametrize(("line", "fields", "expected"), LINES)
def test_a_mapped_line_keeps_its_bytes(
    tmp_path: Path, line: str, fields: Mapping[str, str], expected: str
) -> None:
    manifest, made, out = tmp_path / "m.jsonl", tmp_path / "profile", tmp_path / "split"
    manifest.write_text(f"\n{line}\n", encoding="utf-8")
    profiled = curate.profile(manifest, made, reading=ReadOptions(fields=fields))
    assert profiled.verdicts["malformed"].rows == 0
    assert profiled.json["inputs"][0]["beside"]["map"] == [f"{a}={b}" for a, b in fields.items()]
    out.mkdir()
    split = split_profile(made, out, SplitRequest(targets=Targets.parse({})))
    assert (out / "train.jsonl").read_text(encoding="utf-8") == f"{expected}\n"
    assert split.changed.fields_mapped == 1
    assert any("--map" in warning for warning in split.warnings)


def test_a_line_without_a_mapped_field_is_malformed(tmp_path: Path) -> None:
    good = {"audio_filepath": "a.wav", "duration": 2.5, "sentence": "two words"}
    wrong = {"audio_filepath": "b.wav", "duration": 2.5, "text": "another text"}
    manifest, out = tmp_path / "m.jsonl", tmp_path / "split"
    manifest.write_text(f"{json.dumps(good)}\n{json.dumps(wrong)}\n{{oops\n", encoding="utf-8")
    made = curate.profile(
        manifest, tmp_path / "profile", reading=ReadOptions(fields={"text": "sentence"})
    )
    rows = made.records().select("line", "byte_offset", "malformed").collect()
    assert rows["line"].to_list() == [1, 2, 3]
    assert rows["byte_offset"].to_list() == [0, 70, 70 + len(json.dumps(wrong)) + 1]
    assert rows["malformed"][:2].to_list() == [
        None, "no field sentence, which is to be the text (missing)"
    ]  # fmt: skip
    out.mkdir()
    split_profile(tmp_path / "profile", out, SplitRequest(targets=Targets.parse({})))
    assert (out / "malformed.jsonl").read_text() == f"{json.dumps(wrong)}\n{{oops\n"


def test_columns_of_tables_are_mapped(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("clip,wording,text,dur\na.wav,two words,raw,2.5\n")
    pl.DataFrame({"clip": ["a.wav"], "wording": ["two words"], "text": ["raw"], "dur": [2.5]}
                 ).write_parquet(tmp_path / "t.parquet")  # fmt: skip
    fields = {"audio_filepath": "clip", "text": "wording"}
    for name in ("t.csv", "t.parquet"):
        made = curate.profile(
            tmp_path / name, tmp_path / f"{name}.profile", reading=ReadOptions(fields=fields)
        )
        assert made.records().select("words", "malformed").collect().row(0) == (2, None)
        out = tmp_path / f"{name}.split"
        out.mkdir()
        split_profile(made.path, out, SplitRequest(targets=Targets.parse({})))
        record = json.loads((out / "train.jsonl").read_text())
        assert (record["text"], record["text_before"]) == ("two words", "raw")


def test_an_audit_compares_mapped_fields(tmp_path: Path) -> None:
    for name, text in (("a", "the very same text"), ("b", "the very same text")):
        record = {"path": f"{name}.wav", "duration": 2.5, "sentence": text}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(record) + "\n")
    names = [str(tmp_path / f"{name}.jsonl") for name in "ab"]
    reading = ReadOptions(None, {"text": "sentence", "audio_filepath": "path"})
    leaks = audit(AuditRequest(inputs=names, reading=reading)).leaks
    assert {leak.kind for leak in leaks if leak.count} == {"text"}


# (what is typed, part of what is said)
WRONG = [
    (["sentence"], "is not NAME=FIELD"),
    (["text="], "is not NAME=FIELD"),
    (["txt=sentence"], "did you mean 'text'"),
    (["text=a", "text=b"], "maps 'text' twice"),
]


@pytest.mark.parametrize(("typed", "message"), WRONG)
def test_wrong_mappings_are_refused(typed: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ReadOptions.parse(None, typed)


def test_the_hint_of_an_unusable_manifest_works(tmp_path: Path) -> None:
    record = {"path": "a.wav", "dur": 1.5, "sentence": "two usual words"}
    (tmp_path / "m.jsonl").write_text(json.dumps(record) + "\n")
    words = ["split", "m.jsonl", "--out", "o", "-q"]
    first = processes.curate(*words, cwd=tmp_path)
    assert first.returncode == 3
    maps = first.stderr[first.stderr.index("--map") :].partition(" --out ")[0].split()
    second = processes.curate(*words, *maps, cwd=tmp_path)
    assert second.returncode == 0, second.stderr
    assert '"text": "two usual words"' in (tmp_path / "o/train.jsonl").read_text()
