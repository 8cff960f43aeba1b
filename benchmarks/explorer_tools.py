"""How each explorer is started and driven: what `benchmarks.explorers` compares.

A step is what a person does without looking again: a click, a drag, a key, a typed value, a
command. A task that a tool cannot do is the reason, with the place in its source or documentation.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browsing import until
from tests.curate.review_browsing import listed

CURATE = str(Path(sys.executable).parent / "curate")
START_S = 600.0
LAUNCH = """
import runpy, sys
import dash
def run(self, host=None, port=None, debug=None):
    self.run(host="127.0.0.1", port=port, debug=False)
dash.Dash.run_server = run
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Speech Data Explorer serves all interfaces, by a call that newer Dash no longer has."""


@dataclass(frozen=True)
class Corpus:
    """A manifest and its table; a word and a speaker in it; the count of a word that occurs once
    in one copy; the char_rate above which 50 records of one copy are; whether its audio is here.
    """

    manifest: Path
    table: Path
    word: str
    speaker: str
    once: int
    fast: float
    audio: bool


class Hands:
    """A page, and how many steps were taken on it."""

    def __init__(self, page: Any) -> None:
        self.page, self.steps = page, 0

    def click(self, where: Any, **more: Any) -> None:
        """Click an element, by its selector or as it is."""
        self.steps += 1
        (self.page.locator(where).first if isinstance(where, str) else where).click(**more)

    def unfold(self, details: str) -> None:
        """Open a part that is folded."""
        if not self.page.evaluate(f"document.querySelector('{details}').open"):
            self.click(f"{details} > summary")

    def at(self, x: float, y: float) -> None:
        """Click a place."""
        self.steps += 1
        self.page.mouse.click(x, y)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.steps += 1
            self.page.keyboard.press(key)

    def type(self, value: str) -> None:
        """Type a value: one step, however long."""
        self.steps += 1
        self.page.keyboard.type(value)

    def choose(self, selector: str, value: str) -> None:
        """Choose from a list."""
        self.steps += 1
        self.page.select_option(selector, value)

    def command(self, *arguments: str | Path) -> None:
        """Enter a command."""
        self.steps += 1
        done = subprocess.run(
            [CURATE, *map(str, arguments)], capture_output=True, text=True, check=False
        )
        assert done.returncode in {0, 1}, done.stderr  # 1: a gate of a split failed


Task = Callable[[Hands], None] | str


class Explorer(ABC):
    """A tool that is running: how long its start took, and its tasks.

    `command` serves its page at `port`.
    """

    name: str
    command: list[str]
    port: int
    address: str
    started_s: float

    def __init__(self, corpus: Corpus, folder: Path) -> None:
        self.corpus, self.folder = corpus, folder
        self.run: subprocess.Popen[str] | None = None

    def start(self, page: Any) -> None:
        """Start it and open its page, until the first useful view."""
        begun = time.perf_counter()
        self.serve(self.command, f"http://127.0.0.1:{self.port}")
        self.open(page)
        self.started_s = time.perf_counter() - begun

    def serve(self, command: list[str], address: str) -> None:
        """Run a server until it answers."""
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        self.run = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
            env=environment, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + START_S
        while self.run.poll() is None and time.monotonic() < end:
            try:
                urllib.request.urlopen(address).close()
            except OSError:
                time.sleep(0.1)
            else:
                self.address = address
                return
        raise SystemExit(f"{self.name} did not start: {' '.join(command)}")

    def stop(self) -> None:
        """End it, with the processes that it started."""
        if self.run is not None:
            with suppress(ProcessLookupError):  # it ended at its start, which is reported
                os.killpg(self.run.pid, signal.SIGTERM)
            self.run.wait()

    @abstractmethod
    def open(self, page: Any) -> None:
        """Its page, as it opens."""

    @abstractmethod
    def tasks(self) -> tuple[Task, ...]:
        """The tasks, in the order of `benchmarks.explorers.TASKS`."""


class Curate(Explorer):
    """`curate profile`'s page, and `curate review`."""

    name = "asr-curate"

    def start(self, page: Any) -> None:
        """Profile the manifest, and show the page; the application starts afterwards."""
        self.profile = self.folder / "profile"
        begun = time.perf_counter()
        Hands(page).command(
            "profile", self.corpus.manifest, "--out", self.profile, "--rules", "default"
        )
        self._page(page)
        self.started_s = time.perf_counter() - begun
        log = self.folder / "overrides.jsonl"
        log.unlink(missing_ok=True)
        begun = time.perf_counter()
        self.run = subprocess.Popen(
            [CURATE, "review", str(self.profile), "--no-browser", "--overrides", str(log)],
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert self.run.stderr is not None
        address = re.search(r"http://\S+", self.run.stderr.readline())
        assert address is not None
        self.address = address[0]
        self.open(page)
        self.application_s = time.perf_counter() - begun

    def open(self, page: Any) -> None:
        """The application."""
        page.goto("about:blank")
        page.goto(self.address)
        until(page, "document.querySelector('#records').ariaBusy === 'false'", START_S)

    def _page(self, page: Any) -> None:
        page.goto((self.profile / "report.html").as_uri())
        page.wait_for_selector("h1")

    def _usable(self, hands: Hands) -> None:
        hands.steps += 1
        self._page(hands.page)
        assert "usable for train" in hands.page.inner_text("dl.figures >> nth=0")

    def _worst(self, hands: Hands) -> None:
        hands.steps += 1
        self._page(hands.page)
        assert "Next:" in hands.page.inner_text("body")

    def _bar(self, hands: Hands) -> None:
        hands.press("h")
        hands.choose("#histogram-of", "char_rate")
        bar = hands.page.locator("#bars .hints path[data-ends^='10 ']")
        bar.wait_for(state="attached")
        box = bar.bounding_box()
        hands.at(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        until(hands.page, "location.hash.includes('least=10')")
        listed(hands.page)
        inside = "(it) => it.values.char_rate >= 10 && it.values.char_rate < 12"
        assert hands.page.evaluate(f"state.rows.length && state.rows.every({inside})")

    def _listen(self, hands: Hands) -> None:
        if self.corpus.audio:
            until(hands.page, "!document.querySelector('#play').disabled")
            hands.press("Space")
            until(hands.page, "audio.currentTime > 0")

    def _word(self, hands: Hands) -> None:
        hands.press("/")
        hands.type(self.corpus.word)
        hands.press("Enter")
        word = f"it.text.toLowerCase().includes('{self.corpus.word}')"
        until(hands.page, f"state.rows.length && state.rows.every((it) => {word})")
        listed(hands.page)
        self._listen(hands)

    def _wer(self, hands: Hands) -> None:
        hands.choose("[name=verdict]", "")
        hands.click("#head button:has-text('wer')")
        until(hands.page, "document.querySelector('[aria-sort=descending]') !== null")
        listed(hands.page)
        self._listen(hands)

    def _once(self, hands: Hands) -> None:
        hands.press("o")
        cells = "[...document.querySelectorAll('#vocabulary td:nth-child(2)')]"
        until(hands.page, f"{cells}.length && {cells}.every((it) => it.innerText === '1')")

    def _worst_words(self, hands: Hands) -> None:
        hands.press("W")
        shares = "[...document.querySelectorAll('#vocabulary td:nth-child(4)')]"
        values = f"{shares}.map((it) => parseFloat(it.innerText))"
        until(
            hands.page,
            f"{values}[0] === 0 && {values}.every((it, i, all) => !i || all[i - 1] <= it)",
        )

    def _speaker(self, hands: Hands) -> None:
        hands.click("#facts button")
        until(hands.page, "state.rows.every((it) => it.speaker === filters.elements.speaker.value)")
        listed(hands.page)

    def _trim(self, hands: Hands) -> None:
        until(hands.page, "sound.seconds > 0")
        box = hands.page.locator("#view").bounding_box()
        hands.steps += 1
        hands.page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + 20)
        hands.page.mouse.down()
        hands.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20, steps=3)
        hands.page.mouse.up()
        with hands.page.expect_response("**/decision"):
            hands.press("t")
        until(hands.page, "document.querySelector('#decided').textContent.includes('Trimmed')")

    def _reject_many(self, hands: Hands) -> None:
        hands.unfold("#others")
        hands.choose("[name=metric]", "char_rate")
        hands.click("[name=least]")
        hands.type(f"{self.corpus.fast:g}")
        hands.press("Enter")
        until(hands.page, "location.hash.includes('least=')")
        listed(hands.page)
        hands.unfold("#bulk")
        hands.click("#all button[type=submit]")
        until(hands.page, "!document.querySelector('#confirm').hidden")
        hands.click("#confirm")
        until(hands.page, "document.querySelectorAll('#batches button').length === 1", 60)
        hands.click("#batches button")
        until(hands.page, "document.querySelector('#preview').textContent.includes('undone')", 60)

    def _export(self, hands: Hands) -> None:
        hands.unfold("#files")
        with hands.page.expect_download() as download:
            hands.click("text=Export decisions")
        assert download.value.path()
        log, again = self.folder / "overrides.jsonl", self.folder / "again"
        hands.command("profile", self.corpus.manifest, "--out", again, "--overrides", log)
        hands.command(
            "split", again, "--out", self.folder / "split", "--eval", "30s", "--test", "30s"
        )

    def tasks(self) -> tuple[Task, ...]:
        """All; without audio nothing is trimmed."""
        return (
            self._usable, self._worst, self._bar, self._word, self._wer, self._once,
            self._worst_words, self._speaker,
            self._trim if self.corpus.audio else "no audio in this corpus",
            self._reject_many, self._export,
        )  # fmt: skip
