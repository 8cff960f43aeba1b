"""Tasks over several processes. One that is killed, or whose parent is, leaves nothing wrong.

This process is the first worker. The others are started afresh, not forked, so that threads and
locks of this process do not matter; and not by `multiprocessing`, whose processes import the main
module of their parent before they begin.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue

from curate.errors import CurateError, parameter
from curate.shards.markers import TaskMarker
from curate.shards.tasks import Task
from curate.shards.work import Workplace, run_task

RunTasks = Callable[[Workplace, Iterable[Task], int], Iterator[TaskMarker]]
"""Does tasks in a workplace by so many workers; gives the markers of the tasks as they end."""

_SERVE = "import sys; sys.path[:] = sys.argv[1:]; from curate.shards.worker import serve; serve()"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""NumPy begins no thread for each processor: a worker multiplies no matrices."""
_Process = subprocess.Popen[bytes]


def run_tasks(place: Workplace, tasks: Iterable[Task], workers: int) -> Iterator[TaskMarker]:
    """The markers of the tasks, as they end. This process is the first of the workers.

    Raises what a task raised; the tasks that ended stay done.
    """
    shared = _Shared(iter(tasks))
    with _others(place, shared, workers - 1):
        while (task := shared.take()) is not None:
            yield run_task(place, task)
            yield from shared.ended(wait=False)
        yield from shared.ended(wait=True)


@dataclass(slots=True)
class _Shared:
    """The tasks that no worker has taken, and what became of the tasks of the `others`, how many
    of whom work; an answer of None is the last of one.
    """

    tasks: Iterator[Task]
    others: int = 0
    answers: SimpleQueue[TaskMarker | Exception | None] = field(default_factory=SimpleQueue)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> Task | None:
        """The next task; None where there is none left."""
        with self._lock:
            return next(self.tasks, None)

    def stop(self) -> None:
        """Leave the tasks that no worker has taken."""
        with self._lock:
            self.tasks = iter(())

    def ended(self, wait: bool) -> Iterator[TaskMarker]:
        """The markers of tasks of others that have ended, or that will. Raises what one raised."""
        while self.others and (wait or not self.answers.empty()):
            answer = self.answers.get()
            if answer is None:
                self.others -= 1
            elif isinstance(answer, Exception):
                raise answer
            else:
                yield answer


@contextmanager
def _others(place: Workplace, shared: _Shared, count: int) -> Iterator[None]:
    """So many further workers, which take tasks within the block and end with it."""
    processes: list[_Process] = []
    threads: list[threading.Thread] = []
    try:
        for _ in range(count):
            processes.append(_started())
            threads.append(threading.Thread(target=_feed, args=(processes[-1], place, shared)))
            shared.others += 1
            threads[-1].start()
        yield
    finally:  # after a signal or a fault there is no use in waiting for the other tasks
        shared.stop()
        for process in processes:
            process.kill()
        for thread in threads:
            thread.join()
        for process in processes:
            _close(process)


def _started() -> _Process:
    # -P: no module of the working folder. A process group of its own: Ctrl-C is its parent's.
    command: Sequence[str] = (sys.executable, "-P", "-c", _SERVE, *sys.path)
    pipe, environment = subprocess.PIPE, {**os.environ, **_ONE_THREAD}
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, process_group=0, env=environment)


def _feed(process: _Process, place: Workplace, shared: _Shared) -> None:
    """Hand one task after the other to a worker."""
    assert process.stdin is not None, "its input is a pipe"
    assert process.stdout is not None, "its output is a pipe"
    try:
        pickle.dump(place, process.stdin)
        while (task := shared.take()) is not None:
            pickle.dump(task, process.stdin)
            process.stdin.flush()
            shared.answers.put(pickle.load(process.stdout))  # noqa: S301 - of our own process
    except (EOFError, OSError, pickle.UnpicklingError):
        shared.answers.put(_killed())
    finally:
        shared.answers.put(None)


def _close(process: _Process) -> None:
    """Close the pipes of a process that was killed, whatever it has not read, and wait for it."""
    for pipe in (process.stdin, process.stdout):
        try:
            assert pipe is not None, "both are pipes"
            pipe.close()
        except OSError:
            pass
    process.wait()


def _killed() -> CurateError:
    return CurateError.of(
        parameter("workers"),
        "a worker was killed, by hand or for want of memory",
        "run the same command again: finished shards are kept. Fewer workers need less memory",
    )
