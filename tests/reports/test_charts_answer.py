"""Histograms answer: what a bar holds, which records, and what a limit would flag elsewhere."""

from __future__ import annotations

import json
import random
import re
import shlex
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import pytest

import curate
from curate.artifacts.base import read_artifact
from curate.artifacts.profile import Profile
from curate.formatting.units import plural
from reports import build
from reports.charts.bars import bars_of
from reports.charts.hints import beyond, condition, hints
from tests.browsing import browser, violations, watched


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile of 3,000 rows with values at limits, beside them, and beyond every range."""
    folder, rng = tmp_path_factory.mktemp("charts"), random.Random(1)
    durations = [0.1, 0.5, 30.0, 30.000001, 29.999999, 90.0, 0.000004, 4000.0]
    durations += [round(rng.lognormvariate(1.2, 0.8), 3) for _ in range(3000 - len(durations))]
    lines = [
        {
            "audio_filepath": f"{at}.wav",
            "duration": s,
            "text": "ab " * rng.randint(0, 40) or "a",
            "speaker": f"o'neil {at % 4}",
        }
        for at, s in enumerate(durations)
    ]
    manifest = folder / "m.jsonl"
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    curate.profile([manifest], folder / "p")
    build("profile", folder / "p")
    return folder / "p"


@cache
def _records(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE records AS FROM '{folder / 'records.parquet'}'")
    return connection


def _counted(folder: Path, where: str) -> tuple[int, float]:
    sql = f"SELECT count(*), coalesce(sum(duration_us), 0) / 3.6e9 FROM records WHERE {where}"
    ((rows, hours),) = _records(folder).execute(sql).fetchall()
    return rows, hours


def test_a_query_of_a_bar_gives_its_records(folder: Path) -> None:
    checked = 0
    for metric in read_artifact(folder, Profile).metrics:
        bars = bars_of(metric)
        if bars is None:
            continue
        for bar, hint in zip(bars.filled(), hints(metric, bars), strict=True):
            where = condition(metric, bars, bar)
            rows, hours = _counted(folder, where)
            assert rows == bar.rows, where
            assert hours == pytest.approx(bar.hours, abs=2e-6), where
            assert hint.data["where"] == where
            assert hint.words.split(": ", 1)[1].startswith(f"{plural(rows, 'row')} (")
            checked += 1
    assert checked > 100


def test_rows_beyond_a_histogram_have_hours(folder: Path) -> None:
    metric = next(m for m in read_artifact(folder, Profile).metrics if m.name == "duration_s")
    bars = bars_of(metric)
    assert bars is not None
    rows, hours = _counted(folder, f"duration_s > {bars.high}")
    assert rows > 0
    assert beyond(metric, bars)["above"].split()[0] == str(rows)
    assert float(beyond(metric, bars)["above"].split()[1]) == pytest.approx(hours, rel=1e-4)
    assert beyond(metric, bars)["below"] == "0 0"


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Any]:
    with browser() as opened, watched(opened, (folder / "report.html").as_uri()) as page:
        yield page


def _figure(page: Any, metric: str) -> Any:
    return page.locator(f'figure[data-metric="{metric}"]')


def _sum(words: str) -> int:
    """The rows that a remark names first."""
    match = re.search(r": ([\d,]+) rows?\b", words)
    assert match is not None, words
    return int(match[1].replace(",", ""))


def test_a_bar_is_in_words_by_pointer_and_by_keys(page: Any) -> None:
    figure, tip = _figure(page, "duration_s"), page.locator(".tip")
    bars = figure.locator(".hints path")
    bars.nth(5).hover(force=True)
    pointed = tip.inner_text()
    assert re.fullmatch(r"\S+ to \S+: [\d,]+ rows \([<\d.]+ %\), [\d.]+ (s|min|h).*", pointed)
    page.mouse.move(0, 0)
    assert not tip.is_visible()
    figure.locator("svg").focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert tip.inner_text() == pointed
    page.keyboard.press("Escape")
    assert not tip.is_visible()


def test_a_click_shows_the_records_of_a_bar(page: Any, folder: Path) -> None:
    figure = _figure(page, "duration_s")
    figure.locator("svg").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    picked = figure.locator(".picked")
    where = re.search(r"WHERE (.*) ORDER BY duration_s", picked.locator("pre").inner_text())
    assert where is not None
    rows, _ = _counted(folder, unescape(where[1]))
    assert _sum(picked.locator("p").first.inner_text()) == rows
    assert picked.locator(".records > li").count() >= 1  # the shortest are among the outliers
    assert violations(page) == []


def test_a_click_on_a_speaker_gives_the_query_of_its_records(page: Any, folder: Path) -> None:
    figure = page.locator('figure:has(svg[aria-label^="Hours and median char_rate"])')
    figure.locator("svg").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    words = shlex.split(figure.locator(".picked pre").inner_text())
    assert (words[:2], words[3:]) == (["curate", "query"], ["PROFILE"])
    rows = curate.query(words[2], folder)
    assert rows.columns == ["source", "line", "duration_s", "verdict", "text"]
    match = re.match(r"(o'neil \d): ([\d,]+) utterances", figure.locator(".picked p").inner_text())
    assert match is not None
    assert rows.height == int(match[2]) == 750
    own = [at for at in range(3000) if f"o'neil {at % 4}" == match[1]]
    assert sorted(rows["line"].to_list()) == [at + 1 for at in own]


def test_a_moved_limit_says_what_it_would_flag(page: Any, folder: Path) -> None:
    figure = _figure(page, "duration_s")
    limit = figure.locator('.limit[aria-label="limit borderline > 30"]')
    limit.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    moved = figure.locator(".moved").inner_text()
    match = re.match(r"borderline > ([\d.]+): ", moved)
    assert match is not None
    assert float(match[1]) < 30
    assert limit.locator("text").text_content() == f"borderline > {match[1]}"
    assert _sum(moved) == _counted(folder, f"duration_s >= {match[1]}")[0]
    before = moved.split("Now,")[1]
    assert _sum(before) == _counted(folder, "duration_s > 30")[0]
    assert figure.locator(".picked").count() == 1  # what was picked before stays


def test_histograms_are_divided_by_a_stratum(page: Any, folder: Path) -> None:
    choice, figure = page.locator(".switch select"), _figure(page, "duration_s")
    choice.select_option("tag")
    panels = figure.locator(".multiples li")
    profile = read_artifact(folder, Profile)
    tags = (profile.stratified or {})["tag"].metrics["duration_s"]
    assert panels.count() == len(tags) >= 2
    for at, each in enumerate(tags):
        words = panels.nth(at).inner_text()
        assert words.startswith(f"{each.value}\n")
        assert f"{sum(each.rows) + each.below + each.above:,} rows" in words
    assert panels.locator("svg").count() >= 1
    assert violations(page) == []
    choice.select_option("")
    assert panels.count() == 0
