"""Pages in a real, headless Chromium: what they say, whom they ask, and who can use them."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is Chromium without its windows and tabs, which are drawn for nobody."""
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
Screen = dict[str, Any]
SCREENS: list[Screen] = [
    {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    for width, height in ((1280, 900), (390, 844))
    for scheme in ("light", "dark")
]
"""A desk's and a phone's screen, by day and by night."""
DEVICES = {"desk": SCREENS[:2], "phone": SCREENS[2:]}
NAMED = [f"{screen['viewport']['width']} {screen['color_scheme']}" for screen in SCREENS]


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium, the system's own; skips where there is none, or no Playwright."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def watched(
    opened: Any, address: str, screen: Screen = SCREENS[0], ignoring: str | None = None
) -> Iterator[Any]:
    """A page of the browser, which must say nothing on its console and ask nobody else.

    `ignoring` is the HTTP status of refusals that are part of the test.
    """
    context = opened.new_context(**screen)
    page = context.new_page()
    with _watching(page, address, ignoring):
        yield page
        context.close()


@contextmanager
def _watching(page: Any, address: str, ignoring: str | None = None) -> Iterator[None]:
    """Open an address in a page, and check at the end what it printed and requested."""
    messages: list[str] = []
    urls: list[str] = []
    listeners: dict[str, Callable[[Any], None]] = {
        "console": lambda message: messages.append(message.text),
        "pageerror": lambda error: messages.append(str(error)),
        "request": lambda request: urls.append(request.url),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    try:
        page.goto(address)
        yield
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
    own = re.match(r"\w+://[^/]*", address)
    assert own is not None
    foreign = [url for url in urls if not url.startswith((own[0], f"blob:{own[0]}", "data:"))]
    refused = f"the server responded with a status of {ignoring} "
    assert ([text for text in messages if refused not in text], foreign) == ([], [])


_MARK_LOOKS = """() => {
  for (const each of document.querySelectorAll("wbr")) each.remove();
  const grounds = new Map([[null, ""]]);
  const groundOf = (it) => {
    if (!grounds.has(it)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(it);
      const beneath = groundOf(it.parentElement);
      grounds.set(it, [backgroundColor, backgroundImage, opacity, beneath].join());
    }
    return grounds.get(it);
  };
  const counts = new Map();
  const isText = (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim();
  const all = [...document.querySelectorAll("body *")];
  const texts = all.filter((it) => [...it.childNodes].some(isText));
  const isMarked = (it) => "look" in it.dataset;
  for (const each of [...texts.filter(isMarked), ...texts.filter((it) => !isMarked(it))]) {
    const style = getComputedStyle(each);
    const look = [style.color, style.fill, style.fontSize, style.fontWeight, groundOf(each)];
    const key = look.join();
    counts.set(key, (counts.get(key) || 0) + 1);
    if (counts.get(key) <= 2) each.dataset.look = "";
  }
}"""
"""Marks two texts of each look, one colour and size on the same backgrounds; those that are marked
already count.
"""
_RUN_AXE = """async (only) => {
  const contrast = { id: "color-contrast", enabled: true, selector: "[data-look]" };
  axe.configure({ rules: [contrast] });
  const rules = only ? { runOnly: only } : {};
  return (await axe.run({ resultTypes: ["violations"], ...rules })).violations;
}"""
"""Contrast takes nine tenths of axe-core's time over a table, so one look is checked twice."""
_OF_SCREENS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]
"""The rules that depend on colours and sizes; the others see the same on every screen."""


def violations(page: Any, only: Sequence[str] | None = None) -> list[str]:
    """What axe-core finds serious or critical on the page as it is now, by all rules or only by
    some: rule and place.
    """
    _load_axe(page)
    page.evaluate(_MARK_LOOKS)
    return _violated(page, only)


def everyone(page: Any, screens: Sequence[Screen]) -> list[str]:
    """What keeps somebody from using the page as it is now: violations and what sticks out, on the
    screens of one device, on whose first it was opened.
    """
    _load_axe(page)
    wrong = []
    for at, screen in enumerate(screens):
        _show(page, screen)
        page.evaluate(_MARK_LOOKS)
        violated = _violated(page, _OF_SCREENS if at else None)
        out = [f"{pixels} pixels stick out"] if (pixels := sticks_out(page)) > 0 else []
        wrong += [f"{_name(screen)}: {each}" for each in (*violated, *out)]
    return wrong


def _load_axe(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))


def _violated(page: Any, only: Sequence[str] | None = None) -> list[str]:
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for each in page.evaluate(_RUN_AXE, only)
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def until(page: Any, holds: str, seconds: float = 20.0) -> None:
    """Wait until an expression of JavaScript holds.

    Playwright's own waiting evaluates text in the page, which our pages' policies refuse.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(holds):
        if time.monotonic() > end:
            pytest.fail(f"never came true: {holds}")
        time.sleep(0.02)


def sticks_out(page: Any) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@cache
def _kept_page(opened: Any) -> Any:
    """One page of the browser for many documents: its process starts, and compiles axe-core, once.

    Documents of files keep no state there: none of them stores anything.
    """
    return opened.new_page()


def look(
    opened: Any,
    page: Path,
    screens: Sequence[Screen] = SCREENS[:1],
    picture: Callable[[Screen], Path | None] = lambda _: None,
) -> list[str]:
    """What is wrong with a page on some screens, all of its folds open; pictures as it opens.

    Colours depend on day and night alone, so that a desk by day and a phone by night show them all.
    What is like three others on the page is taken out before axe-core reads it.
    """
    shown, wrong = _kept_page(opened), []
    _show(shown, screens[0])
    with _watching(shown, page.as_uri()):
        for screen in screens:
            if path := picture(screen):
                _show(shown, screen)
                shown.screenshot(path=path, full_page=True)
        shown.evaluate(_OPEN_FOLDS)
        _load_axe(shown)
        for screen in screens:
            _show(shown, screen)
            out = sticks_out(shown)
            wrong += [f"{_name(screen)}: {out} pixels stick out"] if out > 0 else []
        checked = [screen for screen in screens if screen in _COLOURS]
        for screen in reversed(checked):
            _show(shown, screen)
            shown.evaluate(_MARK_LOOKS)
        shown.evaluate(DROP_ALIKE)
        for at, screen in enumerate(checked):
            _show(shown, screen)
            violated = _violated(shown, _OF_SCREENS if at else None)
            wrong += [f"{_name(screen)}: {each}" for each in violated]
    return wrong


_OPEN_FOLDS = "document.querySelectorAll('details').forEach((it) => { it.open = true; })"
DROP_ALIKE = (Path(__file__).parent / "drop_alike.js").read_text(encoding="utf-8")
_COLOURS = (SCREENS[0], SCREENS[3])


def _show(page: Any, screen: Screen) -> None:
    page.set_viewport_size(screen["viewport"])
    page.emulate_media(color_scheme=screen["color_scheme"])


def _name(screen: Screen) -> str:
    return NAMED[SCREENS.index(screen)]
