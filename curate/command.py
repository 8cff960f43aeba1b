"""How a command of ours ends: errors in plain words, exit codes that scripts can rely on.

Shared by both command lines; standard library only, so that `--help` stays quick.
"""

from __future__ import annotations

import signal
import sys
import unicodedata
from collections.abc import Callable
from types import FrameType
from typing import Never

from curate.changes import words
from curate.errors import CurateError

INTERRUPTED = 130
TERMINATED = 143


def printable(text: str) -> str:
    r"""Untrusted text for a terminal: control, format and bidi characters as <U+XXXX>.

    >>> printable("a\x1b[31mb")
    'a<U+001B>[31mb'
    """
    return "".join(
        f"<U+{ord(char):04X}>" if unicodedata.category(char) in _UNSAFE else char for char in text
    )


_UNSAFE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


def run(command: Callable[[], None]) -> Never:
    """Run a command and exit: 0 done, else the error's code, 130 and 143 for signals.

    A broken pipe on standard output (`| head`) is no error.
    """
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else: ignored, by nohup
        signal.signal(signal.SIGINT, _stop)
    try:
        command()
    except BaseException as error:
        # An engine that a signal interrupts ends in an error of its own, or in a panic.
        _exit_if_stopped()
        _end(error)
    sys.exit(0)


def _end(error: BaseException) -> None:
    """Say what is wrong and exit by it; an error that nobody foresaw goes on."""
    if isinstance(error, CurateError):
        for fault in error.faults:
            print("\n".join(map(printable, str(fault).split("\n"))), file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()
        sys.exit(0)
    raise error


_stopped: list[int] = []
"""The signals that came, in order."""


def _stop(number: int, frame: FrameType | None) -> Never:
    """A signal unwinds like an error, so that scratch directories are cleared away."""
    _stopped.append(number)
    raise KeyboardInterrupt


def _exit_if_stopped() -> None:
    if _stopped:
        print(printable(words()), file=sys.stderr)  # noqa: T201
        sys.exit(TERMINATED if _stopped[0] == signal.SIGTERM else INTERRUPTED)
