"""Properties that are computed once: threads with objects of their own do not wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from curate.environment.cached import cached_property


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
