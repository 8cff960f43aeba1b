"""How much memory this process may use: the machine's, and its container's limit."""

from __future__ import annotations

import os

from curate.environment.cores import read_cgroup


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
