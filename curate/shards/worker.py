"""A further worker of an export: a process that does tasks one by one, and ends with its parent."""

from __future__ import annotations

import os
import pickle
import sys
import threading
import traceback
from queue import SimpleQueue
from typing import IO

from curate.shards.tasks import Task
from curate.shards.work import Workplace, run_task


def serve() -> None:
    """Read a workplace and tasks from standard input, and answer each by its marker, or by what it
    raised. Ends at once where its input ends: its parent has.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is printed by mistake is no answer
    tasks: SimpleQueue[Task] = SimpleQueue()
    place: Workplace = pickle.load(sys.stdin.buffer)  # noqa: S301 - of our own process
    threading.Thread(target=_receive, args=(sys.stdin.buffer, tasks), daemon=True).start()
    while True:
        pickle.dump(_answer(place, tasks.get()), answers)
        answers.flush()


def _receive(requests: IO[bytes], tasks: SimpleQueue[Task]) -> None:
    while True:
        try:
            tasks.put(pickle.load(requests))  # noqa: S301 - of our own process
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(1)


def _answer(place: Workplace, task: Task) -> object:
    try:
        return run_task(place, task)
    except Exception as error:
        return error if _travels(error) else RuntimeError(traceback.format_exc())


def _travels(error: Exception) -> bool:
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301
    except Exception:
        return False
