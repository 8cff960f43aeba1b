"""Numbered tasks on a Ray cluster, or on a local one; what dies is tried again."""

from __future__ import annotations

import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from curate.environment.cores import thread_count
from curate.environment.extras import require

DEATHS = 3
"""Workers that a task may take with it before it is set aside."""

_IN_FLIGHT = 2
"""Tasks that Ray holds for each processor: one that runs, one that waits."""


@dataclass(frozen=True, slots=True)
class Died:
    """What a task gave that took DEATHS workers with it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster: `ray`, and the function that reports deaths of workers."""

    ray: Any
    say: Callable[[str], None]

    @property
    def has_gpu(self) -> bool:
        """Whether a machine of the cluster has a GPU."""
        return bool(self.ray.cluster_resources().get("GPU"))

    def each(
        self,
        task: Callable[[Any, Any], Any],
        shared: Any,
        items: Sequence[Any],
        named: Callable[[int], str],
        gpus: int = 0,
    ) -> Iterator[tuple[int, Any]]:
        """`task(shared, item)` for each item, as they end: the item's number and the result.

        The result is Died for an item that took DEATHS workers with it; what a task raises is
        raised. A task may run more than once, and more than one of them at the same time. A task
        sees `gpus` GPUs, which are its own.
        """
        remote = self.ray.remote(num_cpus=1, num_gpus=gpus, max_retries=0)(task)
        common = self.ray.put(shared)
        room = max(1, int(self.ray.cluster_resources().get("CPU", 1))) * _IN_FLIGHT
        waiting: deque[int] = deque(range(len(items)))
        running: dict[Any, int] = {}
        deaths: Counter[int] = Counter()
        while waiting or running:
            while waiting and len(running) < room:
                number = waiting.popleft()
                running[remote.remote(common, items[number])] = number
            (done, *_), _ = self.ray.wait(list(running), num_returns=1)
            number = running.pop(done)
            try:
                result = self.ray.get(done)
            except self._gone() as error:
                deaths[number] += 1
                how = f"({deaths[number]} of {DEATHS}): {type(error).__name__}"
                self.say(f"{named(number)}: its worker died {how}")
                if deaths[number] < DEATHS:
                    waiting.append(number)
                    continue
                result = Died()
            except self.ray.exceptions.RayTaskError as error:
                raise error.cause from None
            yield number, result

    def _gone(self) -> tuple[type[Exception], ...]:
        """What Ray raises where a task's process, or its machine, is gone."""
        errors = self.ray.exceptions
        return (
            errors.WorkerCrashedError,
            errors.OutOfMemoryError,
            errors.NodeDiedError,
            errors.ObjectLostError,
        )


@contextmanager
def cluster(
    address: str | None = None,
    workers: int | None = None,
    say: Callable[[str], None] = lambda message: None,
) -> Iterator[Cluster]:
    """A cluster that runs at `address`; without one, `workers` processes that are started here.

    ConfigError where the extra `ray` is not installed.
    """
    ray = require("ray", "--engine ray")
    terminate = signal.getsignal(signal.SIGTERM)
    here = {} if address else {"num_cpus": workers or thread_count(), "include_dashboard": False}
    ray.init(address=address, log_to_driver=False, logging_level="ERROR", **here)
    try:
        signal.signal(signal.SIGTERM, terminate)  # Ray's own would exit with 15
        yield Cluster(ray, say)
    finally:
        ray.shutdown()
