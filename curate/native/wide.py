"""Loops that are compiled twice, and which of the two runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from curate.native import kernel


@contextmanager
def plain_loops(forbidden: bool = True) -> Iterator[None]:
    """Keep to the loops for any processor, where this one has others: for tests of both."""
    _forbid(forbidden)
    try:
        yield
    finally:
        _forbid(False)


@kernel("wide")
def _forbid(forbidden: bool) -> None:
    raise NotImplementedError
