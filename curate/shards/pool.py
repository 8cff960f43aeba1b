"""Tasks over several processes. One that is killed, or whose parent is, leaves nothing wrong."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for
from typing import NoReturn

from curate.errors import CurateError, parameter
from curate.shards.markers import TaskMarker
from curate.shards.tasks import Task
from curate.shards.work import Workplace, run_task

_AHEAD = 2
"""Tasks handed out per worker, so that none waits for the next."""

_PLACE: list[Workplace] = []

RunTasks = Callable[[Workplace, Iterable[Task], int], Iterator[TaskMarker]]
"""Does tasks in a workplace by so many workers; gives the markers of the tasks as they end."""


def run_tasks(place: Workplace, tasks: Iterable[Task], workers: int) -> Iterator[TaskMarker]:
    """The markers of the tasks, as they end. One worker works in this process.

    Workers are started afresh (not forked), so that threads and locks of this process do not
    matter. Raises what a task raised; the tasks that ended stay done.
    """
    if workers <= 1:
        for task in tasks:
            yield run_task(place, task)
        return
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start, (place,))
    try:
        yield from _results(pool, iter(tasks), workers * _AHEAD)
    except BrokenProcessPool:
        _say_killed()
    except BaseException:  # a signal or a fault: there is no use in waiting for the other tasks
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _results(pool: ProcessPoolExecutor, tasks: Iterator[Task], ahead: int) -> Iterator[TaskMarker]:
    running: set[Future[TaskMarker]] = {pool.submit(_run, task) for task in islice(tasks, ahead)}
    while running:
        ended, running = wait(running, return_when=FIRST_COMPLETED)
        running |= {pool.submit(_run, task) for task in islice(tasks, len(ended))}
        for future in ended:
            yield future.result()


def _say_killed() -> NoReturn:
    raise CurateError.of(
        parameter("workers"),
        "a worker was killed, by hand or for want of memory",
        "run the same command again: finished shards are kept. Fewer workers need less memory",
    ) from None


def _start(place: Workplace) -> None:
    """Set up a worker: Ctrl-C is its parent's to answer, and it ends when its parent does."""
    _PLACE[:] = [place]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "workers have a parent"
    wait_for([parent.sentinel])
    os._exit(1)


def _run(task: Task) -> TaskMarker:
    return run_task(_PLACE[0], task)
