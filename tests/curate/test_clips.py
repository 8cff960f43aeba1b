"""Borderline records that are shown, and clips of records: which, and in what order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from typer.testing import CliRunner

from curate.artifacts.profile import Profile
from curate.artifacts.records import Mark
from curate.audio.options import AudioOptions
from curate.cli.app import app
from curate.profiles.examples import clips
from curate.profiles.examples.clips import AudioSource, in_turn, of_profile, write_clips
from curate.rules.file import load_rules
from curate.rules.overrides import Decision, append
from tests.profiling import write_profile

RULES = """
schema: curate.rules/1
name: three
extends: null
rules:
  - {id: quick, metric: char_rate, eval: ">= 20"}
  - {id: loops, metric: repetitions, eval: ">= 3", bad: ">= 9"}
  - {id: never, metric: words, eval: ">= 500"}
"""
SOUND, QUICK, LOOP, BOTH = "so it was said", "x" * 22, "no no no it was", "no no no " + "x" * 20
ROWS = [BOTH, SOUND, QUICK, LOOP, "la " * 12, *[QUICK] * 5, BOTH]
RATE = 8000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("clips")
    (made / "rules.yaml").write_text(RULES)
    tone = 0.3 * np.sin(np.arange(RATE) / 9)
    for number in range(len(ROWS)):
        if number != 3:
            sf.write(made / f"{number}.wav", tone, RATE)
    lines = [
        json.dumps({"audio_filepath": f"{number}.wav", "duration": 1.0, "text": text})
        for number, text in enumerate(ROWS)
    ]
    (made / "m.jsonl").write_text("\n".join(lines))
    return made


def profiled(folder: Path, out: Path, overrides: Path | None = None) -> Profile:
    out.mkdir()
    rules = load_rules(str(folder / "rules.yaml"))
    return write_profile([str(folder / "m.jsonl")], out, rules, overrides=overrides)


def test_what_a_rule_alone_finds_borderline_comes_first(folder: Path, tmp_path: Path) -> None:
    profile = profiled(folder, tmp_path / "profile")
    lines_by_rule = {
        each.rule: [int(record.id.rpartition(":")[2]) - 1 for record in each.records]
        for each in profile.borderline
    }
    assert lines_by_rule == {
        "quick": [2, 5, 6, 7],
        "loops": [3, 0, 10],
    }  # 4 is bad: nothing to judge
    assert profile.borderline[0].records[0].value == 22.0
    loop = profile.borderline[1].records[0]
    assert (loop.value, loop.marks) == (3, (Mark(what="loop", span=(0, 8)),))


def test_what_people_decided_needs_no_ear(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    append(log, Decision("borderline", "anna", "2026-11-26T10:00:00Z", "2.wav", None))
    profile = profiled(folder, tmp_path / "profile", log)
    (quick,) = (each for each in profile.borderline if each.rule == "quick")
    assert [record.audio_filepath for record in quick.records] == [f"{n}.wav" for n in (5, 6, 7, 8)]


def test_kinds_of_records_take_turns() -> None:
    def named(*names: str) -> list[dict[str, Any]]:
        return [{"id": name} for name in names]

    records = in_turn([named("a1", "a2"), named("b1")], [named("c1", "c2", "c3")], [])
    assert [each["id"] for each in records] == ["a1", "c1", "b1", "a2", "c2", "c3"]


def written(out: Path, profile: Profile, most: int) -> Any:
    write_clips(out, of_profile(profile), AudioSource(out, profile.inputs, AudioOptions(), most))
    return json.loads((out / "clips.json").read_text())


def test_clips_say_what_they_leave_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "profile"
    profile = profiled(folder, out)
    playable = {each.id for each in of_profile(profile)}
    assert {f"{folder / 'm.jsonl'}:{n}" for n in (1, 3, 4, 11)} <= playable
    whole = written(out, profile, 40)
    assert whole["left_out"] == {"no_audio": 1, "no_room": 0, "more": 0}  # 3.wav is not there
    assert whole["clips"].keys() == playable - {f"{folder / 'm.jsonl'}:4"}
    assert all(each["seconds"] == 1.0 and not each["cut"] for each in whole["clips"].values())
    few = written(out, profile, 2)
    assert list(few["clips"]) == list(whole["clips"])[:2]
    assert sum(few["left_out"].values()) + 2 == len(playable)
    size = len(next(iter(whole["clips"].values()))["data"]) * 3 // 4
    monkeypatch.setattr(clips, "MOST_BYTES", size + 10)
    full = written(out, profile, 40)
    assert len(full["clips"]) == 1
    assert full["left_out"]["no_room"] == len(playable) - 2


@pytest.fixture
def made(folder: Path, tmp_path: Path) -> Path:
    profiled(folder, tmp_path / "profile")
    return tmp_path


def what_if(made: Path, *more: str) -> Any:
    words = ["rules", "what-if", str(made / "profile"), "--out", str(made / "out"), *more]
    return CliRunner().invoke(app, words)


def test_records_beside_limits_can_be_heard(made: Path, folder: Path) -> None:
    done = what_if(made, "--clips", "40")
    assert done.exit_code == 0, done.output
    content = json.loads((made / "out" / "what-if.json").read_text())
    beside = {
        record["id"] for each in content["limits"] for record in (*each["flagged"], *each["passed"])
    }
    clips_json = json.loads((made / "out" / "clips.json").read_text())
    assert clips_json["clips"].keys() == beside - {f"{folder / 'm.jsonl'}:4"}
    page = (made / "out" / "report.html").read_text()
    assert page.count("<audio") == len(clips_json["clips"]) > 2
    assert "1 record without usable audio" in page
    assert 'aria-label="waveform of 1 s of' in page
    assert what_if(made).exit_code == 0  # without: the sound of last time goes
    assert not (made / "out" / "clips.json").exists()


def test_roots_hold_beside_limits_too(made: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    done = what_if(made, "--clips", "40", "--allow-root", str(tmp_path / "other"))
    assert done.exit_code == 0, done.output
    assert json.loads((made / "out" / "clips.json").read_text())["clips"] == {}


def test_clips_need_a_page(made: Path) -> None:
    done = CliRunner().invoke(app, ["rules", "what-if", str(made / "profile"), "--clips", "4"])
    assert done.exit_code != 0
    assert not (made / "out").exists()
