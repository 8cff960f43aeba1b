"""Every page, by day and by night, at a desk and on a phone: silent, self-contained, usable by all.

axe-core looks for what people who cannot see well, or use no mouse, would stumble over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reports import build
from tests.browsing import NAMED, SCREENS, look, until, violations, watched
from tests.processes import curate
from tests.reports.fixtures import MAKERS, make


@pytest.mark.parametrize("screen", [SCREENS[0], SCREENS[3]], ids=[NAMED[0], NAMED[3]])
@pytest.mark.parametrize("kind", MAKERS)
def test_pages_can_be_used_by_all(opened: Any, tmp_path: Path, kind: Any, screen: Any) -> None:
    assert look(opened, build(kind, make(kind, tmp_path / "good")), screen) == []


@pytest.mark.parametrize("kind", MAKERS)
def test_pages_of_hostile_texts_too(opened: Any, tmp_path: Path, kind: Any) -> None:
    assert look(opened, build(kind, make(kind, tmp_path / "spoilt", "spoilt")), SCREENS[3]) == []


def test_axe_would_notice(opened: Any, tmp_path: Path) -> None:
    page = build("split", make("split", tmp_path))
    html = page.read_text(encoding="utf-8")
    page.write_text(html.replace("<h1>", '<img src="data:,"><h1>').replace(' lang="en"', ""))
    violated = " ".join(look(opened, page, SCREENS[0]))
    assert "image-alt" in violated
    assert "html-has-lang" in violated


def test_axe_would_notice_one_pale_text_among_many(opened: Any) -> None:
    rows = "".join(f"<tr><td>row {row}</td></tr>" for row in range(200))
    pale = '<tr><td><span style="color: #bbb">pale</span></td></tr>'
    table = f"<table><tbody>{rows}{pale}{rows}</tbody></table>"
    page = opened.new_page()
    page.set_content(f'<html lang="en"><title>a</title><main><h1>a</h1>{table}</main></html>')
    (violated,) = violations(page)
    page.close()
    assert violated.startswith("color-contrast: ['span']")


def ran(*words: object, cwd: Path) -> None:
    done = curate(*words, cwd=cwd)
    assert done.returncode == 0, done.stderr


def test_clips_are_played_on_the_page(opened: Any, root: Path, tmp_path: Path) -> None:
    manifest = root / "examples" / "speech" / "manifest.jsonl"
    run = ("profile", manifest, "--out", "profile")
    for _ in range(2):
        ran(*run, "--clips", 9, cwd=tmp_path)
    page = tmp_path / "profile" / "report.html"
    assert page.stat().st_size < 3_000_000
    first = (tmp_path / "profile" / "clips.json").read_bytes()
    ran(*run, "--clips", 9, "--no-cache", cwd=tmp_path)
    assert (tmp_path / "profile" / "clips.json").read_bytes() == first, "the same each time"
    assert look(opened, page, SCREENS[0]) == []
    with watched(opened, page.as_uri()) as shown:
        shown.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
        count = shown.evaluate(
            "new Set([...document.querySelectorAll('audio')].map((it) => it.src)).size"
        )
        assert 5 <= count <= 9
        shown.evaluate("void document.querySelector('audio').play()")
        until(shown, "document.querySelector('audio').duration > 0.3")
    ran("rules", "what-if", "profile", "--out", "what-if", "--clips", 12, cwd=tmp_path)
    weighed = tmp_path / "what-if" / "report.html"
    assert weighed.stat().st_size < 3_000_000
    assert weighed.read_text().count("<audio") == 12
    assert look(opened, weighed, SCREENS[3]) == []
    ran(*run, cwd=tmp_path)
    assert b"<audio" not in page.read_bytes()
    assert not (tmp_path / "profile" / "clips.json").exists()
