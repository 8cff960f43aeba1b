"""Tables over all code points, stored for the Unicode versions of several Pythons.

Computing them takes a tenth of a second of every short command, reading them a tenth of that. A
Python of another version computes them. What the modules compute is the authority: after a change,
and for another version, `docs/unicode_tables.py` writes the files.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).with_name("unicode_tables")
Array: TypeAlias = npt.NDArray[Any]


def read_arrays(name: str) -> list[Array]:
    """The arrays of a table for this Python's Unicode version; none where they are not stored."""
    try:
        with _path(name).open("rb") as file:
            (count,) = np.load(file)
            return [np.load(file) for _ in range(count)]
    except FileNotFoundError:
        return []


def write_arrays(name: str, arrays: Sequence[Array]) -> None:
    """Store the arrays of a table for this Python's Unicode version."""
    _path(name).parent.mkdir(exist_ok=True)
    with _path(name).open("wb") as file:
        np.save(file, np.array([len(arrays)]))
        for array in arrays:
            np.save(file, array)


def _path(name: str) -> Path:
    return FOLDER / f"{name}-{unicodedata.unidata_version}.npy"


def runs_of(table: Array) -> list[Array]:
    """A table as the values of its runs, and how long each is."""
    ends = np.flatnonzero(np.append(table[1:] != table[:-1], True))
    return [table[ends], np.diff(ends, prepend=-1).astype(np.uint32)]


_LONG = 1 << 11
"""Entries of a run that is written apart."""


def of_runs(values: Array, lengths: Array) -> Array:
    """The table of these runs. Long runs of zeros, most of a table, are not written: the system
    gives their memory where it is read.
    """
    ends = np.cumsum(lengths, dtype=np.int64)
    begins, long = ends - lengths, np.flatnonzero(lengths >= _LONG)
    table = np.zeros(int(ends[-1]), values.dtype)
    for at in long[values[long] != 0].tolist():
        table[begins[at] : ends[at]] = values[at]
    for first, end in zip([0, *(long + 1).tolist()], [*long.tolist(), lengths.size], strict=True):
        if first < end:
            several = np.repeat(values[first:end], lengths[first:end])
            table[begins[first] : ends[end - 1]] = several
    return table


def shifts_of(table: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """What to add to each code point for its entry, modulo 2**32: nothing, for most."""
    shifts = table.copy()
    shifts -= np.arange(table.size, dtype=np.uint32)
    return shifts
