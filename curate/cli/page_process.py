"""The page of a command, drawn by a child process.

The modules that draw a page take half as long to import as those that measure, and a Python process
imports one module at a time. The child is forked before the command imports anything large: that
takes a millisecond, and no library has started a thread, which a fork would lose.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Never

import reports
from curate.cli.running import input_bytes, is_large
from curate.environment.cores import thread_count
from curate.environment.execution import no_progress
from curate.terminal.process import is_alone

_DRAWN = b"\n"


class PageProcess:
    """A child process that imports what draws pages, and draws one.

    Where it fails, the command draws the page itself, and raises what `reports.build` raises.
    """

    def __init__(
        self,
        kind: reports.Kind,
        pid: int,
        pipes: tuple[IO[bytes], IO[bytes]],
        meanwhile: Callable[[Any], None],
    ) -> None:
        self._kind, self._pid, self._meanwhile = kind, pid, meanwhile
        self._requests, self._replies = pipes
        self._made: object = None
        atexit.register(self.end)

    def note(self, made: object) -> None:
        """Remember the artefact whose page will be requested."""
        self._made = made

    def build(self, kind: reports.Kind, folder: Path) -> Path:
        """As `reports.build`."""
        if self._pid and kind == self._kind:
            with suppress(OSError):  # it was killed
                self._requests.write(json.dumps(str(folder)).encode() + b"\n")
                self._requests.flush()
            if self._made is not None:
                self._meanwhile(self._made)
            drawn = self._replies.readline() == _DRAWN
            self.end()
            if drawn:
                return folder / "report.html"
        return reports.build(kind, folder)

    def end(self) -> None:
        """End the process, if it has not ended."""
        if not self._pid:
            return
        pid, self._pid = self._pid, 0
        for pipe in (self._requests, self._replies):
            with suppress(OSError):
                pipe.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def begin_page(
    kind: reports.Kind,
    inputs: Sequence[str | Path],
    meanwhile: Callable[[Any], None] = no_progress,
) -> PageProcess | None:
    """Start a child process that draws a page of this kind. To be called before Polars or NumPy is
    imported. None where a fork is unsafe or impossible, on one processor, and for large inputs,
    for which memory matters more. `meanwhile` is called with the artefact while its page is drawn.
    """
    if sys.platform != "linux" or not is_alone() or threading.active_count() > 1:
        return None
    if thread_count() < 2 or is_large(input_bytes(inputs)):
        return None
    reader, requests = os.pipe()
    replies, writer = os.pipe()
    try:
        pid = os.fork()
    except OSError:  # no more processes, or no memory
        for pipe in (reader, requests, replies, writer):
            os.close(pipe)
        return None
    if pid == 0:
        os.close(requests)
        os.close(replies)
        _serve(kind, reader, writer)
    os.close(reader)
    os.close(writer)
    return PageProcess(kind, pid, (os.fdopen(requests, "wb"), os.fdopen(replies, "rb")), meanwhile)


def _serve(kind: reports.Kind, requests: int, replies: int) -> Never:
    """Draw the requested page; end without one where the parent ends before a request.

    Prints nothing: the parent draws a page that fails here, and reports its errors. Standard
    streams are closed, since a reader of the command's output waits until no process has it open.
    The parent handles interrupts.
    """
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        reports.prepare(kind)
        with os.fdopen(requests, "rb") as pipe:
            request = pipe.readline()
        if request:
            reports.build(kind, Path(json.loads(request)))
            os.write(replies, _DRAWN)
    finally:
        os._exit(0)
