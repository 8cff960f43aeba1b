"""`curate rules explain`: for one record, every rule's account, true to how it was judged."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate.errors import ConfigError, CurateError, InputError
from curate.inspect.subjects import Subject, from_json, from_manifest, from_profile, rules_of
from curate.profiles.request import RuleOptions
from curate.rules.evaluate import explain, tag_batch
from curate.rules.evaluate.account import accounts
from curate.rules.file import load_rules
from curate.rules.overrides import Decision, append
from tests import processes
from tests.lines import lines_of

DEFAULT = load_rules()
LINES = (
    '{"audio_filepath": "a.wav", "duration": 14.3, "text": "Thank you.", "lang": "en"}',
    "",
    '{"audio_filepath": "b.wav", "duration": 2.0, "text": "a sentence of usual length"}',
    "not JSON",
    '{"audio_filepath": "c.wav", "duration": 1.0, "text": "twenty-nine characters, or so"}',
)


@pytest.fixture
def folder(tmp_path: Path, manifest: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    manifest(*LINES, name="m.jsonl")
    monkeypatch.chdir(tmp_path)
    curate.profile("m.jsonl", out="profile")
    return tmp_path


def says(subject: Subject) -> dict[str, str]:
    """Every account that is not clean or not applicable, and limits that came close."""
    return {
        each.rule.id: each.outcome if each.is_triggered else f"near {each.near[0].limit}"
        for each in accounts(subject.row, DEFAULT)
        if each.is_triggered or each.near
    }


TYPED: list[tuple[str, Mapping[str, str]]] = [
    ('{"text": "Thank you.", "duration": 14.3}', {"char_rate_low": "bad", "hallucination": "bad"}),
    ('{"text": "a sentence of usual length", "duration": 2.0}', {}),
    # A value a tenth below a limit is near it; the limit that it is beyond already is not.
    ('{"text": "twenty-nine characters, or so", "duration": 1.0}', {"char_rate": "borderline"}),
    ('{"text": "a fast reader, but so", "duration": 1.0}', {"char_rate": "near >= 22"}),
    ('{"text": "very, very, very good", "duration": 2.0}', {"repetitions": "near >= 4"}),
    ('{"text": "a", "duration": 0.09}', {"too_short": "bad"}),
]


@pytest.mark.parametrize(("line", "expected"), TYPED)
def test_what_is_said_of_a_typed_record(line: str, expected: Mapping[str, str]) -> None:
    assert says(from_json(line, DEFAULT)) == expected


def test_a_silent_rule_names_what_keeps_it_from_applying() -> None:
    subject = from_json('{"text": "Thank you.", "duration": 14.3}', DEFAULT)
    silent = {
        each.rule.id: each.values for each in accounts(subject.row, DEFAULT) if not each.words
    }
    assert silent["hallucination_short"] == {"duration_s": 14.3}
    assert silent["loop_share"] == {"words": 2}


@settings(deadline=None)
@given(st.text("ab .", max_size=40), st.floats(0.01, 40))
def test_accounts_agree_with_the_judgement(text: str, duration: float) -> None:
    row = from_json(json.dumps({"text": text, "duration": duration}), DEFAULT).row
    results = accounts(row, DEFAULT)
    spoken = [f"{each.outcome}:{each.rule.id}" for each in results if each.is_triggered]
    assert spoken == [finding.tag for finding in explain(row, DEFAULT)]
    frame = pl.DataFrame([row], schema_overrides={"malformed": pl.String, "speaker": pl.String})
    reason = tag_batch(frame, DEFAULT)["reason"][0]
    assert "; ".join(each.words for each in results if each.is_triggered) == (reason or "")


def test_records_of_a_profile_and_of_a_manifest_are_the_same(folder: Path) -> None:
    for id in ("m.jsonl:1", "m.jsonl:3", "m.jsonl:5"):
        (profiled,), read = from_profile(Path("profile"), [id]), from_manifest(id, DEFAULT)
        assert profiled.id == read.id == id
        assert profiled.record == read.record
        assert says(profiled) == says(read)
        assert profiled.profiled is not None
        assert read.profiled is None


def test_the_line_alone_names_a_record_of_one_manifest(folder: Path) -> None:
    one, again = from_profile(Path("profile"), ["5", "1"])
    assert (one.id, again.id) == ("m.jsonl:5", "m.jsonl:1")


WRONG: list[tuple[list[str], type[CurateError], str]] = [
    (["m.jsonl:99"], InputError, "m.jsonl:99: holds no record: the line is blank or not there"),
    (["m.jsonl:2"], InputError, "m.jsonl:2: holds no record"),
    (["no.jsonl:2"], InputError, "no.jsonl"),
    (["m.jsonl"], ConfigError, "'m.jsonl' names no record\n  hint: write manifest.jsonl:17"),
    (["m.jsonl:0"], ConfigError, "names no record"),
    (["--profile", "profile", "m.jsonl:2"], ConfigError, "m.jsonl:2: is not a record of profile"),
    (["--profile", "profile", "n.jsonl:1"], ConfigError, "did you mean 'm.jsonl'?"),
    (["--profile", "profile", "what"], ConfigError, "'what' is not an id"),
    (["--profile", "profile", "7", "m.jsonl:8"], ConfigError, "m.jsonl:8: is not a record"),
    (["--profile", "nothing", "m.jsonl:1"], InputError, "nothing: there is no such file"),
]


@pytest.mark.parametrize(("words", "kind", "message"), WRONG)
def test_what_names_no_record(
    folder: Path, words: list[str], kind: type[CurateError], message: str
) -> None:
    profile = Path(words[1]) if words[0] == "--profile" else None
    with pytest.raises(kind) as raised:
        curate.explain(words[2:] if profile else words, profile=profile)
    assert message in str(raised.value)


def test_rules_that_changed_since_are_told(folder: Path) -> None:
    rules = folder / "mine.yaml"
    rules.write_text("schema: curate.rules/1\nname: mine\nrules: [{id: a, bad_if: words > 3}]\n")
    curate.profile("m.jsonl", out="mine", rules="mine.yaml")
    assert rules_of(Path("mine")) == (load_rules(Path("mine.yaml")), [])
    rules.write_text(rules.read_text().replace("3", "4"))
    (warning,) = rules_of(Path("mine"))[1]
    assert warning == "mine.yaml has changed since mine was made: evaluated by its current content"
    rules.unlink()
    with pytest.raises(ConfigError, match="the rules of mine are no longer there"):
        rules_of(Path("mine"))


def ask(folder: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return processes.curate("rules", "explain", *words, cwd=folder, stdin=stdin, COLUMNS="80")


def test_people_read_at_once_why_a_record_was_rejected(folder: Path) -> None:
    done = ask(folder, "--profile", "profile", "m.jsonl:1", "m.jsonl:4")
    assert (done.returncode, done.stderr) == (0, "")
    lines = lines_of(done.stdout)
    assert max(map(len, lines)) <= 80
    assert "m.jsonl:1 is bad: it goes to rejected.jsonl and is not used" in lines
    assert "       char_rate 0.6993 < 1: too little text for the time" in map(str.rstrip, lines)
    assert "malformed  not JSON" in done.stdout


def test_other_rules_are_tried_beside_what_the_profile_says(folder: Path) -> None:
    (folder / "lax.yaml").write_text("schema: curate.rules/1\nname: lax\nrules: []\n")
    done = ask(folder, "--profile", "profile", "m.jsonl:1", "--rules", "lax.yaml")
    assert "m.jsonl:1 is clean" in done.stdout
    assert "note: in the profile it is bad (char_rate 0.6993 < 1: too little" in done.stdout


def test_machines_get_json_alone(folder: Path) -> None:
    done = ask(folder, "-", "--json", stdin=f"{LINES[0]}\n\n{LINES[3]}\n")
    assert (done.returncode, done.stderr) == (0, "")
    one, two = json.loads(done.stdout)["records"]
    assert (one["id"], one["verdict"], one["route"]) == ("(stdin):1", "bad", "rejected")
    assert (two["verdict"], two["accounts"]) == ("malformed", [])
    assert two["malformed"].startswith("not JSON")
    assert len(one["accounts"]) == len(DEFAULT.of_languages(()).rules)


def test_control_characters_and_markup_are_shown_as_text(folder: Path) -> None:
    text = '{"text": "\\u001b[31m [/bold] \\u202e", "duration": 3, "lang": "[red]"}'
    done = ask(folder, text)
    assert done.returncode == 0
    assert "<U+001B>[31m [/bold] <U+202E>" in done.stdout
    assert "lang [red]" in done.stdout


def test_what_people_and_groups_decided_counts(folder: Path) -> None:
    lines = [
        {"audio_filepath": f"{at}.wav", "duration": 2.0, "text": "so it goes, on and on",
         "speaker": "anna"}
        for at in range(12)
    ]  # fmt: skip
    (folder / "g.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "g.yaml").write_text(
        "schema: curate.rules/1\nname: g\nrules: []\n"
        "groups: [{id: all, by: speaker, eval_if: rows > 1, why: a test}]\n"
    )
    keep = Decision("keep", "ben", "2026-11-26T10:00:00Z", "0.wav", why="I was there")
    append(folder / "o.jsonl", keep)
    curate.profile("g.jsonl", out="g", rules=RuleOptions(rules="g.yaml", overrides="o.jsonl"))
    done = ask(folder, "--profile", "g", "g.jsonl:1", "g.jsonl:2", "--json")
    overridden, moved = json.loads(done.stdout)["records"]
    assert (overridden["verdict"], overridden["above"][0]["tag"]) == ("clean", "override:keep")
    assert (moved["verdict"], moved["route"]) == ("borderline", "train")
    assert moved["above"] == [{"tag": "borderline:all", "by": "the speaker", "why": "a test"}]
    output = ask(folder, "--profile", "g", "g.jsonl:2").stdout
    assert "g.jsonl:2 is borderline" in output
    assert "speaker anna: rows > 1 (rows 12)" in output
    other = ask(folder, "--profile", "g", "g.jsonl:2", "--rules", "default").stdout
    assert "g.jsonl:2 is clean" in other
    assert "note: in the profile it is borderline (speaker anna" in other
