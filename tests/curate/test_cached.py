"""What is computed once: threads wait for a table that all use, not for properties of others."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from curate.environment.cached import cached_property, once


class Meeting:
    """Its value is there when two threads compute one at the same time."""

    def __init__(self, barrier: Barrier) -> None:
        self._barrier = barrier

    @cached_property
    def value(self) -> int:
        """The place in which a thread came."""
        return self._barrier.wait(timeout=30)


def test_threads_compute_at_the_same_time() -> None:
    barrier = Barrier(2)
    meetings = [Meeting(barrier), Meeting(barrier)]
    with ThreadPoolExecutor(2) as pool:
        places = list(pool.map(lambda each: each.value, meetings))
    assert sorted(places) == [0, 1]
    assert [each.value for each in meetings] == places, "kept: nobody else is at the barrier"


def test_the_class_has_its_documentation() -> None:
    assert Meeting.value.__doc__ == "The place in which a thread came."


def test_threads_that_begin_together_make_one_table() -> None:
    made: list[object] = []
    barrier = Barrier(4)

    def make() -> object:
        time.sleep(0.05)  # the others come meanwhile
        made.append(object())
        return made[-1]

    def begin(_: int) -> object:
        barrier.wait(timeout=30)
        return table()

    table = once(make)
    with ThreadPoolExecutor(4) as pool:
        tables = list(pool.map(begin, range(4)))
    assert tables == made * 4


def test_what_cannot_be_made_is_tried_again() -> None:
    attempts: list[int] = []

    def make() -> int:
        attempts.append(0)
        return 1 // (len(attempts) - 1)

    number = once(make)
    with pytest.raises(ZeroDivisionError):
        number()
    assert (number(), number(), len(attempts)) == (1, 1, 2)
