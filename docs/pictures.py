"""Write the pictures of pages in docs/images from what `make demo` made: `make pictures`.

Needs Chromium. Pictures have few colours, so that the repository stays small. Pictures of terminals
are SVG (docs/terminals.py).
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright
from terminals import write_terminals

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
WIDTH, COLOURS = 1200, 256
PAGES = {"profile": 1500, "split": 1500, "run": 1150, "eval": 1350}
"""Directories of demo/ whose pages have a picture, and how many pixels of the page it shows."""
SECTIONS = {"metrics": ("profile", "Distributions", 435), "concepts": ("split", "Outputs", 560)}
"""Sections of those pages that have a picture: page, title, and at most how many pixels."""
NOTEBOOK_HEIGHT = 800
NOTEBOOK = """<!doctype html><meta charset="utf-8"><style>
body{{font:14px system-ui,sans-serif;margin:24px;color:#1f2328;background:#fff}}
pre{{font-size:13px;margin:0 0 12px;padding:8px 10px;background:#f5f5f5;border:1px solid #e0e0e0}}
</style>{cells}"""
"""A page that looks as notebooks do: code, and below it what it shows."""
REVIEW = (
    "text=the&how=word&columns=duration_s,char_rate,speaker&metric=char_rate&most=18&sort=char_rate"
)
REVIEW_HEIGHT = 900


def main() -> int:
    """Take a picture of the top of each page. Exit status 2 where a page or the browser lacks."""
    pages = {name: ROOT / "demo" / name / "report.html" for name in PAGES}
    missing = [str(path.relative_to(ROOT)) for path in pages.values() if not path.is_file()]
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if missing or browser is None:
        what = f"no {', '.join(missing)}" if missing else f"no browser ({', '.join(BROWSERS)})"
        print(f"{what}\n  hint: {'make demo' if missing else 'install Chromium'}", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, path in pages.items():
            picture = _few_colours(_taken(opened, path, PAGES[name]))
            (IMAGES / f"{name}.png").write_bytes(picture)
        for name, (of, title, height) in SECTIONS.items():
            picture = _few_colours(_section(opened, pages[of], title, height))
            (IMAGES / f"{name}.png").write_bytes(picture)
        (IMAGES / "api.png").write_bytes(_few_colours(_notebook(opened, ROOT / "demo" / "profile")))
        with _review_session(ROOT / "demo" / "profile") as address:
            picture = _few_colours(_review(opened, address))
        (IMAGES / "review.png").write_bytes(picture)
        opened.close()
    write_terminals(IMAGES)
    return 0


def _taken(browser: Any, path: Path, height: int) -> bytes:
    viewport = {"width": WIDTH, "height": height}
    page = browser.new_page(viewport=viewport, color_scheme="light")
    page.goto(path.as_uri())
    taken: bytes = page.screenshot(clip={"x": 0, "y": 0, **viewport})
    page.close()
    return taken


def _section(browser: Any, path: Path, title: str, height: int) -> bytes:
    """The section of a page, down to so many pixels."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 4000}, color_scheme="light")
    page.goto(path.as_uri())
    section = page.locator("section.part").filter(has=page.locator("h2", has_text=title)).first
    box = section.bounding_box()
    taken: bytes = page.screenshot(clip={**box, "height": min(box["height"], height)})
    page.close()
    return taken


def _notebook(browser: Any, profile: Path) -> bytes:
    """A notebook that shows a profile and opens its review app."""
    import curate

    shown = curate.read_profile(profile.relative_to(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        with shown.explore(Path(folder) / "overrides.jsonl") as explorer:
            link = explorer._repr_html_().replace(f"{folder}/", "")
        code = ('profile = curate.read_profile("demo/profile")\nprofile', "profile.explore()")
        outputs = (shown._repr_html_(), link)
        cells = "".join(f"<pre>{each}</pre>{out}" for each, out in zip(code, outputs, strict=True))
        path = Path(folder) / "notebook.html"
        path.write_text(NOTEBOOK.format(cells=cells), encoding="utf-8")
        return _taken(browser, path, NOTEBOOK_HEIGHT)


@contextmanager
def _review_session(profile: Path) -> Iterator[str]:
    """The address of `curate review` of a profile, which makes no decision."""
    with tempfile.TemporaryDirectory() as folder:
        log = str(Path(folder) / "overrides.jsonl")
        command = [str(Path(sys.executable).parent / "curate"), "review", str(profile)]
        command += ["--no-browser", "--reviewer", "anna", "--overrides", log]
        run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        assert run.stderr is not None
        try:
            yield next(match[0] for line in run.stderr if (match := re.search(r"http://\S+", line)))
        finally:
            run.terminate()
            run.communicate()


def _review(browser: Any, address: str) -> bytes:
    """The record view, with a part of the sound selected."""
    page = browser.new_page(viewport={"width": WIDTH, "height": REVIEW_HEIGHT})
    page.goto(address)
    page.goto(f"{address.partition('?')[0]}#{REVIEW}")
    page.reload()
    page.wait_for_selector("#from:not([hidden])")
    page.wait_for_timeout(500)
    page.evaluate("select([sound.seconds * 0.2, sound.seconds * 0.7])")
    taken: bytes = page.screenshot()
    page.close()
    return taken


def _few_colours(png: bytes) -> bytes:
    """The picture with a palette; rare colours, as of a verdict's swatch, stay what they are."""
    image, out = Image.open(io.BytesIO(png)).convert("RGB"), io.BytesIO()
    method = Image.Quantize.MAXCOVERAGE
    image.quantize(COLOURS, method, dither=Image.Dither.NONE).save(out, "png", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
