"""How loops over arrays are compiled.

`kernel` compiles for all; `borrowing` and `inlined` are for the loops over bytes. Numba counts the
references of every array that an inlined or called function is handed, with atomic instructions;
over a manifest's bytes these took a quarter of all time. The arrays of a call live as long as the
call does, since Python holds them, so nothing is lost by not counting. The cost: such a function
can make no array. What it needs to write in is handed to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba as nb

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function; its code is cached beside its file."""
    return cast("Callable[P, R]", nb.njit(nogil=True, cache=True)(function))


def reordering(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function whose sums of floats may be added up in another order (fastmath)."""
    return cast("Callable[P, R]", nb.njit(nogil=True, cache=True, fastmath=True)(function))


def borrowing(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only borrows arrays."""
    return cast("Callable[P, R]", nb.njit(nogil=True, cache=True, _nrt=False)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """The same, put into each of its callers."""
    options = {"nogil": True, "cache": True, "_nrt": False, "inline": "always"}
    return cast("Callable[P, R]", nb.njit(**options)(function))
