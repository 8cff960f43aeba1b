"""Anonymous memory while something runs, of this process or a tree: what it really needs.

RSS counts pages of files that were read; RssAnon does not.
"""

from __future__ import annotations

import threading
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


def tree_anonymous_mib(pid: int) -> float:
    """Anonymous memory of a process and its descendants now, MiB; a shared page counts once."""
    pids = list(descendants(pid))
    if len(pids) == 1:
        return anonymous_mib(pid)  # far cheaper to read
    return sum(_field(f"/proc/{each}/smaps_rollup", "Pss_Anon:") for each in pids)


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
