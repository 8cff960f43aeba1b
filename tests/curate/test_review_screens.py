"""What the review page shows before anybody scrolls: a record, its player, the main decisions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import until, watched
from tests.curate.review_browsing import copied, curate, listed, served
from tests.lines import lines_of

pytest.importorskip("starlette", reason="the review extra is not installed")
pytest.importorskip("uvicorn", reason="the review extra is not installed")

SPEAKER = "62f831c8c24038302187534b01c3bd81"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
INSIDE = """(id) => {
  const { top, bottom, left, right } = document.querySelector(id).getBoundingClientRect();
  return top >= 0 && left >= 0 && bottom > top && bottom <= innerHeight && right <= innerWidth;
}"""
ORDER = """['list', 'record', 'tools'].sort((one, other) =>
  document.getElementById(one).compareDocumentPosition(document.getElementById(other)) & 4 ? -1 : 1
)"""


@pytest.fixture(scope="module")
def folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile of the example's records, the first with a hash for a speaker and a long text."""
    folder = tmp_path_factory.mktemp("screens")
    speech = root / "examples" / "speech"
    first, *rest = lines_of((speech / "manifest.jsonl").read_text(encoding="utf-8"))
    hashed = json.dumps({**json.loads(first), "speaker": SPEAKER, "text": "many words " * 150})
    (folder / "m.jsonl").write_text("\n".join([hashed, *rest]), encoding="utf-8")
    (folder / "audio").symlink_to(speech / "audio")
    curate("profile", "m.jsonl", "--out", "profile", folder=folder)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """An app for tests that decide nothing."""
    with served("profile", folder=folder, ended="no decision was written") as started:
        yield started


