"""The pieces of a job as tasks on a Ray cluster, or on a local one."""

from __future__ import annotations

from collections.abc import Callable

from curate.environment.ray_tasks import DEATHS, Cluster, Died, cluster
from curate.errors import Fault, InputError, raise_all
from curate.scale.parts import Job, incomplete, measure_piece

Task = Callable[[Job, int], tuple[Fault, ...]]


def run_on_ray(
    job: Job,
    address: str | None = None,
    workers: int | None = None,
    say: Callable[[str], None] = lambda message: None,
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
        say(f"{ready} of {len(job.origins)} manifests were measured before and are reused")
    if not left:
        return
    with cluster(address, workers, say) as started:
        raise_all(InputError, _measure(started, job, left, task))


def _measure(started: Cluster, job: Job, left: list[int], task: Task) -> list[Fault]:
    """Run the pieces that are left; the faults of those that cannot be measured, in order."""

    def named(number: int) -> str:
        return job.origins[left[number]].name

    results = dict(started.each(task, job, left, named))
    return [
        fault
        for number, result in sorted(results.items())
        for fault in ([_set_aside(named(number), job)] if isinstance(result, Died) else result)
    ]


def _set_aside(name: str, job: Job) -> Fault:
    return Fault(
        name,
        f"{DEATHS} workers died while they measured it; it was set aside",
        f"profile only this manifest to see why; the other pieces stay in {job.folder}: "
        "the same command goes on from there",
    )
