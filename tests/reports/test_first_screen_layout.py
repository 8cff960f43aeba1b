"""How first screens are laid out in a browser: one grid of tiles, one rule, and a faded edge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reports import build
from tests.browsing import SCREENS, until, watched
from tests.reports.fixtures import make

DESK, PHONE = SCREENS[0], SCREENS[2]
LEFTS = """[...document.querySelector('.figures').children]
    .map((tile) => Math.round(tile.getBoundingClientRect().left))"""
WIDTH_OF_RULE = """getComputedStyle(
    document.querySelector('.body > .scroll:first-child > table')).borderTopWidth"""


@pytest.mark.parametrize(("screen", "columns"), [(DESK, 4), (PHONE, 2)], ids=["desk", "phone"])
@pytest.mark.parametrize("kind", ["train", "eval", "shards"])
def test_tiles_stand_in_columns(
    opened: Any, tmp_path: Path, kind: Any, screen: dict[str, Any], columns: int
) -> None:
    page = build(kind, make(kind, tmp_path))
    with watched(opened, page.as_uri(), screen) as shown:
        lefts = shown.evaluate(LEFTS)
    first = lefts[:columns]
    assert len(set(first)) == columns, "a row is full before the next begins"
    assert lefts == [first[at % columns] for at in range(len(lefts))]


def test_a_table_that_opens_a_section_has_one_rule_above_it(opened: Any, tmp_path: Path) -> None:
    page = build("split", make("split", tmp_path))
    with watched(opened, page.as_uri(), DESK) as shown:
        assert shown.evaluate(WIDTH_OF_RULE) == "0px"
    with watched(opened, page.as_uri(), PHONE) as shown:
        assert shown.evaluate(WIDTH_OF_RULE) != "0px", "there the title is between the two"


def test_a_list_of_sections_that_goes_on_fades_at_its_edge(opened: Any, tmp_path: Path) -> None:
    page = build("profile", make("profile", tmp_path))
    mask = "getComputedStyle(document.querySelector('nav ol')).maskImage"
    with watched(opened, page.as_uri(), PHONE) as shown:
        until(shown, f"{mask}.includes('gradient')")
        shown.evaluate("document.querySelector('nav ol').scrollLeft = 1e5")
        until(shown, f"{mask} === 'none'")
    with watched(opened, page.as_uri(), DESK) as shown:
        assert shown.evaluate(mask) == "none"
