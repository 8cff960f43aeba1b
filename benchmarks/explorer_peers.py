"""Speech Data Explorer and Renumics Spotlight, and how their pages are driven."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.explorer_tools import LAUNCH, START_S, Corpus, Explorer, Hands, Task
from tests.browsing import until

DRAWN_MS = 300


def matching(page: Any, column: str, part: str) -> None:
    """Wait until a Dash table shows only rows whose cell holds a part, and at least one."""
    cells = f"""[...document.querySelectorAll('td[data-dash-column="{column}"]')]"""
    until(page, f"{cells}.length && {cells}.every((it) => it.innerText.includes('{part}'))", 120)


class SpeechDataExplorer(Explorer):
    """NeMo's `tools/speech_data_explorer/data_explorer.py`."""

    name = "Speech Data Explorer"

    def __init__(self, corpus: Corpus, folder: Path, python: str, script: str, port: int) -> None:
        super().__init__(corpus, folder)
        self.command = [python, "-c", LAUNCH, script, str(corpus.manifest)]
        self.command += ["--disable-caching-metrics", "--port", str(port)]
        self.port = port

    def open(self, page: Any) -> None:
        """The statistics."""
        page.goto(self.address)
        page.wait_for_selector("text=Number of hours", timeout=1000 * START_S)

    def _filter(self, hands: Hands, column: str, value: str) -> None:
        hands.click("text=Samples")
        hands.click(f'th.dash-filter[data-dash-column="{column}"] input')
        hands.type(value)
        hands.press("Enter")

    def _listen(self, hands: Hands) -> None:
        if not self.corpus.audio:
            return
        hands.click("td input[type=radio]")  # a filter or an order unselects
        cell = "document.querySelector('td[data-dash-column=text]').innerText"
        until(hands.page, f"document.querySelector('#_text').innerText === {cell}", 60)
        # Its first sound imports librosa and compiles, which takes minutes on a busy machine.
        until(hands.page, "document.querySelector('#player').readyState > 2", START_S)
        hands.page.locator("#player").scroll_into_view_if_needed()
        box = hands.page.locator("#player").bounding_box()
        hands.at(box["x"] + 20, box["y"] + box["height"] / 2)
        until(hands.page, "document.querySelector('#player').currentTime > 0")

    def _tail(self, hands: Hands) -> None:
        self._filter(hands, "char_rate", ">=20")
        cells = """[...document.querySelectorAll('td[data-dash-column="char_rate"]')]"""
        until(hands.page, f"{cells}.every((it) => Number(it.innerText) >= 20)", 120)

    def _word(self, hands: Hands) -> None:
        self._filter(hands, "text", self.corpus.word)
        matching(hands.page, "text", self.corpus.word)
        self._listen(hands)

    def _wer(self, hands: Hands) -> None:
        hands.click("text=Samples")
        for direction in ("ascending", "descending"):
            hands.click('th[data-dash-column="WER"] .column-header--sort')
            up = "<=" if direction == "ascending" else ">="
            cells = """[...document.querySelectorAll('td[data-dash-column="WER"]')]"""
            values = f"{cells}.map((it) => Number(it.innerText))"
            until(
                hands.page,
                f"{values}.length && {values}.every((it, i, all) => !i || all[i - 1] {up} it)",
                120,
            )
        self._listen(hands)

    def _once(self, hands: Hands) -> None:
        hands.click('th.dash-filter[data-dash-column="count"] input')
        hands.type(f"={self.corpus.once}")
        hands.press("Enter")
        cells = """[...document.querySelectorAll('td[data-dash-column="count"]')]"""
        until(hands.page, f"{cells}.every((it) => Number(it.innerText) === {self.corpus.once})", 60)

    def _worst_words(self, hands: Hands) -> None:
        hands.click('th[data-dash-column="accuracy"] .column-header--sort')
        cells = """[...document.querySelectorAll('td[data-dash-column="accuracy"]')]"""
        until(hands.page, f"{cells}.length && {cells}.every((it) => Number(it.innerText) < 1)", 120)

    def _speaker(self, hands: Hands) -> None:
        self._filter(hands, "speaker", self.corpus.speaker)
        matching(hands.page, "speaker", self.corpus.speaker)

    def tasks(self) -> tuple[Task, ...]:
        """What its statistics and its table of samples can do."""
        return (
            "total hours only: `num_hours` sums all durations", "no rules, no ranking",
            self._tail, self._word, self._wer, self._once, self._worst_words, self._speaker,
            "its table is read-only", "its table is read-only", "downloads the vocabulary only",
        )  # fmt: skip


