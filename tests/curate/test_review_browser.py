"""The review page as people use it: filter, listen, reject, undo, correct; the split honours it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import processes
from tests.browsing import SCREENS, browser, sticks_out, until, violations, watched
from tests.lines import lines_of

pytest.importorskip("starlette", reason="the review extra is not installed")
pytest.importorskip("uvicorn", reason="the review extra is not installed")

CURATE = [sys.executable, "-c", "from curate.cli import main; main()"]
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
HOSTILE = "<img src=x onerror=alert(1)> </script> \x1b[31m evil \u202e txt la la la la la la la la"


def curate(*arguments: str | Path, folder: Path) -> None:
    done = processes.curate(*arguments, "--quiet", cwd=folder, **ENVIRONMENT)
    assert done.returncode == 0, done.stderr


@contextmanager
def served(*arguments: str | Path, folder: Path, ended: str = "review ended") -> Iterator[str]:
    """`curate review` with these arguments, in this folder; the address that it prints.

    When it is told to end it says what `ended` names.
    """
    command = [*CURATE, "review", *map(str, arguments), "--no-browser"]
    command += [] if "--reviewer" in arguments else ["--reviewer", "anna"]
    run = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=folder, env={**os.environ, **ENVIRONMENT}
    )
    assert run.stderr is not None
    lines = []
    for line in run.stderr:
        lines.append(line)
        if match := re.search(r"http://\S+", line):
            break
    else:
        pytest.fail("".join(lines))
    try:
        yield match[0]
    finally:
        run.send_signal(signal.SIGTERM)
        _, rest = run.communicate(timeout=30)
    assert "Traceback" not in rest
    assert ended in rest
    assert run.returncode == 143


@pytest.fixture(scope="module")
def opened() -> Iterator[Any]:
    with browser() as launched:
        yield launched


@pytest.fixture
def workspace(root: Path, tmp_path: Path) -> Path:
    """A folder with a profile of the example's records, and of one that means harm."""
    speech = root / "examples" / "speech"
    lines = lines_of((speech / "manifest.jsonl").read_text(encoding="utf-8"))
    sound = json.loads(lines[0])
    hostile = {**sound, "text": HOSTILE, "speaker": "<b>mallory</b>", "audio_filepath": "gone.flac"}
    (tmp_path / "m.jsonl").write_text("\n".join([*lines, json.dumps(hostile)]), encoding="utf-8")
    (tmp_path / "audio").symlink_to(speech / "audio")
    curate("profile", "m.jsonl", "--out", "profile", folder=tmp_path)
    return tmp_path


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(path.read_text(encoding="utf-8"))]


def test_filter_listen_reject_undo_mend_and_the_split_honours_it(
    workspace: Path, opened: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pictures = tmp_path_factory.mktemp("pictures")
    with served("profile", folder=workspace) as address, watched(opened, address) as page:
        assert "token" not in page.url, "it is in no history and no referrer"
        page.wait_for_selector("#records tr")
        page.select_option("select[name=verdict]", "clean")
        page.select_option("select[name=lang]", "en")
        page.fill("input[name=text]", "the")
        page.select_option("select[name=how]", "word")
        page.click("#head button:has-text('char_rate')")
        until(page, "state.rows.length && state.rows.every((it) => /\\bthe\\b/i.test(it.text))")
        until(page, "state.rows.every((it) => it.lang === 'en' && it.values.char_rate > 9)")
        until(page, "Math.abs(audio.duration - state.rows[state.at].duration_s) < 0.01")
        assert "sort=char_rate" in page.url
        assert "text=the&how=word" in page.url
        page.keyboard.press("Space")
        until(page, "document.querySelector('#audio').currentTime > 0")
        until(page, "document.querySelector('#spectrogram').naturalWidth === 960")
        page.screenshot(path=pictures / "review.png")

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

    log = written(workspace / "overrides.jsonl")
    assert [each["decision"] for each in log] == ["reject", "reject", "undo", "text"]
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
    corrected = [each["text"] for each in parts
              if each["audio_filepath"] == manifest[2]["audio_filepath"]]  # fmt: skip
    assert corrected == ["what was really said"]
    assert (pictures / "review.png").stat().st_size > 10_000


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
        undo: list[Any] = []
        page.route(f"**/api/records/{first}/undo", lambda route: undo.append(route))
        page.keyboard.press("u")
        while not undo:
            page.wait_for_timeout(10)
        before: list[Any] = []
        page.route(f"**/api/records/{first}", lambda route: before.append((route, route.fetch())))
        page.keyboard.press("n")
        until(page, f"state.shown.row === {second}")
        page.keyboard.press("p")
        while not before:
            page.wait_for_timeout(10)
        undo[0].continue_()
        until(page, "!document.querySelector('#records tr').textContent.includes('by anna')")
        route, answer = before[0]
        assert "reject" in answer.text(), "what the server sent before the undo"
        route.fulfill(response=answer)
        until(page, f"state.shown.row === {first}")
        assert page.inner_text("#decided") == ""


def test_what_means_harm_is_shown_and_does_nothing(workspace: Path, opened: Any) -> None:
    """The console stays silent and nobody else is asked: that is what `watched` asserts."""
    fragment = "#verdict=&speaker=%3Cb%3Emallory%3C%2Fb%3E"
    with served("profile", folder=workspace) as address:
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


@pytest.mark.parametrize(
    "screen", SCREENS, ids=["desktop-light", "desktop-dark", "phone-light", "phone-dark"]
)
def test_everyone_can_use_it(workspace: Path, opened: Any, screen: dict[str, Any]) -> None:
    with served("profile", folder=workspace) as address, watched(opened, address, screen) as page:
        page.wait_for_selector("#shown:not([hidden])")
        until(page, "document.querySelector('#audio').readyState === 4")
        page.keyboard.press("e")
        assert violations(page) == []
        assert sticks_out(page) <= 0


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
