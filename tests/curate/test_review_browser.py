"""The review page as people use it: filter, listen, reject, undo, correct; the split honours it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.browsing import DEVICES, SCREENS, everyone, until, violations, watched
from tests.curate.review_browsing import (
    copied,
    curate,
    filled,
    listed,
    served,
    trim_half,
    written,
)
from tests.lines import lines_of

pytest.importorskip("starlette", reason="the review extra is not installed")
pytest.importorskip("uvicorn", reason="the review extra is not installed")

HOSTILE = "<img src=x onerror=alert(1)> </script> \x1b[31m evil \u202e txt la la la la la la la la"


@pytest.fixture(scope="module")
def profiled(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a profile of the example's records, and of one that means harm."""
    folder = tmp_path_factory.mktemp("profiled")
    speech = root / "examples" / "speech"
    lines = lines_of((speech / "manifest.jsonl").read_text(encoding="utf-8"))
    sound = json.loads(lines[0])
    hostile = {**sound, "text": HOSTILE, "speaker": "<b>mallory</b>", "audio_filepath": "gone.flac"}
    hostile["pred_text"] = "evil"
    (folder / "m.jsonl").write_text("\n".join([*lines, json.dumps(hostile)]), encoding="utf-8")
    (folder / "audio").symlink_to(speech / "audio")
    curate("profile", "m.jsonl", "--out", "profile", folder=folder)
    return folder


@pytest.fixture
def workspace(profiled: Path, tmp_path: Path) -> Path:
    """A copy of it for one test, which decides there."""
    return copied(profiled, tmp_path)


@pytest.fixture(scope="module")
def address(profiled: Path) -> Iterator[str]:
    """An app for tests that decide nothing."""
    with served("profile", folder=profiled, ended="no decision was written") as started:
        yield started


def test_from_search_to_a_split_that_honours_every_decision(workspace: Path, opened: Any) -> None:
    """Search, listen, reject, undo, trim, correct, reject many, undo that, export."""
    with served("profile", folder=workspace) as address, watched(opened, address) as page:
        assert "token" not in page.url, "it is in no history and no referrer"
        assert not page.is_visible("#splits"), "no split was named"
        page.wait_for_selector("#records tr")
        page.select_option("select[name=verdict]", "clean")
        page.click("#others summary")
        page.select_option("select[name=lang]", "en")
        page.fill("input[name=text]", "the")
        page.select_option("select[name=how]", "word")
        page.click("#head button:has-text('char_rate')")
        until(page, "state.rows.length && state.rows.every((it) => /\\bthe\\b/i.test(it.text))")
        until(page, "state.rows.every((it) => it.lang === 'en' && it.values.char_rate > 9)")
        listed(page)
        until(page, "Math.abs(audio.duration - state.rows[state.at].duration_s) < 0.01")
        assert "sort=char_rate" in page.url
        assert "text=the&how=word" in page.url
        page.keyboard.press("Space")
        until(page, "document.querySelector('#audio').currentTime > 0")
        until(page, "document.querySelector('#spectrogram').naturalWidth === 960")
        first, second, third = (
            int(each["row"]) for each in page.evaluate("state.rows.slice(0, 3)")
        )
        page.keyboard.press("r")
        until(page, f"state.shown.row === {second}")
        assert "rejected by anna" in page.inner_text("#records tr:first-child")
        page.keyboard.press("r")
        until(page, f"state.shown.row === {third}")
        page.keyboard.press("p")
        until(page, f"state.shown.row === {second}")
        until(page, "document.querySelector('#decided').textContent.startsWith('Rejected')")
        page.keyboard.press("u")
        until(page, "document.querySelector('#decided').textContent === ''")
        page.keyboard.press("n")
        until(page, f"state.shown.row === {third}")
        page.keyboard.press("e")
        page.fill("#corrected", "what was really said")
        page.keyboard.press("Enter")
        until(page, "document.querySelector('#decided').textContent.includes('really said')")
        trimmed = trim_half(page)
        assert "Trimmed by anna" in page.inner_text("#decided")
        page.keyboard.press("Escape")

        page.fill("input[name=text]", "brücke|bridge")
        page.select_option("select[name=how]", "regex")
        page.select_option("select[name=lang]", "*")
        until(page, "state.rows.length && state.rows.every((it) => /br(ü|i)/i.test(it.text))")
        listed(page)
        many = int(page.inner_text("#headline").split()[0])
        page.click("#bulk summary")
        page.fill("#all [name=comment]", "wrong bridge")
        page.click("#all button[type=submit]")
        until(page, "!document.querySelector('#confirm').hidden")
        left = len({first, third} & set(page.evaluate("state.rows.map((it) => it.row)")))
        assert f"{many - left} records" in page.inner_text("#preview")
        page.click("#confirm")
        until(page, "document.querySelectorAll('#batches button').length === 1")
        assert "wrong bridge" in page.inner_text("#batches li")
        assert violations(page) == []
        page.click("#batches button")
        until(page, "document.querySelector('#batches li').textContent.includes('undone')")
        with page.expect_download() as download:
            page.click("#files summary")
            page.click("text=Export decisions")
        exported = Path(download.value.path()).read_text(encoding="utf-8-sig")
        assert "what was really said" in exported
        page.set_input_files("#import", download.value.path())
        until(page, "document.querySelector('#imported').textContent.startsWith('0 decisions')")

    log = written(workspace / "overrides.jsonl")
    bulk = [each["decision"] for each in log[5:]]
    assert bulk == ["reject"] * (many - left) + ["undo"] * (many - left)
    log = log[:5]
    assert [each["decision"] for each in log] == ["reject", "reject", "undo", "text", "trim"]
    assert {each["by"] for each in log} == {"anna"}
    lines = [line for line in (workspace / "m.jsonl").read_text().split("\n") if line.strip()]
    curate("profile", "m.jsonl", "--out", "p2", "--overrides", "overrides.jsonl", folder=workspace)
    curate("split", "p2", "--out", "split", "--eval", "30s", "--test", "30s", folder=workspace)
    manifest = [json.loads(lines[row]) for row in (first, second, third)]
    rejected = {each["audio_filepath"] for each in written(workspace / "split" / "rejected.jsonl")}
    assert manifest[0]["audio_filepath"] in rejected
    assert manifest[1]["audio_filepath"] not in rejected
    named = ("train", "eval", "test", "held_out")
    files = [workspace / "split" / f"{name}.jsonl" for name in named]
    parts = [each for path in files if path.exists() for each in written(path)]
    (corrected,) = (
        each for each in parts if each["audio_filepath"] == manifest[2]["audio_filepath"]
    )
    assert corrected["text"] == "what was really said"
    assert (corrected["offset"], corrected["duration"]) == trimmed
    assert corrected["duration"] == pytest.approx(manifest[2]["duration"] / 2, rel=0.05)


