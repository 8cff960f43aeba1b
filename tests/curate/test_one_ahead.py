"""What is read one ahead of the work on it: the same items and errors, on one thread."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from curate.manifest.read import one_ahead


class Source:
    """Numbers, and what is known of making them."""

    def __init__(self, many: int, fault: type[BaseException] | None = None) -> None:
        self.made, self.is_closed = 0, False
        self.threads: set[int] = set()
        self._many, self._fault = many, fault

    def items(self) -> Generator[int]:
        try:
            for at in range(self._many):
                self.threads.add(threading.get_ident())
                self.made = at + 1
                yield at
            if self._fault:
                raise self._fault("no more")
        finally:
            self.is_closed = True


@pytest.mark.parametrize("many", [0, 1, 2, 7])
def test_all_items_come_in_order_from_one_other_thread(many: int) -> None:
    source = Source(many)
    for at, item in enumerate(one_ahead(source.items())):
        assert item == at
        assert source.made <= at + 2
    assert source.made == many
    assert source.is_closed
    assert threading.get_ident() not in source.threads
    assert len(source.threads) == min(many, 1)


@pytest.mark.parametrize("many", [0, 1, 3])
@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_an_error_comes_where_it_was(many: int, fault: type[BaseException]) -> None:
    came = []
    with pytest.raises(fault, match="no more"):
        for item in one_ahead(Source(many, fault).items()):
            came.append(item)  # noqa: PERF402 - the error ends it
    assert came == list(range(many))


def test_who_stops_early_closes_the_source() -> None:
    source = Source(100)
    items = one_ahead(source.items())
    assert next(items) == 0
    before = source.is_closed
    items.close()
    assert (before, source.is_closed) == (False, True)
    assert source.made <= 2
