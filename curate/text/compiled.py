"""How the loops over bytes are compiled: without the GIL, and without counting references.

Numba counts the references of every array that an inlined or called function is handed, with atomic
instructions; over a manifest's bytes these took a quarter of all time. The arrays of a call live as
long as the call does, since Python holds them, so nothing is lost by not counting. The price: such
a function can make no array. What it needs to write in is handed to it.
"""

from __future__ import annotations

from typing import Any

import numba as nb


def borrowing(function: Any) -> Any:
    """Compile a function that only borrows arrays."""
    return nb.njit(nogil=True, cache=True, _nrt=False)(function)


def inlined(function: Any) -> Any:
    """The same, put into each of its callers."""
    return nb.njit(nogil=True, cache=True, _nrt=False, inline="always")(function)
