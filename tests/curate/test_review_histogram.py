"""Histograms in the review app: of the records that the filters leave, and each bar's records."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curate.errors import InputError
from curate.reviews.background import Background, Watch
from curate.reviews.query import Query
from curate.reviews.session import ReviewSession
from tests.browsing import DEVICES, SCREENS, everyone, until, watched
from tests.curate.review_browsing import listed, served
from tests.curate.review_client import client_of, opened_session

pytest.importorskip("starlette.testclient", reason="the review extra is not installed")


@pytest.fixture
def session(review_folder: Path, tmp_path: Path) -> Iterator[ReviewSession]:
    with opened_session(review_folder, tmp_path / "overrides.jsonl") as opened:
        yield opened


def histogram(client: Any, of: str, filters: str = "") -> Any:
    """The answer once it is complete."""
    while True:
        answer = client.get(f"/api/histogram?of={of}&{filters}").json()
        if answer["searched"] == answer["loaded"] == 1:
            return answer


def test_without_a_filter_it_is_that_of_the_profile(session: ReviewSession) -> None:
    histogram(client_of(session), "chars")
    metrics = [
        each for each in session.profile.metrics if each.name in session.table.browser.numeric
    ]
    assert len(metrics) > 20
    for metric in metrics:
        answer = session.histograms.answer(Query(), metric.name)
        assert answer.metric == metric.model_copy(update={"worst": ()}), metric.name
        assert answer.rows == session.profile.totals.rows
        # Without the line that is no record it is counted, not read from the profile.
        counted = session.histograms.answer(Query(records_only=True), metric.name)
        unknown = {"nulls": metric.nulls - 1}
        assert counted.metric == answer.metric.model_copy(update=unknown), metric.name


def bars_of(svg: str) -> list[tuple[int, dict[str, str]]]:
    """Of each bar its rows, and the filter that its records have."""
    bars = []
    for match in re.finditer(r'data-holds="(\d+) [^"]*" data-where="\w+ ([^"]*)"', svg):
        condition = match[2].replace("&gt;", ">").replace("&lt;", "<")
        if real := re.fullmatch(r"(>=?) (\S+) AND \w+ (<=?) (\S+)", condition):
            ends = f"{'[' if real[1] == '>=' else '('}{']' if real[3] == '<=' else ')'}"
            limits = {"least": real[2], "most": real[4], "ends": ends}
        else:
            first, *last = re.findall(r"-?\d+", condition)
            limits = {"least": first, "most": last[0] if last else first}
        bars.append((int(match[1]), limits))
    return bars


@pytest.mark.parametrize("filters", ["", "lang=de", "text=number+1", "speaker=s1&sort=wer"])
@pytest.mark.parametrize("of", ["char_rate", "chars"])
def test_a_bars_records_are_as_many_as_it_is_high(
    session: ReviewSession, of: str, filters: str
) -> None:
    client = client_of(session)
    answer = histogram(client, of, filters)
    bars = bars_of(answer["svg"])
    assert bars
    for rows, limits in bars:
        parameters = "&".join(f"{name}={value}" for name, value in limits.items())
        page = client.get(
            f"/api/records?{filters.replace('&sort=wer', '')}&metric={of}&{parameters}"
        )
        assert page.json()["rows"] == rows, limits
    shape = answer["metric"]["histogram"]
    assert sum(rows for rows, _ in bars) == sum(shape["rows"])
    beyond = shape["below"] + shape["above"] + answer["metric"]["nulls"]
    assert sum(shape["rows"]) + beyond == answer["rows"]


def test_where_a_picture_says_nothing(session: ReviewSession) -> None:
    client = client_of(session)
    none = histogram(client, "chars", "speaker=nobody")
    assert (none["svg"], none["rows"], none["metric"]["min"]) == ("", 0, None)
    one = histogram(client, "duration_s", "lang=de")
    assert (one["svg"], one["metric"]["min"], one["metric"]["max"]) == ("", 1.0, 1.0)


@pytest.mark.parametrize(
    "query", ["", "of=lang", "of=nope", "of=%3Cscript%3E", "of=chars&metric=chars&least=1&ends=%5B",
              "of=chars&text=(&how=regex", "of=chars&split=eval"],
)  # fmt: skip
def test_no_histogram_of_that(session: ReviewSession, query: str) -> None:
    response = client_of(session).get(f"/api/histogram?{query}")
    assert (response.status_code, list(response.json())) == (400, ["error"])


def test_what_is_made_beside_the_requests_is_waited_for_no_longer_than_wanted() -> None:
    ready = threading.Event()

    def make(on_read: Watch) -> str:
        on_read(5)
        while not ready.wait(0.001):
            on_read(5)
        return "made"

    made, ended = (Background("the texts", 10, make) for _ in range(2))
    assert (made.wait(0.05), ended.wait(0.05), made.share) == (None, None, 0.5)
    ended.close()
    assert ended.wait(20.0) is None, "it was ended, and made nothing"
    ready.set()
    assert (made.wait(20.0), made.share) == ("made", 1.0)
    unread, read = Background("none", 0, make), Background("all", 5, make)
    ready.clear()
    assert (unread.share, read.wait(0.05), read.share < 1.0) == (0.0, None, True)
    ready.set()
    assert read.wait(20.0) == "made"

    def fail(on_read: Watch) -> str:
        raise PermissionError("gone")

    failed = Background("the texts", 10, fail)
    for _ in range(2):
        with pytest.raises(InputError, match=r"the texts.*gone"):
            failed.wait(20.0)


@pytest.fixture(scope="module")
def address(review_folder: Path) -> Iterator[str]:
    with served("profile", folder=review_folder, ended="no decision was written") as started:
        yield started


def opens_histogram(page: Any, metric: str = "chars") -> None:
    """Open it by its key, and choose a metric."""
    until(page, "state.shown !== null")
    page.keyboard.press("h")
    page.select_option("#histogram-of", metric)
    until(page, "document.querySelector('#bars .hints path') && bars.ariaBusy === 'false'")


def bar(page: Any, at: int) -> tuple[float, float]:
    """The middle of a bar's column, which is on the screen."""
    column = page.locator("#bars .hints path").nth(at)
    column.scroll_into_view_if_needed()
    box = column.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_bar_and_a_range_of_bars_become_the_filter(address: str, opened: Any) -> None:
    with watched(opened, address) as page:
        opens_histogram(page)
        last = page.locator("#bars .hints path").count() - 1
        page.mouse.click(*bar(page, 0))
        until(page, "location.hash.includes('metric=chars')")
        listed(page)
        words = page.inner_text("#bar")
        assert f" {page.inner_text('#headline').split()[0]} row" in words
        assert page.locator("#bars .chosen").count() == 1
        here = page.url
        page.mouse.move(*bar(page, 0))
        page.mouse.down()
        page.mouse.move(*bar(page, last), steps=4)
        page.mouse.up()
        until(page, f"location.href !== '{here}'")
        listed(page)
        assert page.locator("#bars .chosen").count() == last + 1
        both = page.url.split("#")[1]
        page.click("#range")
        until(page, "!location.hash.includes('metric')")
        listed(page)
        assert not page.is_visible("#chips")
        page.evaluate(f"location.hash = '{both}'")
        page.reload()
        until(page, "state.shown !== null")
        assert page.inner_text("#range").startswith("chars from "), "an address holds it"
        page.click("#others summary")
        page.fill("[name=least]", "24")
        page.keyboard.press("Enter")
        until(page, "location.hash.includes('least=24')")
        assert "ends=" not in page.url, "who types an end includes it"