def test_the_sound_is_looped_slowed_and_played_by_itself(address: str, opened: Any) -> None:
    with watched(opened, address) as page:
        until(page, "sound.seconds > 0 && document.querySelector('#audio').readyState === 4")
        seconds = page.evaluate("sound.seconds")
        assert seconds == pytest.approx(page.evaluate("audio.duration"), abs=0.01)
        times = page.locator("#times span").all_inner_texts()
        assert times[0] == "0 s"
        assert float(times[-1]) <= seconds
        assert page.locator("#frequencies span").all_inner_texts() == ["2", "4", "6", "8 kHz"]
        assert page.evaluate(
            "[...wave.getContext('2d').getImageData(0, 0, wave.width, wave.height).data]"
            ".some((each) => each > 0)"
        )
        page.keyboard.press("-")
        assert page.evaluate("audio.playbackRate") == 0.75
        page.evaluate("select([0.1, 0.2])")
        page.keyboard.press("l")
        page.keyboard.press("Space")
        page.evaluate("window.passes = 0; audio.addEventListener('seeked', () => { passes += 1; })")
        until(page, "passes >= 3")
        assert page.evaluate("audio.currentTime") < 0.35
        page.keyboard.press("Space")
        until(page, "audio.paused")
        page.keyboard.press("a")
        page.keyboard.press("n")
        until(page, "!audio.paused")
        page.keyboard.press("?")
        until(page, "document.querySelector('#help').open")
        assert violations(page) == []
        page.keyboard.press("r")  # no decision is made behind the help
        page.keyboard.press("Escape")
        until(page, "!document.querySelector('#help').open")
        page.keyboard.press("t")
        assert page.evaluate("sound.selected") is None
        assert "Select a part" in page.inner_text("#selection")


