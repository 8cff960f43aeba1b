"""Questions about texts, paths and a manifest's own fields, answered from the lines themselves."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.errors import ConfigError, InputError
from curate.inspect.query import open_query
from curate.inspect.records import look
from curate.profiles.own_fields import OwnFields

LINES: list[dict[str, Any]] = [
    {"audio_filepath": "a.wav", "duration": 2.0, "text": "zwei Wörter", "votes": 3, "ok": True},
    {"audio_filepath": "b.wav", "duration": 2.0, "text": "it's here", "votes": 1, "mood": "calm"},
    {"audio_filepath": "c.wav", "duration": 2.0, "text": "x" * 90, "votes": 2.5, "ok": False},
    {"audio_filepath": "d.wav", "text": "no duration", "tags": ["p", 1], "mood": None},
]
RAW = "".join(json.dumps(line) + "\n" for line in LINES) + "not JSON\n"


@pytest.fixture(params=["m.jsonl", "m.jsonl.gz", "m.tsv"])
def profile(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A profile of the same rows as a plain file, a compressed one, and a table."""
    manifest = tmp_path / request.param
    if request.param == "m.tsv":
        pl.DataFrame(
            [{"path": x["audio_filepath"], "duration": x.get("duration"), "sentence": x["text"],
              "votes": x.get("votes"), "mood": x.get("mood")} for x in LINES],
            infer_schema_length=None,
        ).write_csv(manifest, separator="\t")  # fmt: skip
    else:
        data = RAW.encode()
        manifest.write_bytes(gzip.compress(data) if manifest.suffix == ".gz" else data)
    curate.profile(manifest, out=tmp_path / "profile")
    return tmp_path / "profile"


def rows_of(sql: str, *profiles: Path) -> list[tuple[object, ...]]:
    with open_query(sql, profiles) as answer:
        return list(answer.rows)


def test_sql_sees_texts_and_paths(profile: Path) -> None:
    sql = "SELECT line, text, audio_filepath FROM records WHERE text LIKE '%Wörter%'"
    ((_, text, path),) = rows_of(sql, profile)
    assert (text, path) == ("zwei Wörter", "a.wav")
    assert rows_of("SELECT mood FROM records WHERE mood IS NOT NULL", profile) == [("calm",)]


def test_conditions_and_tables_see_them(profile: Path) -> None:
    records = look(profile, 9, "text == \"it's here\" and mood == 'calm'")
    assert [each.record["text"] for each in records] == ["it's here"]
    rows = curate.read_profile(profile).records("text", "mood")
    assert rows.filter(pl.col("verdict") == "bad").select("text").collect()["text"].to_list() == [
        "x" * 90
    ]


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    (tmp_path / "m.jsonl").write_text(RAW)
    curate.profile(tmp_path / "m.jsonl", out=tmp_path / "profile")
    return tmp_path / "profile"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT sum(votes) FROM records", [(6.5,)]),  # a number is one, whole or not
        ("SELECT count(*) FROM records WHERE ok", [(1,)]),
        ("SELECT tags FROM records WHERE line = 1", [([],)]),  # a column of ours stays ours
        ("SELECT record->>'$.tags[0]' FROM records WHERE line = 4", [("p",)]),
        ("SELECT record, text FROM records WHERE line = 5", [(None, None)]),  # no JSON at all
        ("SELECT r.mood FROM records r ORDER BY line LIMIT 2", [(None,), ("calm",)]),
        ("SELECT count(*) FROM records", [(5,)]),
    ],
)
def test_fields_have_types(plain: Path, sql: str, rows: list[tuple[object, ...]]) -> None:
    answer = rows_of(sql, plain)
    assert [tuple(None if v == "null" else v for v in row) for row in answer] == rows


def test_only_lines_that_are_asked_for_are_read(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[str, int, int]] = []
    opened = OwnFields._record

    def noted(self: OwnFields, *place: Any) -> Mapping[str, object]:
        read.append(place)
        return opened(self, *place)

    monkeypatch.setattr(OwnFields, "_record", noted)
    rows_of("SELECT text FROM records WHERE verdict = 'bad'", plain)
    assert [offset for _, offset, _ in read] == [RAW.index('{"audio_filepath": "c.wav"')]
    rows_of("SELECT count(*), max(char_rate) FROM records", plain)
    assert len(read) == 1


def test_a_field_that_no_line_has_is_a_fault(plain: Path) -> None:
    with pytest.raises(ConfigError, match="nosuch"):
        rows_of("SELECT nosuch FROM records", plain)
    with pytest.raises(ConfigError, match="nosuch"):
        look(plain, 1, "nosuch > 1")
    with pytest.raises(ConfigError, match="nosuch: no line of the manifests has this field"):
        curate.read_profile(plain).records("nosuch")


def test_a_rare_field_is_found_and_a_value_of_another_kind_is_said(tmp_path: Path) -> None:
    line = {"audio_filepath": "a.wav", "duration": 1.0, "text": "ab", "n": 1}
    lines = [*([line] * 1100), {**line, "rare": "yes"}, {**line, "n": "many"}]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    curate.profile(tmp_path / "m.jsonl", out=tmp_path / "p")
    assert rows_of("SELECT line FROM records WHERE rare = 'yes'", tmp_path / "p") == [(1101,)]
    with pytest.raises(InputError, match=r'`n` is "many" at byte .*, but a number elsewhere'):
        rows_of("SELECT sum(n) FROM records", tmp_path / "p")


@pytest.mark.parametrize("change", [RAW[:-9] + "\n", RAW.replace("zwei", "drei"), ""])
def test_a_changed_manifest_is_refused(plain: Path, change: str) -> None:
    (plain.parent / "m.jsonl").write_text(change)
    for question in (
        lambda: rows_of("SELECT text FROM records", plain),
        lambda: look(plain, 1, "text == 'x'"),
        lambda: look(plain, 1),
    ):
        with pytest.raises(InputError, match="has changed since it was profiled"):
            question()
    assert rows_of("SELECT count(*) FROM records", plain) == [(5,)], "the records themselves stand"


def test_several_profiles_stand_side_by_side(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text(RAW.replace("calm", "loud"))
    curate.profile(tmp_path / "other.jsonl", out=tmp_path / "other")
    sql = "SELECT mood FROM records WHERE mood IS NOT NULL ORDER BY mood"
    assert rows_of(sql, plain, tmp_path / "other") == [("calm",), ("loud",)]
