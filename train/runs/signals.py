"""Signals that end a run: noted when they come, obeyed at the end of a step.

No NeMo here: what a signal means is the same whatever is being trained.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

from curate.errors import CurateError, Fault

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
"""What a scheduler sends before it kills, what Ctrl-C sends, what SLURM is configured to send
early.
"""


class Interrupted(CurateError):  # noqa: N818 - not an error: the user requested it
    """A signal ended the run behind a checkpoint; exit 128 + the signal's number.

    130 for SIGINT, 143 for SIGTERM, 138 for SIGUSR1.
    """

    def __init__(self, number: int, step: int) -> None:
        name = signal.Signals(number).name
        what = f"{name}: stopped after step {step}, and a checkpoint holds the full state"
        super().__init__(Fault("train run", what, "the same command with --resume goes on"))
        self.exit_code = 128 + number


GRACE_S = 1.0
"""How long data workers may take to leave by themselves; then they are terminated."""


class Stopped(BaseException):
    """A signal came while `StopRequest.waiting` waited; no `except Exception` may take it."""


class StopRequest:
    """The first signal requests an end; a second one of any kind ends the process at once.

    Data workers inherit the handlers when they are forked. A signal to the whole process group
    must not take them from the loop that still writes its checkpoint, so they leave only when
    the fit is `over`.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._waiting = False
        self._process = os.getpid()
        self._over = mmap.mmap(-1, 1)  # shared with forked workers
        self._older = frozenset(multiprocessing.active_children())  # the caller's own

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle signals while the block runs, then restore their handlers."""
        if threading.current_thread() is not threading.main_thread():
            yield  # a library call from a thread: Python lets only the main one handle signals
            return
        before = {number: signal.getsignal(number) for number in SIGNALS}
        self.install()
        try:
            yield
        finally:
            self._over[0] = 1
            for number, handler in before.items():
                signal.signal(number, handler)

    def install(self) -> None:
        """Take the signals, from Lightning too, whose own handlers come first otherwise."""
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                signal.signal(number, self._note)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While the block waits for something outside, a signal ends the waiting: `Stopped`."""
        if self.number is not None:
            raise Stopped
        self._waiting = True
        try:
            yield
        finally:
            self._waiting = False

    def dismiss_workers(self) -> None:
        """Nothing more is wanted of the data workers, the processes that were begun since this
        object was made: those still busy after `GRACE_S` are ended.

        torch signals them to exit, waits 5 s for each in turn, ends it, and waits again: half a
        minute for three that are decoding or wait for a slow disk, when a scheduler kills.
        """
        self._over[0] = 1
        workers = [each for each in multiprocessing.active_children() if each not in self._older]
        timer = threading.Timer(GRACE_S, _end, [workers])
        timer.daemon = True
        timer.start()

    def _note(self, number: int, frame: FrameType | Any) -> None:
        if os.getpid() != self._process:
            if self._over[0]:
                os._exit(0)  # anything else is an accident to torch, which then raises
        elif self.number is None:
            self.number = number
            if self._waiting:
                raise Stopped
        else:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


def _end(workers: Sequence[BaseProcess]) -> None:
    for worker in workers:
        worker.terminate()