def test_a_search_looks_in_all_records_and_space_plays_the_first(address: str, opened: Any) -> None:
    """The verdict that the page opens with hides nothing from a search, nor from a speaker."""
    with watched(opened, address) as page:
        until(page, "state.shown !== null")
        assert page.input_value("[name=verdict]") == "borderline"
        assert page.locator("#head button").all_inner_texts() == ["duration_s", "char_rate", "wer"]
        page.keyboard.press("/")
        page.keyboard.type("the")
        page.keyboard.press("Enter")
        until(page, "state.rows.length && state.rows.every((it) => /the/i.test(it.text))")
        listed(page)
        assert page.input_value("[name=verdict]") == ""
        assert "clean" in page.evaluate("state.rows.map((it) => it.verdict)")
        until(page, "!document.querySelector('#play').disabled")
        page.keyboard.press("Space")
        until(page, "audio.currentTime > 0")
        page.fill("input[name=text]", "")
        speaker = page.inner_text("#facts button")
        page.click("#facts button")
        until(page, f"state.rows.length && state.rows.every((it) => it.speaker === '{speaker}')")
        page.select_option("select[name=verdict]", "borderline")
        page.click("#others summary")
        page.fill("input[name=speaker]", "")
        page.keyboard.press("Enter")
        until(page, f"state.rows.some((it) => it.speaker !== '{speaker}')")
        assert page.input_value("[name=verdict]") == "borderline", "it was chosen"


def test_keeping_a_record_keeps_the_text_that_was_corrected_before(
    workspace: Path, opened: Any
) -> None:
    ended = "review ended; 4 decisions were written to overrides.jsonl"
    with (
        served("profile", folder=workspace, ended=ended) as address,
        watched(opened, address) as page,
    ):
        page.wait_for_selector("#records tr")
        until(page, "state.shown !== null && state.rows.length > 1")
        first, second = (int(each["row"]) for each in page.evaluate("state.rows.slice(0, 2)"))
        page.keyboard.press("e")
        page.fill("#corrected", "what was really said")
        page.keyboard.press("Enter")
        until(page, "document.querySelector('#decided').textContent.includes('really said')")
        page.keyboard.press("k")
        until(page, f"state.shown.row === {second}")
        page.keyboard.press("p")
        until(page, f"state.shown.row === {first}")
        shown = lines_of(page.inner_text("#decided"))
        assert [line.split(" by ")[0] for line in shown] == ["Kept", "Text corrected"]
        under = page.inner_text("#records tr:first-child .under")
        assert under.startswith("kept by anna text corrected by anna")
        page.click("#history summary")
        past = page.locator("#past li").all_inner_texts()
        assert [line.split(" by ")[0] for line in past] == ["Kept", "Text corrected"]
        assert [line.endswith(", Undo takes this back") for line in past] == [True, False]
        assert violations(page) == []
        page.keyboard.press("u")
        until(page, "!document.querySelector('#decided').textContent.includes('Kept')")
        assert page.inner_text("#decided").startswith("Text corrected by anna")
        page.keyboard.press("k")
        until(page, f"state.shown.row === {second}")
    log = written(workspace / "overrides.jsonl")
    assert [each["decision"] for each in log] == ["text", "keep", "undo", "keep"]
    curate("profile", "m.jsonl", "--out", "p2", "--overrides", "overrides.jsonl", folder=workspace)
    row = pl.read_parquet(workspace / "p2" / "records.parquet").row(first, named=True)
    assert (row["verdict"], row["text_fix"]) == ("clean", "what was really said")
    summary = json.loads((workspace / "p2" / "profile.json").read_text())["overrides"]
    assert (summary["superseded"], summary["undone"], summary["decisions"]) == (0, 1, 2)


def test_a_second_reviewer_sees_what_the_first_one_decided_before_setting_it_aside(
    workspace: Path, opened: Any
) -> None:
    nothing = "review ended; no decision was written, overrides.jsonl is as it was"
    with (
        served(
            "profile", "--reviewer", "ben", folder=workspace, ended="1 decision was written"
        ) as his,
        served("profile", folder=workspace, ended=nothing) as hers,
        watched(opened, his) as ben,
        watched(opened, hers, ignoring="409") as anna,
    ):
        for page in (ben, anna):
            until(page, "state.shown !== null && state.rows.length > 1")
        first = ben.evaluate("state.shown.row")
        assert anna.evaluate("state.shown.row") == first
        ben.keyboard.press("r")
        until(ben, f"state.shown.row !== {first}")
        anna.keyboard.press("k")
        until(anna, "!document.querySelector('#fault').hidden")
        assert "ben has decided meanwhile (reject)" in anna.inner_text("#fault")
        until(anna, "document.querySelector('#decided').textContent.startsWith('Rejected by ben')")
        assert anna.evaluate("state.shown.row") == first
    assert [each["by"] for each in written(workspace / "overrides.jsonl")] == ["ben"]


