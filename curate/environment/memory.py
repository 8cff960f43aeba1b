"""How much memory this process may use: the machine's, and its container's limit."""

from __future__ import annotations

import os
import sys

from curate.environment.cores import read_cgroup

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Settings of glibc's malloc: malloc.h."""
_MOST_FREED = 1 << 26


def keep_freed_memory() -> None:
    """Let malloc keep up to 64 MiB that it is given back, for the next batch.

    For a process of our own only. Nothing where the C library has no such setting.
    """
    if sys.platform != "linux":
        return
    import ctypes  # loaded by the kernels, too

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _MOST_FREED)
        mallopt(_M_TRIM_THRESHOLD, _MOST_FREED)


def usable_memory_bytes() -> int | None:
    """Memory that this process may use; None where the system does not say."""
    known = [each for each in (machine_memory_bytes(), cgroup_memory_bytes()) if each is not None]
    return min(known, default=None)


def machine_memory_bytes() -> int | None:
    """Memory of the machine; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def cgroup_memory_bytes() -> int | None:
    """Memory that a container may use; None without a limit."""
    for path in ("memory.max", "memory/memory.limit_in_bytes"):
        limit = read_cgroup(path)
        if limit.isdigit() and int(limit) < 1 << 60:
            return int(limit)
    return None
