"""What browser tests of the review app share: the app as a process, and waiting for its page."""

from __future__ import annotations

import json
import re
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import processes
from tests.browsing import until
from tests.lines import lines_of

ENVIRONMENT = {"OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
START_S = 60.0


def curate(*arguments: str | Path, folder: Path) -> None:
    done = processes.curate(*arguments, "--quiet", cwd=folder, **ENVIRONMENT)
    assert done.returncode == 0, done.stderr


def copied(folder: Path, to: Path) -> Path:
    """A folder with all that another holds, for a test that writes to it."""
    return Path(shutil.copytree(folder, to, symlinks=True, dirs_exist_ok=True))


@contextmanager
def served(*arguments: str | Path, folder: Path, ended: str = "review ended") -> Iterator[str]:
    """`curate review` with these arguments, in this folder; the address that it prints.

    At the end it is stopped, and prints `ended`.
    """
    reviewer = () if "--reviewer" in arguments else ("--reviewer", "anna")
    words = ("review", *arguments, "--no-browser", *reviewer)
    with processes.started("curate.cli", *words, cwd=folder, **ENVIRONMENT) as run:
        yield _address(run)
        run.send(signal.SIGTERM)
        done = run.ended(30)
    assert "Traceback" not in done.stderr
    assert ended in done.stderr
    assert done.returncode == 143


def _address(run: processes.Started) -> str:
    """The address that the command prints once it listens."""
    end = time.monotonic() + START_S
    while (match := re.search(r"http://\S+(?=\s)", run.printed())) is None:
        if not run.is_running() or time.monotonic() > end:
            pytest.fail(run.printed())
        time.sleep(0.02)
    return match[0]


def filled(requests: Sequence[Any], page: Any, seconds: float = 20.0) -> None:
    """Wait until a request that the page makes has arrived."""
    end = time.monotonic() + seconds
    while not requests:
        if time.monotonic() > end:
            pytest.fail("the page made no such request")
        page.wait_for_timeout(10)


def listed(page: Any) -> None:
    """Wait until the table shows what the filters say, and no request for it is on the way."""
    until(page, "document.querySelector('#records').ariaBusy === 'false'")


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(path.read_text(encoding="utf-8"))]


def trim_half(page: Any) -> tuple[float, float]:
    """Drag over the middle half of the sound, move its start by a key, and save it: the segment."""
    until(page, "sound.seconds > 0")
    box = page.locator("#view").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 20, steps=3)
    page.mouse.up()
    before = page.evaluate("sound.selected[0]")
    page.focus("#from")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("sound.selected[0]") == pytest.approx(before + 0.01)
    assert page.get_attribute("#from", "aria-valuetext").endswith(" seconds")
    page.keyboard.press("t")
    until(page, "document.querySelector('#decided').textContent.includes('Trimmed')")
    segment = page.evaluate("state.rows[state.at].decided.segment")
    return segment["new_offset"], segment["new_duration"]
