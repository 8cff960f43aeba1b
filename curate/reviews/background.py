"""What a session makes once, on a thread of its own beside the requests, and each request waits for
no longer than it wants to.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import polars as pl

from curate.errors import CurateError, InputError

Watch = Callable[[int], None]
"""Called with the number of rows that have been read; what it raises ends the reading."""
Made = TypeVar("Made")
_ALMOST: Final = 0.99
"""The share while all has been read, and what is made of it is not ready."""


class Background(Generic[Made]):
    """What `make` gives, which runs once: from `start`, or from the first time that it is waited
    for. Thread-safe.

    `make` is called with a function to report how many of the `rows` have been read; that function
    ends it after `close`. `name` is what an error says cannot be read.
    """

    def __init__(self, name: str, rows: int, make: Callable[[Watch], Made]) -> None:
        self._name, self._rows, self._make = name, rows, make
        self._read = 0
        self._made: Made | None = None
        self._failure: CurateError | None = None
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self) -> None:
        """Begin, unless that has begun."""
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(
                    target=self._run,
                    name=self._name,
                    daemon=True,  # no process stays alive for it
                )
                self._thread.start()

    def close(self) -> None:
        """End what is running."""
        with self._lock:
            self._closed = True
        if self._thread is not None:
            self._thread.join()

    def wait(self, wait_s: float) -> Made | None:
        """What was made; None where it is not ready after `wait_s`, or was closed before. The error
        of `make` where that failed.
        """
        self.start()
        if self._thread is not None:
            self._ended.wait(wait_s)
        if self._failure is not None:
            raise self._failure
        return self._made

    @property
    def share(self) -> float:
        """How many of the rows have been read; 1 only once it has ended.

        Whoever reports it reads it before waiting: it may end in between.
        """
        if self._ended.is_set():
            return 1.0
        return min(_ALMOST, self._read / self._rows) if self._rows else 0.0

    def _run(self) -> None:
        try:
            self._made = self._make(self._watch)
        except _Closed:
            pass
        except CurateError as error:
            self._failure = error
        except (OSError, ValueError, pl.exceptions.PolarsError) as error:
            self._failure = InputError.of(self._name, f"cannot be read: {error}")
        finally:
            self._ended.set()

    def _watch(self, read: int) -> None:
        if self._closed:
            raise _Closed
        self._read = read


class _Closed(Exception):  # noqa: N818 - ends the making, and is no error
    pass
