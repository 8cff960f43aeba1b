"""Text rules in `curate manifest` and in a corpus.yaml: what is kept, counted, and put back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.artifacts.base import read_artifact
from curate.artifacts.text_changes import TextChanges
from curate.errors import ConfigError
from curate.manifest.mapping import ReadOptions
from curate.manifest.write import ManifestRequest, write_manifest
from tests.lines import lines_of

RULES = r"""schema: curate.text_rules/1
name: mine
rules:
  - {id: tags, pattern: '<[^<>]*>', repl: '', why: not spoken}
  - {id: spaces, pattern: '  +', repl: ' '}
  - {id: doubled, pattern: '^b', repl: bb}
  - {id: lower, case: lower, where: {pnc: 'no'}}
"""
LINES = [
    r'{"audio_filepath": "a.wav", "duration": 1.50, "text": "so <i>  it</i> is",  "x": [1]}',
    r'{"text": "caf\u00e9", "audio_filepath": "b.wav", "duration": 2}',
    r'{"audio_filepath": "c.wav", "duration": 3600, "text": "<noise>"}',
    "",
    r'{"audio_filepath": "d.wav", "duration": 1, "text": "CAF\u00c9", "pnc": "no"}',
    r'{"audio_filepath": "e.wav", "duration": 1, "text": "b \ud83d\ude00"}',
    "broken <i>",
    r'{"audio_filepath": "f.wav", "duration": 1, "text": "<a>", "text": "<b>"}',
    r'{"audio_filepath": "g.wav", "duration": 1, "text": "<a>", "_skipme": "noise"}',
    r'{"audio_filepath": "h.wav", "duration": 1, "text": "h\u0007 <a>", "te\u0078t2": 1}',
]


def clean(folder: Path, *inputs: str, out: str = "out.jsonl", **options: Any) -> Path:
    (folder / "mine.yaml").write_text(RULES)
    reading = ReadOptions.parse(
        None, [], text_rules=options.pop("rules", str(folder / "mine.yaml"))
    )
    names = [str(folder / name) for name in inputs]
    write_manifest(ManifestRequest(names, folder / out, reading, **options))
    return folder / out


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(path.read_text(encoding="utf-8"))]


def report(folder: Path, out: str = "out") -> TextChanges:
    return read_artifact(folder / f"{out}.text_changes", TextChanges)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in.jsonl").write_text("\n".join(LINES), encoding="utf-8")
    return tmp_path


def test_a_changed_line_keeps_its_text_and_its_other_bytes(folder: Path) -> None:
    lines = lines_of(clean(folder, "in.jsonl").read_text(encoding="utf-8"))
    added = '"text_original": "so <i>  it</i> is", "text_rules": ["tags", "spaces"]}'
    assert lines[0] == LINES[0].replace("<i>  ", "").replace("</i>", "")[:-1] + f", {added}"
    assert lines[1] == LINES[1]
    assert lines[3].endswith(r'"pnc": "no", "text_original": "CAF\u00c9", "text_rules": ["lower"]}')
    assert [json.loads(line)["text"] for line in lines] == [
        *("so it is", "café", "", "café", "bb \U0001f600", "", "h\x07 "),
    ]
    malformed = rows_of(folder / "out.malformed.jsonl")
    assert [(each["line"], each["as_read"]) for each in malformed] == [(7, LINES[6]), (8, LINES[7])]


def test_what_changed_is_counted_by_rule(folder: Path) -> None:
    clean(folder, "in.jsonl")
    made = report(folder)
    # The record with _skipme is no record that counts: NeMo would not read it.
    assert (made.rows, made.changed_rows, made.emptied_rows, made.unstable_rows) == (6, 5, 1, 1)
    assert made.hours == pytest.approx((1.5 + 2 + 3600 + 1 + 1 + 1) / 3600)
    assert made.emptied_hours == pytest.approx(1)
    by_rule = {each.rule: (each.rows, each.unique_rows, each.unstable_rows) for each in made.rules}
    assert by_rule == {
        "tags": (3, 2, 0), "spaces": (1, 0, 0), "doubled": (1, 1, 1), "lower": (1, 1, 0),
    }  # fmt: skip
    hours = {each.rule: each.hours * 3600 for each in made.rules}
    assert hours == pytest.approx({"tags": 3602.5, "spaces": 1.5, "doubled": 1, "lower": 1})
    tags, spaces = made.rules[0].examples, made.rules[1].examples
    assert [(each.id.rpartition(":")[2], each.after) for each in tags] == [
        ("1", "so   it is"), ("3", ""), ("10", "h\x07 "),
    ]  # fmt: skip
    assert (spaces[0].before, spaces[0].after) == ("so   it is", "so it is")
    assert [each.before for each in made.emptied] == ["<noise>"]
    assert [text.partition(":")[0] for text in made.warnings] == [
        "the rules leave 1 text blank", "applied again, the rules would change 1 text more",
    ]  # fmt: skip


def test_the_texts_before_come_back_byte_for_byte(folder: Path) -> None:
    clean(folder, "in.jsonl")
    back = clean(folder, "out.jsonl", out="back.jsonl", rules="restore")
    records = [line for at, line in enumerate(LINES) if at not in (3, 6, 7)]
    lines = lines_of(back.read_text(encoding="utf-8"))
    assert lines[:-1] == records[:-1]
    assert json.loads(lines[-1]) == json.loads(records[-1])  # a key with an escape was parsed
    again = clean(folder, "back.jsonl", out="again.jsonl")
    assert again.read_bytes() == (folder / "out.jsonl").read_bytes()


def test_members_in_another_order_come_back_too(folder: Path) -> None:
    line = {
        "text_rules": ["a"],
        "text": "x",
        "text_original": "X",
        "duration": 1,
        "audio_filepath": "a",
    }
    (folder / "odd.jsonl").write_text(json.dumps(line), encoding="utf-8")
    back = clean(folder, "odd.jsonl", out="back.jsonl", rules="restore")
    assert rows_of(back) == [{"text": "X", "duration": 1, "audio_filepath": "a"}]


def test_the_first_text_is_kept_through_several_rules(folder: Path) -> None:
    clean(folder, "in.jsonl", rules="clean")
    twice = clean(folder, "out.jsonl", out="twice.jsonl", rules="no-pnc")
    row = next(each for each in rows_of(twice) if each["audio_filepath"] == "e.wav")
    assert (row["text"], row.get("text_original")) == ("b \U0001f600", None)
    row = rows_of(twice)[0]
    assert row["text_original"] == "so <i>  it</i> is"
    assert row["text_rules"] == ["tags", "blanks"]
    back = clean(folder, "twice.jsonl", out="back.jsonl", rules="restore")
    assert rows_of(back)[0]["text"] == "so <i>  it</i> is"


def test_a_dry_run_writes_the_report_and_nothing_else(folder: Path) -> None:
    rules = folder / "mine.yaml"
    rules.write_text(RULES)
    reading = ReadOptions.parse(None, [], text_rules=str(rules))
    out = folder / "new" / "out.jsonl"
    made = curate.write_manifest(folder / "in.jsonl", out, reading=reading, dry_run=True)
    assert (made.dry_run, made.changed_texts, made.records) == (True, 5, 6)
    assert made.changed_by == {"tags": 3, "spaces": 1, "doubled": 1, "lower": 1}
    assert sorted(path.name for path in out.parent.iterdir()) == ["out.text_changes"]
    assert report(folder / "new").dry_run
    with pytest.raises(ConfigError, match="name --text-rules"):
        curate.write_manifest(folder / "in.jsonl", out, dry_run=True)


def test_a_corpus_names_its_text_rules_for_every_command(folder: Path) -> None:
    (folder / "mine.yaml").write_text(RULES)
    (folder / "corpus.yaml").write_text(
        "schema: curate.corpus/1\ninputs: in.jsonl\ntext_rules: mine.yaml\n"
    )
    profile = curate.profile(folder, out=folder / "p")
    chars = profile.records().sort("line").collect()["chars"].to_list()
    assert chars == [8, 4, 0, 4, 4, None, None, None, 3]
    split = curate.split(folder / "p", out=folder / "s", sizes={})
    assert sum(each.rows for each in split.outputs) == 9
    texts = {row["audio_filepath"]: row["text"] for row in rows_of(folder / "s/train.jsonl")}
    assert texts["a.wav"] == "so it is"
    same = curate.profile(folder, out=folder / "p")  # nothing changed, nothing is measured again
    assert same.records().collect().equals(profile.records().collect())
    (folder / "mine.yaml").write_text(RULES.replace("case: lower", "case: upper"))
    assert curate.profile(folder, out=folder / "p").records().collect().height == 9
    manifest = curate.write_manifest(folder, folder / "out.jsonl")
    assert manifest.changed_by == {"tags": 3, "spaces": 1, "doubled": 1, "lower": 0}


def test_several_corpora_with_other_rules_have_no_one_report(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "in.jsonl").write_text(LINES[0])
        text_rules = "clean" if name == "one" else "no-pnc"
        (folder / name / "corpus.yaml").write_text(
            f"schema: curate.corpus/1\ninputs: in.jsonl\ntext_rules: {text_rules}\n"
        )
    names = [folder / "one", folder / "two"]
    with pytest.raises(ConfigError, match="several text rules"):
        curate.write_manifest(names, folder / "out.jsonl")
    assert not (folder / "out.jsonl").exists()


def test_tables_and_folders_have_their_texts_changed(folder: Path) -> None:
    (folder / "t.csv").write_text("path,text,duration\na.wav,so <i>it</i>,1.5\n")
    rows = rows_of(clean(folder, "t.csv"))
    assert rows == [
        {
            "audio_filepath": "a.wav", "text": "so it", "duration": 1.5,
            "text_original": "so <i>it</i>", "text_rules": ["tags"],
        }
    ]  # fmt: skip


def test_digits_that_no_rule_could_write_in_words_are_counted(tmp_path: Path) -> None:
    pytest.importorskip("num2words", reason="the norm extra is not installed")
    texts = [
        ("it is 21", "en"),
        ("it is 22", "zz"),
        ("it is 23", None),
        ("B2B", "en"),
        ("no", "en"),
    ]
    rows = [
        {"audio_filepath": f"{at}.wav", "duration": 1.0, "text": text, "lang": lang}
        for at, (text, lang) in enumerate(texts)
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "digits.yaml").write_text(
        "schema: curate.text_rules/1\nname: d\nrules:\n  - {id: digits, digits: words}\n"
    )
    out = clean(tmp_path, "m.jsonl", rules=str(tmp_path / "digits.yaml"))
    assert [row["text"] for row in rows_of(out)][:3] == ["it is twenty-one", "it is 22", "it is 23"]
    (warning,) = report(tmp_path).warnings
    assert warning.startswith("3 texts still with digits: ")


MARKS = """schema: curate.text_rules/1
name: marks
rules:
  - {id: foreign, reject: '[<>]', why: "tags are not spoken"}
  - {id: lower, case: lower, where: {lang: de}}
  - {id: pnc, pnc: by_text}
