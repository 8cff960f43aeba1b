"""How many threads start: never more than the process, or its container, may run at once."""

from __future__ import annotations

import pytest

from curate.environment import cores


@pytest.mark.parametrize(
    ("affinity", "files", "threads"),
    [
        (8, {}, 8),
        (8, {"cpu.max": "max 100000"}, 8),
        (8, {"cpu.max": "200000 100000"}, 2),
        (8, {"cpu.max": "150000 100000"}, 2),
        (8, {"cpu.max": "10000 100000"}, 1),
        (2, {"cpu.max": "800000 100000"}, 2),
        (8, {"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        (8, {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
    ],
)
def test_threads_are_bounded_by_affinity_and_container(
    monkeypatch: pytest.MonkeyPatch, affinity: int, files: dict[str, str], threads: int
) -> None:
    monkeypatch.setattr(cores, "affinity_cores", lambda: affinity)
    monkeypatch.setattr(cores, "read_cgroup", lambda name: files.get(name, ""))
    assert cores.thread_count() == threads
