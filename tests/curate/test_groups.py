"""Rules for groups: what they ask, whom they move, and that nothing else changes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.errors import ConfigError
from curate.rules.file import load_rules
from curate.rules.overrides import Decision, append

HEAD = "schema: curate.rules/1\nname: mine\nrules:\n  - {id: loud, metric: words, bad: '> 9'}\n"
GOOD, BAD = "one two three", "w " * 10


def rows_of(texts_of: Mapping[str, Sequence[str]]) -> list[dict[str, object]]:
    """Rows of speakers, each in a recording of its own, with these texts."""
    return [
        {"audio_filepath": f"{speaker}.wav", "offset": float(at), "duration": 2.0, "text": text,
         "speaker": speaker, "lang": "en"}
        for speaker, texts in texts_of.items()
        for at, text in enumerate(texts)
    ]  # fmt: skip


def profiled(
    folder: Path, rows: Sequence[Mapping[str, object]], stated: str, **options: Any
) -> curate.Profile:
    manifest, rules = folder / "m.jsonl", folder / "mine.yaml"
    manifest.write_text("\n".join(map(json.dumps, rows)))
    rules.write_text(f"{HEAD}groups:\n{stated}")
    rule_options = curate.RuleOptions(rules=rules, overrides=options.pop("overrides", None))
    return curate.profile(manifest, out=folder / "p", rules=rule_options, **options)


def demoted(made: curate.Profile) -> set[str]:
    borderline = made.records().filter(pl.col("verdict") == "borderline").collect()
    return set(borderline["speaker"])


TEXTS = {
    "anna": [GOOD] * 8 + [BAD] * 2,
    "ben": [GOOD] * 19 + [BAD],
    "cleo": [GOOD, BAD, BAD],  # too few rows, by default
    "dora": ["one two three four five"] * 10,
}
EVAL_RULES: list[tuple[str, set[str]]] = [
    ("{id: g, by: speaker, eval_if: bad_share >= 0.2}", {"anna"}),
    ("{id: g, by: speaker, eval_if: bad_share > 0.2}", set()),
    ("{id: g, by: speaker, eval_if: bad_share > 0}", {"anna", "ben"}),
    ("{id: g, by: speaker, at_least: {rows: 3}, eval_if: bad_share > 0.5}", {"cleo"}),
    ("{id: g, by: speaker, at_least: {rows: 4}, eval_if: bad_share > 0.5}", set()),
    ("{id: g, by: speaker, at_least: {hours: 0.01}, eval_if: bad_share >= 0}", {"ben"}),
    ("{id: g, by: recording, eval_if: bad_share >= 0.2}", {"anna"}),
    ("{id: g, by: speaker, eval_if: median(words) == 5}", {"dora"}),
    ("{id: g, by: speaker, eval_if: mean(words) > 4.3 and rows < 11}", {"anna", "dora"}),
    ("{id: g, by: speaker, eval_if: mean(wer) > 0 or median(wer) > 0}", set()),  # nothing known
    ("{id: g, by: lang, eval_if: rows == 43}", {"anna", "ben", "cleo", "dora"}),
    ("{id: g, by: task, eval_if: rows > 0}", set()),  # no row names a task
    ("{id: g, by: source, eval_if: hours > 1 or unknown_share + borderline_share > 0}", set()),
]


@pytest.mark.parametrize(("rule", "expected"), EVAL_RULES)
def test_who_fails(tmp_path: Path, rule: str, expected: set[str]) -> None:
    made = profiled(tmp_path, rows_of(TEXTS), f"  - {rule}\n")
    assert demoted(made) == expected
    (outcome,) = made.json["group_rules"]
    clean = sum(text != BAD for name in expected for text in TEXTS[name])
    assert outcome["moved_rows"] == made.verdicts["borderline"].rows == clean
    assert made.verdicts["bad"].rows == 5


def test_tags_reasons_and_what_is_told(tmp_path: Path) -> None:
    rule = "  - {id: g, by: speaker, eval_if: bad_share >= 0.2, reason: a noisy line}\n"
    made = profiled(tmp_path, rows_of(TEXTS), rule)
    first = made.records().collect().row(0, named=True)
    assert (first["verdict"], first["tags"]) == ("borderline", ["borderline:g"])
    assert first["reason"] == "speaker anna: bad_share >= 0.2 (bad_share 0.2): a noisy line"
    (outcome,) = made.json["group_rules"]
    assert (outcome["evaluated"], outcome["failed"], outcome["moved_rows"]) == (3, 1, 8)
    assert outcome["worst"][0]["facts"] == {"bad_share": 0.2}
    hit = made.json["rules_hit"][-1]
    assert (hit["rule"], hit["condition"], hit["rows"]) == ("g", "speaker: bad_share >= 0.2", 8)


def test_two_rules_on_one_row(tmp_path: Path) -> None:
    rules = "".join(
        f"  - {{id: {name}, by: {name}, eval_if: bad_share >= 0.2}}\n"
        for name in ("speaker", "recording")
    )
    made = profiled(tmp_path, rows_of(TEXTS), rules)
    first = made.records().collect().row(0, named=True)
    assert first["tags"] == ["borderline:speaker", "borderline:recording"]
    assert first["reason"].count("bad_share >= 0.2") == 2
    assert f"recording of {tmp_path}/m.jsonl:1" in first["reason"]


def test_people_stand_above_groups(tmp_path: Path) -> None:
    log = tmp_path / "o.jsonl"
    append(log, Decision("keep", "anna", "2026-11-26T10:00:00Z", "anna.wav", offset=1.0))
    append(log, Decision("reject", "anna", "2026-11-26T10:00:00Z", "ben.wav", offset=1.0))
    rule = "  - {id: g, by: speaker, eval_if: bad_share >= 0.1}\n"
    made = profiled(tmp_path, rows_of(TEXTS), rule, overrides=log)
    rows = made.records().collect()
    assert rows["verdict"].to_list()[:3] == ["borderline", "clean", "borderline"]
    assert demoted(made) == {"anna", "ben"}  # the rejected row counts for its speaker


@pytest.mark.parametrize("groups", [(), ("duplicates",)])
def test_neither_order_nor_threads_nor_caches_change_verdicts(
    tmp_path: Path, groups: tuple[str, ...]
) -> None:
    rule = "  - {id: g, by: speaker, eval_if: 'bad_share >= 0.1 and mean(char_rate) > 0.1'}\n"
    rows = rows_of({f"s{at}": [GOOD] * (10 + at) + [BAD] * (at % 4) for at in range(40)})
    made = profiled(tmp_path, rows, rule, measure=curate.MeasureOptions(metrics=groups))
    before = (tmp_path / "p/records.parquet").read_bytes()
    verdicts = dict(made.records().select("audio_key", "verdict").collect().rows())
    assert len(set(verdicts.values())) == 3
    profiled(tmp_path, rows, rule, measure=curate.MeasureOptions(metrics=groups), cached=False)
    assert (tmp_path / "p/records.parquet").read_bytes() == before
    mixed = random.Random(3).sample(rows, len(rows))
    again = profiled(tmp_path, mixed, rule, measure=curate.MeasureOptions(metrics=groups))
    assert dict(again.records().select("audio_key", "verdict").collect().rows()) == verdicts


def test_malformed_lines_are_of_no_group(tmp_path: Path, manifest: Callable[..., Path]) -> None:
    rows: list[dict[str, object]] = [*rows_of(TEXTS), {"speaker": "anna", "text": "no audio"}]
    made = profiled(tmp_path, rows, "  - {id: g, by: speaker, eval_if: rows == 10}\n")
    assert demoted(made) == {"anna", "dora"}
    assert made.verdicts["malformed"].rows == 1


WRONG: list[tuple[str, int, str]] = [
    ("{id: g, by: speaker}", 6, "a rule without 'eval_if'"),
    ("{id: g, eval_if: rows > 1}", 6, "a rule without 'by'"),
    ("{id: g, by: room, eval_if: rows > 1}", 6, "'by' cannot be 'room'"),
    ("{id: g, by: speaker, eval_if: words > 1}", 6, "unknown name 'words'"),
    ("{id: g, by: speaker, eval_if: median(wrods) > 1}", 6, "unknown name 'median(wrods)'"),
    ("{id: g, by: speaker, eval_if: median > 1}", 6, "expected '(' before '>'"),
    ("{id: g, by: speaker, eval_if: median(3) > 1}", 6, "expected a metric, found '3'"),
    ("{id: g, by: speaker, eval_if: rows > 1, at_least: {rows: 1.5}}", 6, "'rows' is a number"),
    ("{id: g, by: speaker, eval_if: rows > 1, at_least: {row: 1}}", 6, "unknown key 'row'"),
    ("{id: g, by: speaker, eval_if: rows > 1, at_least: 20}", 6, "'at_least' is written as keys"),
    ("{id: g, by: speaker, eval_if: rows > 1, at_least: {}}", 6, "'at_least' is empty"),
    ("{id: g, by: speaker, eval_if: rows > 1, bad: '> 1'}", 6, "unknown key 'bad'"),
    ("{id: loud, by: speaker, eval_if: rows > 1}", 6, "rule 'loud' occurs twice, first in line 4"),
    ("{id: g, off: true}", 6, "only an extended file's rule can be off"),
]


@pytest.mark.parametrize(("rule", "line", "what"), WRONG)
def test_faults(tmp_path: Path, rule: str, line: int, what: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"{HEAD}groups:\n  - {rule}\n")
    with pytest.raises(ConfigError) as raised:
        load_rules(path)
    assert any(
        fault.where == f"{path}:{line}" and what in fault.what for fault in raised.value.faults
    ), raised.value


def test_groups_extend_override_and_drop(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    head = "schema: curate.rules/1\nname: mine\nextends: default\nrules: []\n"
    path.write_text(
        f"{head}groups:\n  - {{id: bad_speaker, override: true, off: true}}\n"
        "  - {id: more, by: source, eval_if: bad_share > 0.5}\n"
    )
    assert [rule.id for rule in load_rules(path).groups] == ["bad_recording", "more"]
    path.write_text(f"{head}groups:\n  - {{id: char_rate, by: source, eval_if: rows > 1}}\n")
    with pytest.raises(
        ConfigError, match=r"mine\.yaml:6: rule 'char_rate' already exists at rules"
    ):
        load_rules(path)


def test_metrics_that_groups_ask_for_are_measured(tmp_path: Path) -> None:
    rule = "  - {id: g, by: speaker, eval_if: mean(compression_ratio) > 0}\n"
    made = profiled(tmp_path, rows_of(TEXTS), rule)
    assert made.json["groups"] == ["compression"]
    assert demoted(made) == {"anna", "ben", "dora"}


def test_the_default_takes_out_what_people_voted_down(real_data: Path, tmp_path: Path) -> None:
    names = ("cv_id", "cv_id_invalidated")
    made = curate.profile(
        [real_data / "manifests" / f"{name}.jsonl" for name in names], out=tmp_path / "p"
    )
    (speaker, recording) = made.json["group_rules"]
    assert (speaker["failed"], recording["failed"]) == (1, 0)
    moved = made.records().filter(pl.col("tags").list.contains("borderline:bad_speaker")).collect()
    assert moved.height == speaker["moved_rows"] == 697
    assert moved["source"].str.contains("invalidated").all()