"""
MARKED = [
    '{"audio_filepath": "a.wav", "duration": 1, "text": "So it is."}',
    '{"audio_filepath": "b.wav", "duration": 2, "text": "Ja.", "lang": "de", "pnc": true}',
    '{"audio_filepath": "c.wav", "duration": 4, "text": "a <i> tag"}',
    '{"audio_filepath": "d.wav", "duration": 8, "text": "b > c", "_skipme": "noise"}',
    '{"audio_filepath": "e.wav", "duration": 16, "text": null}',
    '{"audio_filepath": "f.wav", "duration": 32, "text": "d > e", "_skipme": false}',
    r'{"audio_filepath": "g.wav", "duration": 64, "text": "so \ud83d\ude00 >"}',
]


def test_marked_records_keep_their_text_and_are_in_no_split(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("".join(f"{line}\n" for line in MARKED))
    (tmp_path / "marks.yaml").write_text(MARKS)
    rules = str(tmp_path / "marks.yaml")
    out = clean(tmp_path, "in.jsonl", rules=rules)
    fields = ("text", "_skipme", "_skipme_original", "pnc", "pnc_original", "text_rules")
    rejected, both = "text rule foreign", ["foreign", "pnc"]
    assert [[row.get(name) for name in fields] for row in rows_of(out)] == [
        ["So it is.", None, None, "yes", None, ["pnc"]],
        ["ja.", None, None, "yes", True, ["lower", "pnc"]],
        ["a <i> tag", rejected, None, "no", None, both],
        ["b > c", "noise", None, "no", None, ["pnc"]],
        [None] * 6,
        ["d > e", rejected, False, "no", None, both],
        ["so \U0001f600 >", rejected, None, "no", None, both],
    ]
    assert lines_of(out.read_text())[0] == (
        f'{MARKED[0][:-1]}, "pnc": "yes", "pnc_original": null, "text_rules": ["pnc"]}}'
    )
    made = report(tmp_path)
    by_rule = {each.rule: (each.rows, each.sets) for each in made.rules}
    assert by_rule == {"foreign": (3, "_skipme"), "lower": (1, None), "pnc": (5, "pnc")}
    assert (made.rows, made.rejected_rows) == (5, 3)
    assert made.rejected_hours == pytest.approx((4 + 32 + 64) / 3600)
    assert made.warnings[0].startswith("the rules reject 3 records")
    assert [each.before for each in made.rules[0].examples] == [
        "a <i> tag", "d > e", "so \U0001f600 >",
    ]  # fmt: skip
    assert "3 rejected" in made.headline()

    verdicts = curate.profile(out, tmp_path / "p").verdicts
    assert (verdicts["skipped"].rows, verdicts["untranscribed"].rows) == (4, 1)
    again = clean(tmp_path, "out.jsonl", out="again.jsonl", rules=rules)
    assert again.read_bytes() == out.read_bytes()
    back = clean(tmp_path, "again.jsonl", out="back.jsonl", rules="restore")
    lines = lines_of(back.read_text())
    assert list(map(json.loads, lines)) == list(map(json.loads, MARKED))
    assert [lines[at] for at in (0, 2, 3, 4)] == [MARKED[at] for at in (0, 2, 3, 4)]
