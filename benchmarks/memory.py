"""Anonymous memory while something runs, of this process or a tree: what it really needs.

RSS counts pages of files that were read; RssAnon does not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MIB = 1 << 20


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


class Tree:
    """A process and its descendants, looked at often without slowing them.

    Which they are, and how much of their memory they share, takes the kernel milliseconds to say,
    with the process's memory locked: both are looked up every LOOK_S only.
    """

    LOOK_S = 0.5

    def __init__(self, pid: int) -> None:
        self._pid, self._due = pid, 0.0
        self._pids: list[int] = [pid]
        self._shared_mib = 0.0

    def anonymous_mib(self) -> float:
        """Their anonymous memory now, MiB; a shared page counts once."""
        if (now := time.monotonic()) >= self._due:
            self._due = now + self.LOOK_S
            self._pids = list(descendants(self._pid))
            self._shared_mib = self._resident_mib() - self._own_mib() if self._pids[1:] else 0.0
        return self._resident_mib() - self._shared_mib

    def _resident_mib(self) -> float:
        return sum(anonymous_mib(pid) for pid in self._pids)

    def _own_mib(self) -> float:
        return sum(_field(f"/proc/{pid}/smaps_rollup", "Pss_Anon:") for pid in self._pids)


def descendants(pid: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield pid
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # it has just ended
            for child in tasks.read_text().split():
                yield from descendants(int(child))


def _field(path: str, name: str) -> float:
    """A field of kB, in MiB."""
    with suppress(OSError), Path(path).open() as file:
        for line in file:
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return 0.0
