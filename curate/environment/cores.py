"""How many processors this process may use: its affinity and its container's limit."""

from __future__ import annotations

import math
import os
from pathlib import Path


def thread_count() -> int:
    """Processors that this process may use, at least one: never more than its container has."""
    limit = cgroup_cores()
    return affinity_cores() if limit is None else max(1, min(affinity_cores(), math.ceil(limit)))


def affinity_cores() -> int:
    """Processors that the scheduler gives to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cgroup_cores() -> float | None:
    """Cores that the container may use; None without a limit."""
    quota, _, period = read_cgroup("cpu.max").partition(" ")
    if not quota.isdigit():
        quota, period = (read_cgroup(f"cpu/cpu.cfs_{name}_us") for name in ("quota", "period"))
    return int(quota) / int(period) if quota.isdigit() and period.strip().isdigit() else None


def read_cgroup(name: str) -> str:
    """A value of the container's control group; empty where there is none."""
    try:
        return Path("/sys/fs/cgroup", name).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
