"""Every page, by day and by night, at a desk and on a phone: silent, self-contained, usable by all.

axe-core looks for what people who cannot see well, or use no mouse, would stumble over.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import reports
from reports import build
from tests.browsing import DROP_ALIKE, SCREENS, look, until, violations, watched
from tests.processes import curate
from tests.reports.fixtures import MAKERS, make

TEMPLATES = Path(reports.__file__).parent / "templates"


@pytest.mark.parametrize("kind", MAKERS)
def test_pages_can_be_used_by_all(opened: Any, tmp_path: Path, kind: Any) -> None:
    page = build(kind, make(kind, tmp_path / "good"))
    assert look(opened, page, [SCREENS[0], SCREENS[3]]) == []


@pytest.mark.parametrize("kind", MAKERS)
def test_pages_of_hostile_texts_too(opened: Any, tmp_path: Path, kind: Any) -> None:
    page = build(kind, make(kind, tmp_path / "spoilt", "spoilt"))
    assert look(opened, page, [SCREENS[3]]) == []


def test_a_page_at_night_has_other_colours_and_nothing_else() -> None:
    """So all but colours is checked by day alone."""
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    (night,) = re.findall(
        r"@media \(prefers-color-scheme: dark\) \{\s*:root \{([^}]*)\}\s*\}", style
    )
    assert style.count("prefers-color-scheme") == 1
    declared = [each.strip() for each in night.split(";") if each.strip()]
    assert len(declared) > 10
    assert [each for each in declared if not re.fullmatch(r"--[a-z-]+: #[0-9a-f]{6}", each)] == []
    scripts = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.js")]
    assert len(scripts) == 3
    assert not any("matchMedia" in script for script in scripts)


def test_a_phone_has_other_sizes_and_the_same_parts() -> None:
    """So all but colours and sizes is checked at a desk alone."""
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    queries = re.findall(r"@media \((?:min|max)-width: [^{]*\{((?:[^{}]*\{[^{}]*\})*)", style)
    assert len(queries) >= 5
    assert not any(re.search(r"display: none|visibility|content:", query) for query in queries)


def test_axe_would_notice(opened: Any, tmp_path: Path) -> None:
    page = build("split", make("split", tmp_path))
    html = page.read_text(encoding="utf-8")
    page.write_text(html.replace("<h1>", '<img src="data:,"><h1>').replace(' lang="en"', ""))
    violated = " ".join(look(opened, page))
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


ROWS = "".join(f"<tr><td><b>row {at}</b></td><td><i>{at}</i></td></tr>" for at in range(200))
ITEMS = "".join(f'<li><p><span lang="de">Wort {at}</span></p></li>' for at in range(200))
TABLE = "<table><thead><tr><th>one</th><th>other</th></tr></thead><tbody>{}</tbody></table>"


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ("<tr><td><b>row</b></td><td><i><img src='data:,'></i></td></tr>", "image-alt"),
        ("<tr><td><b role='cat'>row</b></td><td><i>1</i></td></tr>", "aria-roles"),
        ("<tr><td><b>row</b></td><td><button></button></td></tr>", "button-name"),
        ("<li><p><span lang='nosuch language'>Wort</span></p></li>", "valid-lang"),
        ("<li><p><a href='x'></a></p></li>", "link-name"),
        ("<li><p><span role='img' aria-label=''>Wort</span></p></li>", "role-img-alt"),
    ],
)
def test_axe_would_notice_one_fault_among_many_alike(
    opened: Any, tmp_path: Path, bad: str, rule: str
) -> None:
    rows, items = (bad, "") if bad.startswith("<tr>") else ("", bad)
    body = f"{TABLE.format(ROWS + rows + ROWS)}<ul>{ITEMS}{items}{ITEMS}</ul>"
    page = tmp_path / "page.html"
    page.write_text(f'<html lang="en"><title>a</title><main><h1>a</h1>{body}</main></html>')
    assert {each.split(": ")[1] for each in look(opened, page)} == {rule}


def test_what_is_alike_is_taken_out(opened: Any) -> None:
    page = opened.new_page()
    body = f"{TABLE.format(ROWS)}{TABLE.format(ROWS)}<ul>{ITEMS}</ul>"
    page.set_content(f'<html lang="en"><title>a</title><main><h1>a</h1>{body}</main></html>')
    page.evaluate(DROP_ALIKE)
    left = page.evaluate("['tr', 'li'].map((it) => document.querySelectorAll(it).length)")
    page.close()
    assert left == [2 * (1 + 3), 3]


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
    assert look(opened, page) == []
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
    assert look(opened, weighed, [SCREENS[3]]) == []
    ran(*run, cwd=tmp_path)
    assert b"<audio" not in page.read_bytes()
    assert not (tmp_path / "profile" / "clips.json").exists()
