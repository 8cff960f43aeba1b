"""The pieces of a job as tasks on a Ray cluster, or on one of this machine's own."""

from __future__ import annotations

import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from curate.errors import Fault, InputError, raise_all
from curate.extras import require
from curate.manifest import thread_count
from curate.scale.pieces import Job, incomplete, measure_piece

DEATHS = 3
"""Workers that a piece may take with it before it is set aside."""

_IN_FLIGHT = 2
"""Tasks that Ray holds for each processor: one that runs, one that waits."""

Task = Callable[[Job, int], tuple[Fault, ...]]


def run_on_ray(
    job: Job,
    address: str | None = None,
    workers: int | None = None,
    say: Callable[[str], None] = lambda said: None,
    task: Task = measure_piece,
) -> None:
    """Measure the pieces that are not complete yet.

    `address` names a cluster that runs; without one, `workers` processes are started here. A
    worker that dies is replaced and its piece tried again. Raises InputError, when all other
    pieces are complete, with every fault of a manifest and every piece set aside. ConfigError
    where the extra `ray` is not installed.
    """
    left = incomplete(job)
    ready = len(job.origins) - len(left)
    if ready:
        say(f"{ready} of {len(job.origins)} manifests were measured before and are kept")
    if not left:
        return
    with _cluster(address, workers) as ray:
        raise_all(InputError, _measure(ray, job, deque(left), say, task))


def _measure(
    ray: Any, job: Job, waiting: deque[int], say: Callable[[str], None], task: Task
) -> list[Fault]:
    """Run the waiting pieces; the faults of those that cannot be measured, by their number."""
    remote = ray.remote(num_cpus=1, max_retries=0)(task)
    shared = ray.put(job)
    room = max(1, int(ray.cluster_resources().get("CPU", 1))) * _IN_FLIGHT
    running: dict[Any, int] = {}
    deaths: Counter[int] = Counter()
    faults: dict[int, tuple[Fault, ...]] = {}
    while waiting or running:
        while waiting and len(running) < room:
            index = waiting.popleft()
            running[remote.remote(shared, index)] = index
        (done, *_), _ = ray.wait(list(running), num_returns=1)
        index = running.pop(done)
        name = job.origins[index].name
        try:
            if found := ray.get(done):
                faults[index] = found
        except _died(ray) as error:
            deaths[index] += 1
            say(f"{name}: its worker died ({deaths[index]} of {DEATHS}): {_short(error)}")
            if deaths[index] < DEATHS:
                waiting.append(index)
            else:
                faults[index] = (_set_aside(name, job),)
    return [fault for index in sorted(faults) for fault in faults[index]]


def _died(ray: Any) -> tuple[type[Exception], ...]:
    """What Ray raises where a task's process, or its machine, is gone."""
    errors = ray.exceptions
    return (
        errors.WorkerCrashedError,
        errors.OutOfMemoryError,
        errors.NodeDiedError,
        errors.ObjectLostError,
    )


def _short(error: Exception) -> str:
    return type(error).__name__


def _set_aside(name: str, job: Job) -> Fault:
    return Fault(
        name,
        f"{DEATHS} workers died while they measured it; it was set aside",
        f"profile it alone to see why; the other pieces are kept in {job.folder}: "
        "the same command goes on from there",
    )


@contextmanager
def _cluster(address: str | None, workers: int | None) -> Iterator[Any]:
    ray = require("ray", "--engine ray")
    terminate = signal.getsignal(signal.SIGTERM)
    here = {} if address else {"num_cpus": workers or thread_count(), "include_dashboard": False}
    ray.init(address=address, log_to_driver=False, logging_level="ERROR", **here)
    try:
        signal.signal(signal.SIGTERM, terminate)  # Ray's own would exit with 15
        yield ray
    finally:
        ray.shutdown()
