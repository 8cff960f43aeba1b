"""Two rule files on one profile: what moves is what rule_options twice says, record by record."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.artifacts.compare import Amount
from curate.errors import ConfigError
from curate.rules.file import load_rules
from curate.whatif import compare_rules
from tests import processes
from tests.lines import lines_of

TIGHTER = """
schema: curate.rules/1
name: tighter
extends: default
rules:
  - {id: char_rate, override: true, metric: char_rate, bad: ">= 25", eval: ">= 18"}
  - {id: hidden_chars, override: true, off: true}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile of rows at 11 to 34 characters a second in two languages, some that hide things."""
    folder = tmp_path_factory.mktemp("compare_rules")
    rows: list[dict[str, Any]] = [
        {"audio_filepath": f"{n}.wav", "duration": 1.0, "text": "so it " + "x" * n, "lang": lang}
        for n in range(5, 19)
        for lang in ("de", "en")
    ]
    rows += [
        {
            "audio_filepath": f"h{n}.wav",
            "duration": 2.0,
            "text": f"so{chr(0x200B)} it is",
            "lang": "de",
        }
        for n in range(3)
    ]
    lines = [json.dumps(row) for row in rows]
    (folder / "manifest.jsonl").write_text("\n".join([*lines, "{}"]) + "\n")
    (folder / "tighter.yaml").write_text(TIGHTER)
    curate.profile(folder / "manifest.jsonl", out=folder / "profile")
    return folder


def test_every_record_moves_as_judging_twice_says(folder: Path) -> None:
    records = pl.read_parquet(folder / "profile/records.parquet").drop("verdict", "tags", "reason")
    before = curate.apply_rules(records)
    after = curate.apply_rules(records, folder / "tighter.yaml")
    moved = compare_rules(folder / "profile", load_rules(), load_rules(folder / "tighter.yaml"))
    verdicts = list(zip(before["verdict"], after["verdict"], strict=True))
    content = moved.comparison.as_json()
    counted = {(each["from"], each["to"]): each["rows"] for each in content["verdicts"]}
    assert {pair: n for pair, n in counted.items() if n} == Counter(verdicts)
    expected = [
        f"{source}:{line}"
        for source, line, (one, other) in zip(
            records["source"], records["line"], verdicts, strict=True
        )
        if one != other
    ]
    assert moved.records["id"].to_list() == expected
    assert len(expected) == content["moved"]["rows"] > 10
    assert content["profile"]["rows"] == records.height


def test_reasons_texts_and_strata_are_given(folder: Path) -> None:
    moved = compare_rules(folder / "profile", load_rules(), load_rules(folder / "tighter.yaml"))
    first = moved.records.row(0, named=True)
    assert (first["from"], first["to"], first["text"]) == (
        "clean",
        "borderline",
        "so it " + "x" * 12,
    )
    assert first["to_reason"] == "char_rate 18 >= 18"
    hidden = moved.records.filter(pl.col("from_reason").str.contains("hidden"))
    assert hidden["to"].to_list() == ["clean"] * 3
    content = moved.comparison.as_json()
    tags = {(each["rule"], each["severity"]): each for each in content["rules"]}
    assert tags["hidden_chars", "borderline"]["lost_rows"] == 3
    assert tags["char_rate", "borderline"]["got_rows"] > 0
    strata = {each["value"]: each for each in content["strata"]["lang"]}
    assert strata["de"]["moved_rows"] == strata["en"]["moved_rows"] + 3
    total = sum(each["rows"] for each in strata.values())
    assert total == content["profile"]["rows"] - 1  # the malformed line has no language


def test_rules_show_the_first_records_that_they_move(folder: Path) -> None:
    moved = compare_rules(folder / "profile", load_rules(), load_rules(folder / "tighter.yaml"))
    content = moved.comparison.as_json()
    for each in content["rules"]:
        tag = f"{each['severity']}:{each['rule']}"
        for side, other in (("from", "to"), ("to", "from")):
            name = "got" if side == "to" else "lost"
            here = moved.records.filter(
                pl.col(f"{side}_tags").list.contains(tag)
                & ~pl.col(f"{other}_tags").list.contains(tag)
            )
            shown = each[f"{name}_records"]
            assert here.height == each[f"{name}_rows"]
            assert [record["id"] for record in shown] == here["id"].head(4).to_list()
            assert [record["text"] for record in shown] == here["text"].head(4).to_list()
    hidden = next(each for each in content["rules"] if each["rule"] == "hidden_chars")
    assert (len(hidden["lost_records"]), hidden["got_records"]) == (3, [])


def test_the_same_rules_move_nothing(folder: Path) -> None:
    moved = compare_rules(folder / "profile", load_rules(), load_rules())
    assert (moved.records.height, moved.comparison.moved) == (0, Amount(rows=0, hours=0.0))


def test_an_unknown_column_is_said(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no text column 'speakr'"):
        compare_rules(folder / "profile", load_rules(), load_rules(), ["speakr"])


def test_the_command(folder: Path) -> None:
    words = ("rules", "compare", "default", "tighter.yaml", "profile", "--out", "moved")
    done = processes.curate(*words, cwd=folder)
    assert "rows move" in done.stdout
    names = {path.name for path in (folder / "moved").iterdir()}
    assert names == {"compare.json", "moved.jsonl", "moved.parquet", "report.html"}
    content = json.loads((folder / "moved/compare.json").read_text())
    lines = lines_of((folder / "moved/moved.jsonl").read_text())
    assert len(lines) == content["moved"]["rows"]
    assert pl.read_parquet(folder / "moved/moved.parquet").height == len(lines)
    assert json.loads(lines[0])["text"].startswith("so it")
