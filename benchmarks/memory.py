"""Anonymous memory while something runs, of this process or a tree: what it really needs.

RSS counts pages of files that were read; RssAnon does not.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MIB = 1 << 20
PSS = "Pss_Anon:"
"""A process's share of the anonymous memory that it may share with others."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Peak:
    """The largest RssAnon seen, in MiB."""

    mib = 0.0


@contextmanager
def watch(every_s: float = 0.01) -> Iterator[Peak]:
    """Sample RssAnon until the block ends."""
    peak, done = Peak(), threading.Event()

    def sample() -> None:
        while not done.wait(every_s):
            peak.mib = max(peak.mib, anonymous_mib())

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def anonymous_mib(pid: int | str = "self") -> float:
    """RssAnon now, MiB; 0 of a process that has ended."""
    return _field(f"/proc/{pid}/status", "RssAnon:")


class ProcessTree:
    """The anonymous memory of a process and its descendants, sampled without slowing them.

    The kernel computes proportional set sizes in milliseconds, with the memory map locked: what
    processes share is computed again for new processes, and every REFRESH_S.
    """

    REFRESH_S = 1.0

    def __init__(self, pid: int) -> None:
        self._pid, self._due = pid, 0.0
        self._pids: list[int] = []
        self._shared_mib = 0.0

    def anonymous_mib(self) -> float:
        """Their anonymous memory now, MiB; a page that all share counts once."""
        now = time.monotonic()
        if now >= self._due or not _children(self._pid, self._pid) <= set(self._pids):
            self._due = now + self.REFRESH_S
            self._pids = list(descendants(self._pid))
            self._shared_mib = self._compute_shared()
        return sum(map(_resident_mib, self._pids)) - self._shared_mib

    def _compute_shared(self) -> float:
        """What resident sizes count too often, from the proportional ones of all but the first
        process, the largest.
        """
        others, of = self._pids[1:], len(self._pids)
        shared = (_resident_mib(pid) - _field(f"/proc/{pid}/smaps_rollup", PSS) for pid in others)
        return sum(shared) * of / (of - 1) if others else 0.0


def _children(pid: int, task: int) -> set[int]:
    """The processes that a thread of a process has begun, and that have not ended."""
    with suppress(OSError), open(f"/proc/{pid}/task/{task}/children", "rb", buffering=0) as file:  # noqa: PTH123
        return set(map(int, file.read().split()))
    return set()


def descendants(pid: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield pid
    with suppress(OSError):  # it has just ended
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - a Path for each costs as much
            for child in _children(pid, int(task)):
                yield from descendants(child)


def _resident_mib(pid: int) -> float:
    """Resident memory of a process that is of no file, MiB; 0 of one that has ended."""
    with suppress(OSError), open(f"/proc/{pid}/statm", "rb", buffering=0) as file:  # noqa: PTH123
        _, resident, files, *_ = map(int, file.read().split())
        return (resident - files) * _PAGE / MIB
    return 0.0


def _field(path: str, name: str) -> float:
    """A field of kB, in MiB."""
    with suppress(OSError), Path(path).open() as file:
        for line in file:
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return 0.0