@pytest.fixture(scope="module")
def address_elsewhere(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app that was started in another folder, where the manifest is not."""
    away = tmp_path_factory.mktemp("away")
    with served(folder / "profile", folder=away, ended="no decision was written") as started:
        yield started


@pytest.mark.parametrize(
    ("viewport", "order"),
    [(PHONE, ["record", "list", "tools"]), (DESK, ["tools", "list", "record"])],
    ids=["phone", "desk"],
)
def test_a_record_and_its_decisions_are_seen_without_scrolling(
    address: str, opened: Any, viewport: dict[str, int], order: list[str]
) -> None:
    with watched(opened, address, {"viewport": viewport}) as page:
        until(page, "state.shown !== null && sound.seconds > 0")
        page.evaluate(f"location.hash = '#speaker={SPEAKER}'")
        page.reload()
        until(page, f"state.shown && state.shown.speaker === '{SPEAKER}'")
        for place in ("[data-key=k]", "[data-key=r]"):
            assert page.evaluate(INSIDE, place), f"{place}, under a text of 1,650 characters"
        page.evaluate("location.hash = '#verdict=clean'")
        page.reload()
        until(page, "state.shown !== null && sound.seconds > 0")
        listed(page)
        for place in ("#text", "#play", "[data-key=k]", "[data-key=r]"):
            assert page.evaluate(INSIDE, place), place
        assert page.evaluate(ORDER) == order, "the keyboard follows what is seen"


def test_filters_that_are_folded_are_named(address: str, opened: Any) -> None:
    """The line is all that a phone shows of them until it is pressed, or `/` is."""
    with watched(opened, address, {"viewport": PHONE}) as page:
        until(page, "state.shown !== null")
        assert page.inner_text("#fold") == "Filters: verdict borderline"
        assert not page.is_visible("#filters")
        page.keyboard.press("/")
        page.keyboard.type("the")
        page.keyboard.press("Enter")
        until(page, "state.rows.length && state.rows.every((it) => /the/i.test(it.text))")
        assert page.inner_text("#fold") == 'Filters: substring "the"'
        page.click("#fold")
        assert not page.is_visible("#filters")


def test_the_list_gives_its_order_its_progress_and_whole_reasons(
    folder: Path, opened: Any, tmp_path: Path
) -> None:
    own = copied(folder, tmp_path)
    with served("profile", folder=own) as address, watched(opened, address) as page:
        until(page, "state.shown !== null && state.rows.length > 1")
        listed(page)
        rows, of = page.evaluate("[state.decided.of, state.rowsInAll]")
        assert 1 < rows < of
        assert page.inner_text("#progress") == f"0 of these {rows} decided; 0 of {of} in all"
        assert page.inner_text("#headline") == headline_of(folder, rows)
        assert page.inner_text("#next").startswith("Next: play the record (space)")
        first = page.evaluate("state.shown.row")
        page.keyboard.press("k")
        until(page, f"state.shown.row !== {first}")
        assert page.is_hidden("#next")
        assert page.inner_text("#progress") == f"1 of these {rows} decided; 1 of {of} in all"
        page.reload()
        until(page, "state.shown !== null")
        listed(page)
        counted = page.inner_text("#progress")
        assert counted == f"1 of these {rows} decided; 1 of {of} in all", "as the server counts"

        assert page.inner_text("#sorted") == "In order of the manifest"
        page.click("#head button:has-text('duration_s')")
        until(page, "document.querySelector('#sorted').textContent.includes('largest first')")
        assert page.get_attribute("#head [aria-sort]", "aria-sort") == "descending"
        listed(page)
        shown = page.locator("#records td:nth-child(2)").all_inner_texts()
        assert len(shown) == page.evaluate("state.rows.length")
        assert len({len(value.partition(".")[2]) for value in shown}) == 1, "equal decimals"

        rule, condition = page.evaluate(
            "(({ rule, condition }) => [rule, condition])(rulesOf(state.rows[0])[0])"
        )
        profile = json.loads((folder / "profile" / "profile.json").read_text(encoding="utf-8"))
        hits = {(hit["rule"], hit["condition"]) for hit in profile["rules_hit"] if hit["rows"]}
        assert (rule, condition) in hits
        assert f"{rule}, {condition}" in page.inner_text("#records tr:first-child .under")
        assert page.inner_text("#reason").startswith(rule)

        page.click("#others summary")
        page.select_option("[name=verdict]", "")
        page.fill("[name=speaker]", SPEAKER)
        page.keyboard.press("Enter")
        until(page, "state.rows.length === 1")
        name = page.locator("#records .under [title]")
        assert (name.inner_text(), name.get_attribute("title")) == (f"{SPEAKER[:8]}…", SPEAKER)


def headline_of(folder: Path, rows: int) -> str:
    """Both lengths in minutes, as on the profile's page."""
    profile = json.loads((folder / "profile" / "profile.json").read_text(encoding="utf-8"))
    (hours,) = (each["hours"] for each in profile["verdicts"] if each["verdict"] == "borderline")
    minutes = (f"{60 * each:.3g} min" for each in (hours, profile["totals"]["hours"]))
    return f"{rows} borderline records, {' of '.join(minutes)}"


CONTRASTS = """() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((each) => {
      const part = each / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (it) => {
    const color = getComputedStyle(it).backgroundColor;
    return /, 0\\)$|transparent/.test(color) ? behind(it.parentElement) : color;
  };
  return [...document.querySelectorAll(".keys button:disabled")].map((button) => {
    const [one, other] = [getComputedStyle(button).color, behind(button)].map(light);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_elsewhere_are_one_alert_and_buttons_that_cannot_be_used_are_legible(
    folder: Path, address_elsewhere: str, opened: Any, scheme: str
) -> None:
    profile = folder / "profile"
    screen = {"viewport": PHONE, "color_scheme": scheme}
    with watched(opened, address_elsewhere, screen, ignoring="400") as page:
        until(page, "state.shown !== null")
        of = page.evaluate("state.rowsInAll")
        alert = page.inner_text("#unread")
        assert alert.startswith(f"The lines of all {of} records cannot be read: ")
        assert f"cd {folder} && curate review {profile}" in alert
        texts = page.evaluate(
            "[...document.querySelectorAll('.excerpt')].map((it) => it.textContent)"
        )
        assert set(texts) == {"not readable"}
        contrasts = page.evaluate(CONTRASTS)
        assert len(contrasts) == 6  # keep, reject, borderline, undo, edit, trim
        assert min(contrasts) >= 3
        rows = page.evaluate("state.decided.of")
        assert page.inner_text("#position") == f"1 of {rows}, 0 decided"
        assert page.inner_text("#headline").startswith(f"{rows} borderline records, ")
        assert page.is_hidden("#remark")
        assert page.is_hidden("#next")