class Spotlight(Explorer):
    """`spotlight TABLE`, with char_rate and wer computed before: it computes neither."""

    name = "Spotlight"

    def __init__(self, corpus: Corpus, folder: Path, program: str, port: int) -> None:
        super().__init__(corpus, folder)
        audio = ["--dtype", "audio_filepath=audio"] if corpus.audio else []
        self.command = [program, str(corpus.table), "--port", str(port), "--no-browser", *audio]
        self.port = port

    def open(self, page: Any) -> None:
        """The default layout."""
        page.goto("about:blank")
        page.goto(self.address)
        rows = r"(it) => /^Filtered\s*[1-9]/.test(it.innerText)"
        until(page, f"[...document.querySelectorAll('button')].some({rows})", START_S)
        page.locator("button:has-text('All')").first.click()  # it remembers what it listed before

    def _filter(self, hands: Hands, column: str, value: str) -> None:
        before = self._filtered(hands.page)
        hands.at(19, 46)
        hands.page.wait_for_selector("input:focus")
        hands.type(column)
        hands.press("Enter", "Tab")
        hands.page.wait_for_timeout(100)
        hands.press("Enter", "Tab")  # of = and !=, all that there is for texts, the first
        hands.type(value)
        hands.press("Enter")
        end = time.monotonic() + 60
        while self._filtered(hands.page) == before:
            assert time.monotonic() < end, f"never filtered by {column} = {value}"
            hands.page.wait_for_timeout(20)

    def _filtered(self, page: Any) -> str:
        return str(page.locator("button:has-text('Filtered')").first.inner_text())

    def _listen(self, hands: Hands) -> None:
        box = hands.page.locator("button:has-text('Filtered')").first.bounding_box()
        hands.at(box["x"], box["y"] + 52)
        if self.corpus.audio:
            until(hands.page, "!document.body.innerText.includes('No Data Selected')", 120)
            hands.at(52, 804)

    def _bar(self, hands: Hands) -> None:
        hands.click(hands.page.get_by_text("Histogram"))
        hands.page.wait_for_selector("svg rect", state="attached")
        hands.page.wait_for_timeout(200)
        hands.at(1100, 530)
        none = r"(it) => /^Selected\s*0$/.test(it.innerText)"
        until(hands.page, f"![...document.querySelectorAll('button')].some({none})", 120)
        hands.click("button:has-text('Selected')")

    def _wer(self, hands: Hands) -> None:
        for _ in ("ascending", "descending"):
            hands.click(hands.page.get_by_text("wer", exact=True))
            hands.page.wait_for_timeout(DRAWN_MS)  # two clicks at once leave its table empty
        self._listen(hands)

    def _speaker(self, hands: Hands) -> None:
        self._filter(hands, "speaker", self.corpus.speaker)

    def tasks(self) -> tuple[Task, ...]:
        """What its table, filters, histogram and inspector can do."""
        return (
            "no sums of a column", "issues of labels and images only (`analysis/analyzers`)",
            self._bar, "filters of texts are = and !=", self._wer,
            "a cloud of the commonest words", "it aligns no words", self._speaker,
            "cells can be edited one by one, audio cannot be cut",
            "cells can be edited one by one", "no splits; the edited table is read in Python",
        )  # fmt: skip
