"""A command that is a process of its own starts and ends without work that nobody waits for.

Loading the engines allocates some 300,000 objects that live to the end: collecting garbage among
them as often as usual, and freeing each of them one by one at the end, takes a fifth of the
processor time of a short command.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from collections.abc import Callable
from typing import Never

_YOUNG = 200_000
"""Objects between two collections; the default, 700, suits what lives longer than a second."""
_SLEEP = ("OPENBLAS_THREAD_TIMEOUT", "4")
"""NumPy's OpenBLAS begins a thread for each processor when it is imported, and each runs idle for
2^26 cycles before it sleeps, for matrices that few commands multiply. The least is 2^4."""
_PLUGINS = ("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""Pydantic looks for plugins in the metadata of every package that is installed, before it builds
its first model."""


_commands: list[Callable[[], Never]] = []
"""What this process runs, where it is a command's own."""


def is_alone() -> bool:
    """Whether this process is a command's own."""
    return bool(_commands)


def run_alone(command: Callable[[], Never]) -> None:
    """Run a command that ends in SystemExit, and end the process by its code.

    Functions that wait for the exit run, output is flushed. Where this fails, where a thread still
    works, or where the command ends in another error, the interpreter ends as it always does.
    """
    _commands.append(command)
    gc.set_threshold(_YOUNG, 20, 20)
    os.environ.setdefault(*_SLEEP)  # read when NumPy is imported
    os.environ.setdefault(*_PLUGINS)
    try:
        command()
    except SystemExit as end:
        if _is_settled(end):
            _leave(end.code or 0)
        raise


def _is_settled(end: SystemExit) -> bool:
    others = (each for each in threading.enumerate() if each is not threading.current_thread())
    return isinstance(end.code, int | None) and all(each.daemon for each in others)


def _leave(code: object) -> None:
    assert isinstance(code, int)
    atexit._run_exitfuncs()
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):
        return  # the interpreter meets the same error, and says so
    os._exit(code)
