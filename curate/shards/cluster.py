"""The tasks of an export on a Ray cluster, or on a local one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from curate.environment.ray_tasks import DEATHS, Died, cluster
from curate.errors import CurateError, Fault, parameter, raise_all
from curate.shards.markers import TaskMarker
from curate.shards.pool import RunTasks
from curate.shards.tasks import Task
from curate.shards.work import Workplace, run_task


def on_ray(
    address: str | None = None,
    say: Callable[[str], None] = lambda message: None,
    run: Callable[[Workplace, Task], TaskMarker] = run_task,
) -> RunTasks:
    """What runs tasks on the cluster at `address`, or on as many local processes as requested.

    A worker that dies is replaced and its task tried again. CurateError, when all other tasks are
    done, for each that took DEATHS workers with it. The stage must be visible to all workers under
    the same name, and the audio too.
    """

    def run_tasks(place: Workplace, tasks: Iterable[Task], workers: int) -> Iterator[TaskMarker]:
        listed = list(tasks)
        if not listed:
            return
        dead: list[int] = []
        with cluster(address, workers, say) as started:
            for number, result in started.each(run, place, listed, lambda at: listed[at].name):
                if isinstance(result, Died):
                    dead.append(number)
                else:
                    yield result
        raise_all(CurateError, [_set_aside(listed[number]) for number in sorted(dead)])

    return run_tasks


def _set_aside(task: Task) -> Fault:
    return Fault(
        task.name,
        f"{DEATHS} workers died while they stored it; it was set aside",
        f"the same command without {parameter('engine')} ray shows why; finished shards are kept",
    )
