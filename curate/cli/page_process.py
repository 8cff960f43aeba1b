"""The page of a command, drawn by a process beside it.

What draws a page takes half as long to load as what measures, and Python loads one module at a time
in a process. The process beside begins before the command has loaded anything large: that takes a
millisecond, and no thread of a library is there that it would miss.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Never

import reports
from curate.cli.running import counts_memory, input_bytes
from curate.environment.cores import thread_count
from curate.terminal.process import is_alone

_DRAWN = b"\n"


class PageProcess:
    """A process that loads what draws pages, and draws one.

    Where it cannot, this process does: what fails, fails as `reports.build` does.
    """

    def __init__(
        self, kind: reports.Kind, pid: int, pipes: tuple[IO[bytes], IO[bytes]], tables: str
    ) -> None:
        self._kind, self._pid, self._tables = kind, pid, tables
        self._orders, self._answers = pipes
        atexit.register(self.end)

    def build(self, kind: reports.Kind, folder: Path) -> Path:
        """As `reports.build`. What prints the answer is loaded while the page is drawn."""
        if self._pid and kind == self._kind:
            with suppress(OSError):  # it was killed
                self._orders.write(json.dumps(str(folder)).encode() + b"\n")
                self._orders.flush()
            if self._tables:
                import_module(self._tables)
            drawn = self._answers.readline() == _DRAWN
            self.end()
            if drawn:
                return folder / "report.html"
        return reports.build(kind, folder)

    def end(self) -> None:
        """End the process, if it has not ended."""
        if not self._pid:
            return
        pid, self._pid = self._pid, 0
        for pipe in (self._orders, self._answers):
            with suppress(OSError):
                pipe.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def begin_page(
    kind: reports.Kind, inputs: Sequence[str | Path], tables: str = ""
) -> PageProcess | None:
    """Begin to load what draws pages of a kind in a process beside the command's, which is to have
    loaded no engine yet. None where that cannot be, or is of no use: beside large inputs it is
    memory that counts. `tables` is the module that prints the answer, if one is printed.
    """
    if sys.platform != "linux" or not is_alone() or threading.active_count() > 1:
        return None
    if thread_count() < 2 or counts_memory(input_bytes(inputs)):
        return None
    reader, orders = os.pipe()
    answers, writer = os.pipe()
    try:
        pid = os.fork()
    except OSError:  # no more processes, or no memory
        for pipe in (reader, orders, answers, writer):
            os.close(pipe)
        return None
    if pid == 0:
        os.close(orders)
        os.close(answers)
        _serve(kind, reader, writer)
    os.close(reader)
    os.close(writer)
    return PageProcess(kind, pid, (os.fdopen(orders, "wb"), os.fdopen(answers, "rb")), tables)


def _serve(kind: reports.Kind, orders: int, drawn: int) -> Never:
    """Draw the page that is ordered, if one is before the other process ends.

    It prints nothing: what fails is tried again where it can be reported. It has no stream of the
    command, whose readers wait until nobody has one; and the other process decides on interrupts.
    """
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        reports.prepare(kind)
        with os.fdopen(orders, "rb") as pipe:
            order = pipe.readline()
        if order:
            reports.build(kind, Path(json.loads(order)))
            os.write(drawn, _DRAWN)
    finally:
        os._exit(0)
