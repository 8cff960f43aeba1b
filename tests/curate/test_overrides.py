"""People's decisions: read strictly, matched to the record they are of, above every rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import curate
from curate.artifacts.columns import MALFORMED
from curate.cli.app import app
from curate.errors import ConfigError, InputError
from curate.manifest.examples import clips_of
from curate.metrics.measure import measure
from curate.profiles.request import MeasureOptions
from curate.rules.overrides import Decision, append, content_of, read, standing, undone
from curate.rules.overrides.decision import KEYS, parse_decision
from curate.rules.overrides.identity import contents, shown
from tests.profiling import without_absent_audio

NOW = "2026-11-26T10:00:00Z"
LOOP = "na " * 20
RECORDS: list[dict[str, object]] = [
    {"audio_filepath": "a.wav", "duration": 20.0, "text": LOOP, "lang": "en"},  # bad
    {"audio_filepath": "b.wav", "duration": 2.0, "text": "a sentence of usual length"},  # clean
    {"audio_filepath": "c.wav", "offset": 1.5, "duration": 2.0, "text": "first part of it all"},
    {"audio_filepath": "c.wav", "offset": 3.5, "duration": 2.0, "text": "second part of it all"},
    {"audio_filepath": "d.wav", "offset": 0, "duration": 2.0, "text": "offset that is zero, so"},
    {"audio_filepath": "e.wav", "duration": 2.0, "text": 7},  # malformed
]


def by(decision: str, **more: object) -> Decision:
    return replace(Decision(decision, "anna", NOW), **more)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path, manifest: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    manifest(*map(json.dumps, RECORDS), name="m.jsonl")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def profiled(*decisions: Decision, **options: Any) -> curate.Profile:
    log = Path("overrides.jsonl")
    log.unlink(missing_ok=True)
    log.touch()
    for each in decisions:
        append(log, each)
    rules = curate.RuleOptions(rules=options.pop("rules", None), overrides=log)
    return curate.profile("m.jsonl", out="p", rules=rules, **options)


def rows_of(made: curate.Profile) -> list[dict[str, Any]]:
    return made.records().collect().to_dicts()


FAULTS: list[tuple[dict[str, object] | str, str]] = [
    ("{", "not JSON"),
    ("[]", "not a JSON object"),
    ({"decision": None}, "'decision' cannot be 'None'"),
    ({"decision": "drop"}, "'decision' cannot be 'drop' (known: keep"),
    ({"decision": "kepe"}, "did you mean 'keep'?"),
    ({"by": None}, "'by' is a text"),
    ({"by": ""}, "'by' is a text"),
    ({"at": "yesterday"}, "'at' is not a time with a time zone"),
    ({"at": "2026-11-26T10:00:00"}, "'at' is not a time with a time zone"),
    ({"who": "x"}, "unknown key 'who'"),
    ({"offset": "1"}, "'offset' is a number of seconds"),
    ({"offset": True}, "'offset' is a number of seconds"),
    ({"duration": 1e99}, "'duration' is a number of seconds"),
    ({"id": "m.jsonl:1", "content": "0" * 16}, "by one of them"),
    ({"audio_filepath": None, "id": "m.jsonl:1"}, "'audio_filepath' is a text"),
    ({"content": "abc"}, "'content' is 16 hexadecimal digits"),
    ({"decision": "text"}, "decision 'text' without the corrected 'text'"),
    ({"decision": "reject", "text": "x"}, "decision 'reject' with a 'text'"),
    ({"decision": "undo", "text": "x"}, "decision 'undo' with a 'text'"),
    ('{"decision": "keep", "decision": "keep"}', "duplicate key (decision)"),
]
SOUND = {"decision": "keep", "by": "anna", "at": NOW, "audio_filepath": "a.wav"}


@pytest.mark.parametrize(("changed", "what"), FAULTS)
def test_faults_of_a_line(changed: dict[str, object] | str, what: str) -> None:
    line = changed if isinstance(changed, str) else json.dumps({**SOUND, **changed})
    faults = parse_decision(line.encode(), 1)
    assert isinstance(faults, list)
    assert any(what in each for each in faults), faults


@pytest.mark.parametrize("key", ["decision", "by", "at", "audio_filepath"])
def test_what_every_decision_says(key: str) -> None:
    line = json.dumps({name: value for name, value in SOUND.items() if name != key})
    faults = parse_decision(line.encode(), 1)
    assert isinstance(faults, list)
    assert len(faults) == 1


def test_all_faults_come_at_once_at_their_lines(tmp_path: Path) -> None:
    log = tmp_path / "overrides.jsonl"
    undo = json.dumps({**SOUND, "decision": "undo"})
    log.write_text(f"{json.dumps(SOUND)}\n\n{{\n{undo}\n{undo}\n" + '{"id": "x:1"}')
    with pytest.raises(ConfigError) as raised:
        read(log)
    lines = [int(fault.where.rpartition(":")[2]) for fault in raised.value.faults]
    assert lines == [3, *[6] * 4, 5]
    assert raised.value.faults[-1].what == "there is nothing to undo"


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: no such file"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(InputError):
        read(tmp_path)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
decisions = st.builds(
    Decision,
    st.sampled_from(["keep", "borderline", "text"]),
    by=text.filter(bool),
    at=st.just(NOW),
    audio_filepath=text.filter(bool),
    offset=st.none() | st.floats(0, 1e6),
    duration=st.none() | st.floats(0.01, 1e6),
    content=st.none() | st.from_regex(r"[0-9a-f]{16}", fullmatch=True),
    text=text.filter(bool),
    why=text,
)


@given(st.lists(decisions, max_size=5))
def test_what_is_appended_is_read(
    tmp_path_factory: pytest.TempPathFactory, some: list[Decision]
) -> None:
    log = tmp_path_factory.mktemp("log") / "overrides.jsonl"
    log.touch()
    for each in some:
        append(log, each)
    assert [replace(each, line=0) for each in read(log).decisions] == some
    assert [each.line for each in read(log).decisions] == list(range(1, len(some) + 1))


def test_appending_refuses_what_could_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="decision 'text' without the corrected 'text'"):
        append(tmp_path / "o.jsonl", by("text", audio_filepath="a.wav"))
    assert not (tmp_path / "o.jsonl").exists()


def test_a_line_that_was_cut_short_spoils_no_other(tmp_path: Path) -> None:
    log = tmp_path / "o.jsonl"
    log.write_bytes(b'{"decision": "ke')
    append(log, by("keep", audio_filepath="a.wav"))
    assert log.read_bytes().count(b"\n") == 2
    with pytest.raises(ConfigError, match=r"o\.jsonl:1: not JSON"):
        read(log)


def test_the_last_decision_stands_and_undoing_brings_back_the_one_before() -> None:
    keep, reject = (by(each, audio_filepath="a.wav", offset=0.0) for each in ("keep", "reject"))
    keep, reject = replace(keep, line=1), replace(reject, offset=None, line=2)
    undo = replace(undone(reject, "ben", NOW), line=3)
    assert standing([keep, reject]).decisions == (reject,)
    assert standing([keep, reject]).superseded == 1
    assert standing([keep, reject, undo]).decisions == (keep,)
    assert standing([keep, reject, undo]).undone == 1
    assert standing([keep, reject, undo, replace(undo, line=4)]).decisions == ()


def test_verdicts_tags_and_reasons(folder: Path) -> None:
    made = profiled(
        by("keep", audio_filepath="a.wav", why="a chorus"),
        by("reject", audio_filepath="b.wav", why="another voice"),
        by("borderline", audio_filepath="c.wav", offset=3.5),
        by("reject", audio_filepath="d.wav"),  # no offset is offset 0
    )
    rows = rows_of(made)
    assert [row["verdict"] for row in rows] == [
        "clean", "bad", "clean", "borderline", "bad", "malformed",
    ]  # fmt: skip
    assert rows[0]["tags"][-1] == "override:keep"
    assert {"bad:repetitions", "borderline:loop_share"} <= set(rows[0]["tags"])
    assert rows[0]["reason"].startswith(f"kept by anna at {NOW}: a chorus; char_rate 3 < 4: too")
    assert rows[1]["tags"] == ["override:reject"]
    assert rows[1]["reason"] == f"rejected by anna at {NOW}: another voice"
    assert [row["override"] for row in rows] == [1, 2, None, 3, 4, None]
    summary = made.json["overrides"]
    assert (summary["decisions"], summary["rows"], summary["superseded"]) == (4, 4, 0)
    assert summary["rows_by_decision"] == {"keep": 1, "reject": 2, "borderline": 1}
    assert without_absent_audio(made.json["warnings"]) == []


def test_a_mended_text_is_what_is_measured(folder: Path) -> None:
    corrected = "what was really said in there"
    made = profiled(by("text", audio_filepath="a.wav", text=corrected))
    row = rows_of(made)[0]
    direct = curate.measure({"duration": [20.0], "text": [corrected], "lang": ["en"]}).to_dicts()[0]
    assert {name: row[name] for name in ("char_rate", "words", "repetitions", "text_key")} == {
        name: direct[name] for name in ("char_rate", "words", "repetitions", "text_key")
    }
    assert row["text_fix"] == corrected
    assert (row["verdict"], row["tags"][-1]) == (
        "borderline",
        "override:text",
    )  # slow, by the rules
    kept_row = rows_of(profiled(by("keep", audio_filepath="a.wav", text=corrected)))[0]
    assert (kept_row["verdict"], kept_row["words"]) == ("clean", 6)
    assert kept_row["reason"].startswith("kept and text corrected by anna")


@pytest.mark.parametrize("how", ["id", "audio"])
def test_decisions_survive_moved_lines_but_not_another_text(folder: Path, how: str) -> None:
    content = content_of(RECORDS[1])
    named = {"id": "m.jsonl:2"} if how == "id" else {"audio_filepath": "b.wav"}
    decision = by("reject", content=content, **named)
    assert rows_of(profiled(decision))[1]["verdict"] == "bad"

    moved = [*RECORDS[::-1], {**RECORDS[1], "speaker": "new field, same record"}]
    Path("m.jsonl").write_text("\n".join(map(json.dumps, moved)))
    made = profiled(decision)
    assert [row["line"] for row in rows_of(made) if row["override"]] == [5, 7]

    changed = [*RECORDS[:1], {**RECORDS[1], "text": "it says something else now"}, *RECORDS[2:]]
    Path("m.jsonl").write_text("\n".join(map(json.dumps, changed)))
    made = profiled(decision)
    assert rows_of(made)[1]["verdict"] == "clean"
    summary = made.json["overrides"]
    assert (summary["rows"], summary["stale"]["count"], summary["unmatched"]["count"]) == (0, 1, 0)
    (warning,) = without_absent_audio(made.json["warnings"])
    assert warning.startswith(
        "1 decision of overrides.jsonl not applied: the record has changed since"
    )
    assert "overrides.jsonl:1" in warning


def test_what_is_not_followed_is_counted(folder: Path) -> None:
    made = profiled(
        by("keep", audio_filepath="none.wav"),
        by("reject", audio_filepath="b.wav", duration=2.5),
        by("reject", audio_filepath="c.wav", offset=1.5, duration=2.0),
        by("keep", audio_filepath="a.wav"),
        by("reject", id="m.jsonl:1", content=content_of(RECORDS[0])),  # of the same record, later
        by("keep", id="m.jsonl:3", content="0" * 16),
        by("keep", id="m.jsonl:99", content="0" * 15 + "1"),
    )
    summary = made.json["overrides"]
    assert summary["unmatched"]["count"] == 2
    assert summary["unmatched"]["examples"][0] == "overrides.jsonl:1 (none.wav at 0 s)"
    assert summary["stale"]["examples"] == [
        "overrides.jsonl:2 (b.wav at 0 s)", "overrides.jsonl:6 (m.jsonl:3)",
    ]  # fmt: skip
    assert (summary["rows"], summary["superseded"]) == (2, 1)
    assert rows_of(made)[0]["verdict"] == "bad"
    assert len(without_absent_audio(made.json["warnings"])) == 2


SEQUENCES: list[list[list[Decision]]] = [
    [[], [by("text", audio_filepath="a.wav", text="one")]],
    [[by("text", audio_filepath="a.wav", text="one")], []],
    [[by("text", audio_filepath="a.wav", text="one")], [by("keep", audio_filepath="b.wav")]],
    [
        [by("text", audio_filepath="a.wav", text="one")],
        [by("text", audio_filepath="a.wav", text="one", content=content_of(RECORDS[0]))],
    ],
    [
        [by("text", audio_filepath="a.wav", text="one")],
        [by("text", audio_filepath="a.wav", text="two"), by("reject", audio_filepath="c.wav")],
    ],
]


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize("groups", [(), ("duplicates",)])
def test_a_cached_profile_is_the_same_as_a_new_one(
    folder: Path, sequence: list[list[Decision]], groups: tuple[str, ...]
) -> None:
    for decisions in sequence:
        cached = profiled(*decisions, measure=MeasureOptions(metrics=groups))
        bytes_ = (folder / "p/records.parquet").read_bytes()
        fresh = profiled(*decisions, measure=MeasureOptions(metrics=groups), cached=False)
        assert (folder / "p/records.parquet").read_bytes() == bytes_
        assert {**cached.json, "command": ""} == {**fresh.json, "command": ""}


def test_the_same_log_changes_nothing_and_another_one_does(folder: Path) -> None:
    made = profiled(by("keep", audio_filepath="a.wav"))
    before = (folder / "p/profile.json").stat().st_mtime_ns
    same = curate.RuleOptions(overrides="overrides.jsonl")
    assert curate.profile("m.jsonl", out="p", rules=same) == made
    assert (folder / "p/profile.json").stat().st_mtime_ns == before
    assert rows_of(curate.profile("m.jsonl", out="p"))[0]["verdict"] == "bad"


def test_content_is_of_audio_duration_and_text_alone() -> None:
    record = {"audio_filepath": "a.wav", "offset": 1.5, "duration": 2.0, "text": "so"}
    same = {**record, "lang": "en", "pred_text": "no"}
    others: list[Mapping[str, object]] = [
        {**record, "text": "so "},
        {**record, "duration": 2.1},
        {**record, "offset": 1.0},
        {**record, "audio_filepath": "b.wav"},
    ]
    assert content_of(record) == content_of(same)
    assert len({content_of(record), *map(content_of, others)}) == 5
    assert content_of({**record, "text": 7}) is None


@settings(deadline=None)  # the first example loads the tables of all characters
@given(st.text(), st.floats(0.1, 99))
def test_a_records_content_is_that_of_its_measured_row(text: str, duration: float) -> None:
    record = {"audio_filepath": "a.wav", "duration": duration, "text": text}
    measured = measure(clips_of([record]))
    row = None if measured[MALFORMED.name][0] else shown(contents(measured)[0])
    assert content_of(record) == row


def test_keys_are_those_of_a_decision() -> None:
    assert set(KEYS) == {
        "decision", "by", "at", "audio_filepath", "offset", "duration", "id", "content", "text",
        "why", "new_offset", "new_duration",
    }  # fmt: skip


def test_a_split_of_manifests_heeds_people_and_the_bound_on_what_is_rejected(folder: Path) -> None:
    loops = [{"audio_filepath": f"loop{n}", "duration": 20, "text": LOOP} for n in range(3)]
    with Path("m.jsonl").open("a") as file:  # a minute is the least that is warned of
        file.writelines(json.dumps(each) + "\n" for each in loops)
    append(Path("overrides.jsonl"), by("keep", audio_filepath="a.wav"))
    common = ["split", "m.jsonl", "--json", "--quiet", "--out"]
    heeding = ["--overrides", "overrides.jsonl", "--max-rejected", "100%"]
    plain, heeded = (
        CliRunner().invoke(app, [*common, *more]) for more in (["plain"], ["kept", *heeding])
    )
    assert (plain.exit_code, heeded.exit_code) == (0, 0), (plain.output, heeded.output)
    rejected = {name: (folder / name / "rejected.jsonl").read_text() for name in ("plain", "kept")}
    assert ("a.wav" in rejected["plain"], "a.wav" in rejected["kept"]) == (True, False)
    warned = ["is rejected" in str(json.loads(done.stdout)["warnings"]) for done in (plain, heeded)]
    assert warned == [True, False]


@pytest.mark.parametrize("option", ["--overrides", "--max-rejected"])
def test_a_profile_that_is_split_was_judged_already(folder: Path, option: str) -> None:
    profiled()
    value = {"--overrides": "overrides.jsonl", "--max-rejected": "5%"}[option]
    done = CliRunner().invoke(app, ["split", "p", "--out", "s", option, value])
    assert isinstance(done.exception, ConfigError)
    assert [fault.where for fault in done.exception.faults] == [option]
