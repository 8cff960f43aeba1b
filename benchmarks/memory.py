"""Anonymous memory of this process while something runs: what a profile really needs.

RSS counts pages of files that were read; RssAnon does not.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
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


def anonymous_mib() -> float:
    """RssAnon now, MiB."""
    for line in Path("/proc/self/status").read_text().split("\n"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0.0
