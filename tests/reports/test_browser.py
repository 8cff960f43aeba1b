"""Pages in a real browser, on a phone's width: nothing is refused, nothing sticks out."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from reports import build
from tests.browsing import CHROMIUM
from tests.lines import lines_of
from tests.reports.fixtures import MAKERS, VARIANTS, make

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

WIDTH = 390
FRAME = '<iframe src="{}" style="width:390px;height:700px" onload="measure(this)"></iframe>'
HARNESS = """<!doctype html><meta charset="utf-8"><pre id="found"></pre><script>
const found = {};
function measure(frame) {
  const page = frame.contentDocument;
  page.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  page.querySelectorAll("thead button").forEach((button) => button.click());
  found[frame.getAttribute("src")] = {
    wide: page.documentElement.scrollWidth,
    window: frame.contentWindow.innerWidth,
    styled: frame.contentWindow.getComputedStyle(page.body).maxWidth,
    sections: page.querySelectorAll("section, footer").length,
    sorted: page.querySelectorAll("th[aria-sort]").length,
    small: [...page.querySelectorAll("svg.chart")].filter((it) => it.clientWidth < 300).length,
  };
  document.getElementById("found").textContent = JSON.stringify(found);
}
</script>"""


def _browse(page: Path, profile: Path) -> tuple[str, list[str]]:
    """The document after loading, and everything that the console said."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
            *("--allow-file-access-from-files", f"--user-data-dir={profile}", "--dump-dom"),
            *("--disable-background-networking", "--no-first-run", page.as_uri()),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout, [line for line in lines_of(done.stderr) if "CONSOLE" in line]


def test_pages_fit_a_phone_and_break_no_rule_of_their_own(tmp_path: Path) -> None:
    pages = [
        build(kind, make(kind, tmp_path / f"{kind}-{variant}", variant))
        for kind in MAKERS
        for variant in VARIANTS
    ]
    frames = "".join(FRAME.format(page.relative_to(tmp_path)) for page in pages)
    (tmp_path / "harness.html").write_text(HARNESS + frames)
    document, console = _browse(tmp_path / "harness.html", tmp_path / "profile")
    match = re.search(r'<pre id="found">(.*?)</pre>', document, re.DOTALL)
    assert match is not None
    overflowing: dict[str, dict[str, Any]] = json.loads(unescape(match[1]))
    assert console == []
    assert len(overflowing) == len(MAKERS) * len(VARIANTS)
    for name, page in overflowing.items():
        assert page["wide"] <= page["window"] == WIDTH, name
        assert page["styled"] != "none", name
        assert page["sections"] >= 2, name
        assert page["small"] == 0, name
        assert (page["sorted"] > 0) or "nulls" in name or "empty" in name, name


def test_the_console_speaks_when_a_rule_is_broken(tmp_path: Path) -> None:
    """Shows that the test above would notice: a style that the policy does not know."""
    page = build("split", make("split", tmp_path))
    html = page.read_text(encoding="utf-8")
    page.write_text(html.replace("<h1>", '<h1 style="color: red">'), encoding="utf-8")
    _, console = _browse(page, tmp_path / "profile")
    assert any("Content Security Policy" in line for line in console)
