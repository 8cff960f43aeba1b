"""The process in which Lhotse reads shards, and its start. Light: a command starts it before it
imports what it needs itself, since Lhotse and torch take longer to import than all of that.
"""

from __future__ import annotations

import atexit
import subprocess
import sys

Process = subprocess.Popen[str]

_ANSWER = "from curate.shards.lhotse_reads import answer; answer()"
_AHEAD: list[Process] = []


def start_ahead() -> None:
    """Start the process that `started` gives later, unless Lhotse is imported here already; it ends
    with this one.
    """
    if "lhotse" not in sys.modules:
        process = _start()
        atexit.register(process.kill)
        _AHEAD.append(process)


def started() -> Process:
    """The process, started now or ahead."""
    return _AHEAD.pop() if _AHEAD else _start()


def _start() -> Process:
    # -P: no module of the working folder. A process group of its own: Ctrl-C is its parent's.
    command = (sys.executable, "-P", "-c", _ANSWER)
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=null, text=True, process_group=0
    )
