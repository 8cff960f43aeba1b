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
    signal.signal(signal.SIGTERM, _terminate)
    try:
        command()
    except CurateError as error:
        for fault in error.faults:
            print("\n".join(map(printable, str(fault).split("\n"))), file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; nothing was changed", file=sys.stderr)  # noqa: T201
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    sys.exit(0)


def _terminate(number: int, frame: FrameType | None) -> Never:
    """SIGTERM unwinds like an error, so that scratch directories are cleared away."""
    sys.exit(TERMINATED)
