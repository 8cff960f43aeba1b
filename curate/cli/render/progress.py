"""Progress on the terminal, while a command reads. Rich is loaded only where somebody looks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, TextIO

from curate.formatting.units import plural

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Watcher:
    """Sees how far the reading, the analysis of audio and the draws of a split are; here, nobody
    does.
    """

    def __call__(self, size: int, rows: int) -> None:
        """So many more bytes and rows were read."""

    def show_audio(self, done: int, files: int) -> None:
        """Progress over audio files: how many of how many are analysed."""

    def show_draws(self, done: int, most: int) -> None:
        """Progress over draws of a split, of which the best is taken: how many of at most how many
        are made.
        """


class _Bars(Watcher):
    """Progress bars over input bytes, which also counts rows, over audio files, and over draws."""

    def __init__(self, bars: Progress, total_bytes: int) -> None:
        self._bars = bars
        self._reading = bars.add_task("reading", total=total_bytes or None, done="")
        self._analysing = bars.add_task("audio", total=None, visible=False, done="")
        self._drawing = bars.add_task("drawing splits", total=None, visible=False, done="")
        self._rows = 0

    def __call__(self, size: int, rows: int) -> None:
        self._rows += rows
        self._bars.update(self._reading, advance=size, done=plural(self._rows, "row"))

    def show_audio(self, done: int, files: int) -> None:
        self._show(self._analysing, done, files, "files")

    def show_draws(self, done: int, most: int) -> None:
        self._show(self._drawing, done, most, "draws")

    def _show(self, task: TaskID, done: int, total: int, unit: str) -> None:
        amount = f"{done:,} of {total:,} {unit}"
        self._bars.update(task, completed=done, total=total, visible=total > 0, done=amount)


@contextmanager
def progress(total_bytes: int, quiet: bool) -> Iterator[Watcher]:
    """Progress bars; silent where nobody looks."""
    with libraries_muted() if quiet else nullcontext():
        if quiet or not _is_looked_at():
            yield Watcher()
            return
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        from curate.cli.render.terminal import CONSOLE

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[done]}"),
        )
        hidden = not CONSOLE.is_terminal
        with Progress(*columns, console=CONSOLE, transient=True, disable=hidden) as bars:
            yield _Bars(bars, total_bytes)


def _is_looked_at() -> bool:
    """Whether Rich may take stderr for a terminal: it is one, or a variable says that it is."""
    if os.environ.get("FORCE_COLOR") or os.environ.get("TTY_COMPATIBLE"):
        return True
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def libraries_muted() -> Iterator[None]:
    """Keep what C libraries write on stderr, such as an MP3 decoder's warnings, from the terminal;
    what Python writes there still comes.
    """
    stderr = sys.stderr
    try:
        terminal = os.dup(2)
    except OSError:  # no stderr at all
        yield
        return
    with os.fdopen(
        terminal, "w", encoding="utf-8", errors="backslashreplace", buffering=1
    ) as own_stderr:
        if _is_terminal_of_c(stderr):
            sys.stderr = own_stderr
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            sys.stderr = stderr


def _is_terminal_of_c(stream: TextIO) -> bool:
    """Whether it writes where C libraries do, and would be muted with them."""
    try:
        return stream.fileno() == 2
    except (OSError, ValueError):
        return False
