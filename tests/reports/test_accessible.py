"""Every page, by day and by night, at a desk and on a phone: silent, self-contained, usable by all.

axe-core looks for what people who cannot see well, or use no mouse, would stumble over.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports import build
from tests.browsing import SCREENS, browser, sticks_out, until, violations, watched
from tests.reports.fixtures import MAKERS, make

NAMED = [f"{it['viewport']['width']} {it['color_scheme']}" for it in SCREENS]


@pytest.fixture(scope="module")
def opened() -> Iterator[Any]:
    with browser() as found:
        yield found


def look(opened: Any, page: Path, screen: dict[str, Any]) -> list[str]:
    """What is wrong with a page on a screen, all of its folds open."""
    with watched(opened, page.as_uri(), screen) as shown:
        shown.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
        out = sticks_out(shown)
        return [*violations(shown), *([f"{out} pixels stick out"] if out > 0 else [])]


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
    found = " ".join(look(opened, page, SCREENS[0]))
    assert "image-alt" in found
    assert "html-has-lang" in found


@pytest.fixture(scope="module")
def real(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Pages of two real manifests, made by the commands."""
    folder = tmp_path_factory.mktemp("real")
    one, two = (str(real_data / "manifests" / f"{name}.jsonl") for name in ("cv19_hy", "cv_id"))
    for command in (
        ["profile", one, two, "--out", "profile"],
        ["profile", two, "--out", "other"],
        ["split", "profile", "--out", "split", "--eval", "10m", "--test", "10m"],
        ["rules", "what-if", "profile", "--out", "what-if"],
        ["rules", "compare", "default", "lang/id", "profile", "--out", "compare"],
        ["diff", "profile", "other", "--out", "diff"],
        ["audit", *(f"split/{name}.jsonl" for name in ("train", "eval", "test")), "--out", "audit"],
    ):
        subprocess.run(
            [sys.executable, "-c", "from curate.cli import main; main()", *command],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
    pages = sorted(folder.glob("*/report.html"))
    assert len(pages) == 7
    return pages


@pytest.mark.parametrize("screen", SCREENS, ids=NAMED)
def test_pages_of_real_manifests(opened: Any, real: list[Path], screen: Any) -> None:
    assert {page.parent.name: look(opened, page, screen) for page in real} == {
        page.parent.name: [] for page in real
    }


def test_clips_are_heard_on_the_page(opened: Any, root: Path, tmp_path: Path) -> None:
    command = ["profile", str(root / "examples" / "speech" / "manifest.jsonl"), "--out", "profile"]
    run = [sys.executable, "-c", "from curate.cli import main; main()", *command, "--clips", "9"]
    for _ in range(2):
        subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
    page = tmp_path / "profile" / "report.html"
    assert page.stat().st_size < 3_000_000
    first = (tmp_path / "profile" / "clips.json").read_bytes()
    subprocess.run([*run, "--no-cache"], cwd=tmp_path, check=True, capture_output=True)
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
    limits = [*run[:3], "rules", "what-if", "profile", "--out", "what-if", "--clips", "12"]
    subprocess.run(limits, cwd=tmp_path, check=True, capture_output=True)
    weighed = tmp_path / "what-if" / "report.html"
    assert weighed.stat().st_size < 3_000_000
    assert weighed.read_text().count("<audio") == 12
    assert look(opened, weighed, SCREENS[3]) == []
    subprocess.run(run[:-2], cwd=tmp_path, check=True, capture_output=True)
    assert b"<audio" not in page.read_bytes()
    assert not (tmp_path / "profile" / "clips.json").exists()
