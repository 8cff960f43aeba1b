"""Which process made a scratch file or directory: its id, and when it started.

The id does not suffice: that of a killed process is given to another one sooner or later, and is
still taken while its parent has not waited for it.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

_OWNER = re.compile(r"(\d+)(?:-(\d+))?\Z")
_ENDED = ("Z", "X")
"""States of processes that run no longer: a zombie, and one that is being removed."""


def owner() -> str:
    """The process as a part of a file's name: its id, and its start where the system has it."""
    return _owner_of(os.getpid())


def is_owner(text: str) -> bool:
    """Whether the text has the form of an owner."""
    return _OWNER.match(text) is not None


def is_running(text: str) -> bool:
    """Whether that owner, or where its start is not known any process of that id, is running."""
    match = _OWNER.match(text)
    if match is None:
        return False
    pid, start = int(match[1]), match[2]
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # another user's, which is running
    state, now = _state_and_start(pid)
    return state not in _ENDED and (not start or not now or now == start)


@cache
def _owner_of(pid: int) -> str:
    _, start = _state_and_start(pid)
    return f"{pid}-{start}" if start else str(pid)


def _state_and_start(pid: int) -> tuple[str, str]:
    """A process's state, and its start in ticks of the machine's clock; empty without /proc.

    The name of the program, in parentheses before both, may hold anything.
    """
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", ""
    values = line.rpartition(")")[2].split()
    return values[0], values[19]
