"""The first screen of a page, as a notebook shows it."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import get_args

import pytest

from curate.artifacts.base import Artifact, read_artifact
from reports import Kind, notebook
from reports.artefacts import SOURCES, Loaded
from reports.notebook import first_screen
from tests.browsing import SCREENS, browser
from tests.reports.fixtures import VARIANTS, make
from tests.reports.test_pages import Reader


def artefact_of(kind: Kind, folder: Path, variant: str = "good") -> Artifact:
    return read_artifact(make(kind, folder, variant), SOURCES[kind].model)


def parsed(markup: str) -> Reader:
    """The markup, all of whose elements are closed."""
    reader = Reader()
    reader.feed(markup)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_first_screen_of_every_artefact_is_one_inert_frame(
    kind: Kind, variant: str, tmp_path: Path
) -> None:
    artefact = artefact_of(kind, tmp_path, variant)
    shown = parsed(artefact._repr_html_())
    names = [name for name, _ in shown.elements]
    assert not {"script", "img", "svg", "style", "link"} & set(names), "all of it is in the frame"
    assert names.count("iframe") == 1
    attributes = dict(shown.elements)["iframe"]
    assert attributes["sandbox"] == "", "no script runs, and nothing of the notebook is reached"
    document = attributes["srcdoc"] or ""
    document.encode()
    screen = parsed(document)
    inner = {name for name, _ in screen.elements}
    assert not {"script", "img", "a", "link"} & inner
    assert "h1" in inner
    policy = next(each["content"] or "" for name, each in screen.elements if "content" in each)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "prefers-color-scheme: dark" in document


def test_tiles_and_charts_are_those_of_the_page(tmp_path: Path) -> None:
    screen = first_screen(Loaded(artefact_of("profile", tmp_path), None, None, ()))
    shown = parsed(screen)
    assert "usable for eval and test" in shown.text
    assert [name for name, _ in shown.elements].count("svg") > 2
    assert "Distributions" in shown.text
    assert "Provenance" not in shown.text
    errors = parsed(first_screen(Loaded(artefact_of("eval", tmp_path), None, None, ())))
    assert "Where the errors are" in errors.text


def test_a_section_without_room_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = Loaded(artefact_of("profile", tmp_path), None, None, ())
    monkeypatch.setattr(notebook, "LARGEST", 10_000)
    screen = first_screen(loaded)
    assert "Overview" in screen
    assert "Distributions" not in screen
    assert len(escape(screen)) < 60_000


def test_an_artefact_without_a_page_keeps_its_tables(tmp_path: Path) -> None:
    from curate.artifacts.ledger import Ledger

    ledger = read_artifact(make("profile", tmp_path) / Ledger.file, Ledger)
    assert "<iframe" not in ledger._repr_html_()


def test_a_notebook_and_the_frame_leave_each_other_alone(tmp_path: Path) -> None:
    shown = artefact_of("profile", tmp_path)._repr_html_()
    style = "svg { display: none } h1 { color: rgb(1, 2, 3) !important }"
    with browser() as opened:
        for screen in SCREENS[:2]:
            page = opened.new_page(**screen)
            requests: list[str] = []
            page.on("request", lambda request, requests=requests: requests.append(request.url))
            dark = f"<meta name=color-scheme content='light dark'><style>{style}</style>"
            page.set_content(f"{dark}<h1>the notebook's</h1><div></div>")
            before = page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize")
            page.evaluate(f"document.querySelector('div').innerHTML = {json.dumps(shown)}")
            frame = page.frame_locator("iframe")
            frame.locator("svg").first.wait_for(timeout=20_000)
            colour = "e => getComputedStyle(e).color"
            assert frame.locator("h1").evaluate(colour) != "rgb(1, 2, 3)"
            paper = frame.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")
            assert (paper == "rgb(20, 23, 26)") == (screen["color_scheme"] == "dark")
            after = page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize")
            assert after == before
            assert requests == []