def test_bars_are_chosen_by_keys(address: str, opened: Any) -> None:
    with watched(opened, address) as page:
        opens_histogram(page)
        page.locator("#bars svg").focus()
        for key in ("ArrowRight", "Shift+ArrowRight", "Enter"):
            page.keyboard.press(key)
        until(page, "document.querySelectorAll('#bars .chosen').length === 2")
        listed(page)
        rows = page.evaluate("state.rows.length")
        assert rows > 0
        assert page.inner_text("#bar").startswith("chars from ")
        page.keyboard.press("Escape")
        until(page, f"state.rows.length > {rows}")
        page.click("#others summary")
        page.select_option("[name=lang]", "de")
        until(page, "state.rows.every((it) => it.lang === 'de')")
        until(page, "bars.ariaBusy === 'false'")
        total = page.evaluate(
            "[...document.querySelectorAll('#bars .hints path')]"
            ".reduce((sum, it) => sum + Number(it.dataset.holds.split(' ')[0]), 0)"
        )
        assert total <= page.evaluate("state.rows.length")


def test_a_tap_chooses_a_bar(address: str, opened: Any) -> None:
    with watched(opened, address, {**SCREENS[2], "has_touch": True}) as page:
        opens_histogram(page)
        page.locator("#bars").scroll_into_view_if_needed()
        page.touchscreen.tap(*bar(page, 0))
        until(page, "location.hash.includes('metric=chars')")


@pytest.mark.parametrize("device", DEVICES)
def test_everyone_can_use_a_histogram(address: str, opened: Any, device: str) -> None:
    with watched(opened, address, DEVICES[device][0]) as page:
        opens_histogram(page, "char_rate")
        page.mouse.click(*bar(page, 0))
        until(page, "!document.querySelector('#chips').hidden")
        listed(page)
        assert everyone(page, DEVICES[device]) == []