def test_a_slow_answer_does_not_bring_back_what_was_undone(workspace: Path, opened: Any) -> None:
    """Leaving a record and coming back while its undo is on the way asks for it in between."""
    with served("profile", folder=workspace) as address, watched(opened, address) as page:
        page.wait_for_selector("#records tr")
        until(page, "state.shown !== null && state.rows.length > 1")
        first, second = (int(each["row"]) for each in page.evaluate("state.rows.slice(0, 2)"))
        page.keyboard.press("r")
        until(page, f"state.shown.row === {second}")
        page.keyboard.press("p")
        until(page, f"state.shown.row === {first}")
        until(page, "document.querySelector('#decided').textContent.startsWith('Rejected')")
        undo: list[Any] = []
        page.route(f"**/api/records/{first}/undo", lambda route: undo.append(route))
        page.keyboard.press("u")
        filled(undo, page)
        before: list[Any] = []
        page.route(f"**/api/records/{first}", lambda route: before.append((route, route.fetch())))
        page.keyboard.press("n")
        until(page, f"state.shown.row === {second}")
        page.keyboard.press("p")
        filled(before, page)
        undo[0].continue_()
        until(page, "!document.querySelector('#records tr').textContent.includes('by anna')")
        route, answer = before[0]
        assert "reject" in answer.text(), "what the server sent before the undo"
        route.fulfill(response=answer)
        until(page, f"state.shown.row === {first}")
        assert page.inner_text("#decided") == ""


def test_what_means_harm_is_shown_and_does_nothing(address: str, opened: Any) -> None:
    """The console stays silent and nobody else is asked: that is what `watched` asserts."""
    fragment = "#verdict=&speaker=%3Cb%3Emallory%3C%2Fb%3E"
    cookie, _ = address.split("?")
    context = opened.new_context(**SCREENS[0])
    page = context.new_page()
    alarms: list[str] = []
    page.on("dialog", lambda dialog: alarms.append(dialog.message))
    page.goto(address)
    page.wait_for_selector("#records tr")
    page.goto(f"{cookie}{fragment}")
    page.reload()
    until(page, "document.querySelector('#playback').textContent.includes('cannot be')")
    text = page.inner_text("#text")
    assert "<img src=x onerror=alert(1)> </script>" in text
    assert "U+001B" in text
    assert "U+202E" in text
    marked = page.locator("#text mark").all_inner_texts()
    assert marked[0] == "<img src=x onerror=alert(1)>"
    assert marked[-1].startswith("la la la")
    assert page.evaluate("document.querySelectorAll('#text img, #records img').length") == 0
    assert page.is_disabled("#play")
    assert alarms == []
    context.close()


@pytest.mark.parametrize("device", DEVICES)
def test_everyone_can_use_it(address: str, opened: Any, device: str) -> None:
    with watched(opened, address, DEVICES[device][0]) as page:
        page.wait_for_selector("#shown:not([hidden])")
        until(page, "document.querySelector('#audio').readyState === 4")
        page.keyboard.press("e")
        assert everyone(page, DEVICES[device]) == []


def test_two_hypotheses_are_voted_on_blindly(workspace: Path, opened: Any) -> None:
    rows = [json.loads(line) for line in (workspace / "m.jsonl").read_text().split("\n")[:4]]
    for name, words in (("a", ["so", "it", "was", "x"]), ("b", ["so", "is", "as", "y"])):
        text = "".join(
            json.dumps({**row, "pred_text": word}) + "\n"
            for row, word in zip(rows, words, strict=True)
        )
        (workspace / f"{name}.jsonl").write_text(text, encoding="utf-8")
    with (
        served(
            "--blind",
            "a.jsonl",
            "b.jsonl",
            folder=workspace,
            ended="review ended; 3 votes were written to votes.jsonl",
        ) as address,
        watched(opened, address) as page,
    ):
        for left in (3, 2, 1):
            until(page, f"document.querySelector('#headline').textContent.includes('{left} of 3')")
            until(page, "document.querySelector('#audio').readyState === 4")
            shown = {page.inner_text("#first"), page.inner_text("#second")}
            assert shown in ({"it", "is"}, {"was", "as"}, {"x", "y"})
            better = "1" if page.inner_text("#first") in {"it", "was", "x"} else "2"
            assert violations(page) == []
            page.keyboard.press(better)
        page.wait_for_selector("#result:not([hidden])")
        assert page.inner_text("#figures").split() == [
            "A",
            "better",
            "3",
            "B",
            "better",
            "0",
            "no",
            "difference",
            "0",
        ]
        assert "0.25" in page.inner_text("#meaning")
    votes = written(workspace / "votes.jsonl")
    assert [vote["choice"] for vote in votes] == ["a"] * 3
