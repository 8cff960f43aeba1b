"""Turn the scanner's spans into columns: strings, numbers, unescaped texts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl

from curate.arrays import Bools, Bytes, Floats, Int32s, Int64s, UInt64s
from curate.manifest.syntax import ESCAPED
from curate.native import kernel
from curate.text.ids import spelled_ids

Span = tuple[Bytes, Int64s, Int64s]
"""Kind, start and length of one field in each line."""

TEN: Floats = np.asarray(10.0 ** np.arange(23), np.float64)


def unescape(
    data: Bytes, kind: Bytes, start: Int64s, length: Int64s
) -> tuple[Bytes, Int64s, Int64s]:
    """Resolve the backslashes of ESCAPED spans: (data with them appended, starts, lengths)."""
    escaped = np.flatnonzero(kind == ESCAPED)
    if not escaped.size:
        return data, start, length
    start, length = start.copy(), length.copy()
    plain = np.empty(int(length[escaped].sum()), np.uint8)
    used = _unescape_rows(data, escaped, start, length, plain, data.size)
    return np.concatenate([data, plain[:used]]), start, length


@kernel("values")
def _unescape_rows(
    data: Bytes, rows: Int64s, start: Int64s, length: Int64s, out: Bytes, base: int
) -> int:
    """Write the plain texts to `out` and point start and length there; the bytes used."""
    raise NotImplementedError


def numbers(data: Bytes, kind: Bytes, start: Int64s, length: Int64s) -> Floats:
    """NUMBER spans as the nearest double (as Python's float() reads them); NaN for the rest."""
    values = np.full(start.size, np.nan)
    doubtful = np.zeros(start.size, np.bool_)
    _parse_numbers(data, kind, start, length, TEN, values, doubtful)
    for row in np.flatnonzero(doubtful):
        first = int(start[row])
        values[row] = float(data[first : first + int(length[row])].tobytes())
    return values


@kernel("values")
def _parse_numbers(
    data: Bytes,
    kind: Bytes,
    start: Int64s,
    length: Int64s,
    ten: Floats,
    values: Floats,
    doubtful: Bools,
) -> None:
    """Exact by Clinger's fast path: digits < 2^53 and a power of ten <= 22; else doubtful."""
    raise NotImplementedError


class Known(NamedTuple):
    """Distinct strings by their numbers: string i is `arena[ends[i] : ends[i + 1]]`.

    `slots` finds a number by the string's hash (open addressing, -1: free); `state` holds how many
    strings there are.
    """

    arena: Bytes
    ends: Int64s
    slots: Int64s
    state: Int64s


class Interner:
    """Spans as numbers of the distinct strings among them, decoded once each.

    What makes speakers and languages nearly free: the distinct ones lie together in a small arena,
    and are made Python strings once. Not for several threads.
    """

    def __init__(self) -> None:
        self._known = Known(
            np.empty(1 << 12, np.uint8),
            np.zeros((1 << 9) + 1, np.int64),
            np.full(1 << 10, -1, np.int64),
            np.zeros(1, np.int64),
        )
        self._decoded: list[str] = []
        self._strings = _with_null([])
        self._ids: list[str | None] = []
        self._spelled = np.ones(1, np.bool_)  # what -1 stands for needs no spelling
        self._id_strings = _with_null([])

    @property
    def size(self) -> int:
        """How many strings there are."""
        return int(self._known.state[0])

    @property
    def known(self) -> Known:
        """The strings so far, for a loop that adds to them; `grow` makes other arrays of them."""
        return self._known

    def codes(self, data: Bytes, kind: Bytes, start: Int64s, length: Int64s) -> Int32s:
        """Numbers of the spans' strings; -1 where a field is missing or null.

        Strings without their quotes and backslashes; any other JSON as it is written.
        """
        data, start, length = unescape(data, kind, start, length)
        codes = np.full(start.size, -1, np.int32)
        done = 0
        while done < start.size:
            done = _intern(data, kind, start, length, done, *self._known, codes)
            if done < start.size:
                self.grow(int(length[done]))
        return codes

    def strings(self) -> pl.Series:
        """The distinct strings in order of their numbers, and a null behind them for -1."""
        known = len(self._decoded)
        if known < self.size:
            bounds = self._known.ends[known : self.size + 1]
            new = self._known.arena[bounds[0] : bounds[-1]].tobytes()
            places = pairwise((bounds - bounds[0]).tolist())
            self._decoded += [new[one:two].decode() for one, two in places]
            self._strings = _with_null(self._decoded)
        return self._strings

    def ids(self, *used: Int32s) -> pl.Series:
        """The strings as canonical ids (`curate.text.ids`), and a null behind them for -1; null
        for those whose numbers were never in `used`.
        """
        values, more = self.strings(), self.size - len(self._ids)
        if more:
            self._ids += [None] * more
            self._spelled = np.concatenate(
                [self._spelled[:-1], np.zeros(more, np.bool_), self._spelled[-1:]]
            )
        spelled = self._spelled
        new = [codes[~known] for codes in used if not (known := spelled.take(codes)).all()]
        if new:
            numbers = np.unique(np.concatenate(new))
            spelled[numbers] = True
            ids = spelled_ids(values[numbers].to_list())
            for number, each in zip(numbers.tolist(), ids, strict=True):
                self._ids[number] = each
        if more or new:
            self._id_strings = _with_null(self._ids)
        return self._id_strings

    def grow(self, needed: int) -> None:
        """Make room for as many strings again, and for one of `needed` bytes."""
        arena, ends, slots, state = self._known
        arena = np.concatenate([arena, np.empty(max(needed, arena.size), np.uint8)])
        ends = np.concatenate([ends, np.zeros_like(ends)])
        slots = np.full(2 * slots.size, -1, np.int64)
        _rehash(arena, ends, slots, int(state[0]))
        self._known = Known(arena, ends, slots, state)


def _with_null(values: Sequence[str | None]) -> pl.Series:
    return pl.Series([*values, None], dtype=pl.String)


def strings(data: Bytes, kind: Bytes, start: Int64s, length: Int64s) -> pl.Series:
    """Spans as a String column; null where a field is missing or null."""
    interner = Interner()
    codes = interner.codes(data, kind, start, length)
    return interner.strings().gather(np.where(codes < 0, interner.strings().len() - 1, codes))


@kernel("values")
def _intern(
    data: Bytes,
    kind: Bytes,
    start: Int64s,
    length: Int64s,
    row: int,
    arena: Bytes,
    ends: Int64s,
    slots: Int64s,
    state: Int64s,
    codes: Int32s,
) -> int:
    """Number the spans from `row` on; the row for which there is no room, or the end."""
    raise NotImplementedError


@kernel("values")
def _rehash(arena: Bytes, ends: Int64s, slots: Int64s, count: int) -> None:
    raise NotImplementedError


def hash_spans(data: Bytes, kind: Bytes, start: Int64s, length: Int64s) -> UInt64s:
    """64-bit hash of each span, escapes resolved; 0 where there is none."""
    data, start, length = unescape(data, kind, start, length)
    keys = np.zeros(start.size, np.uint64)
    _hash_rows(data, kind, start, length, keys)
    return keys


@kernel("values")
def _hash_rows(data: Bytes, kind: Bytes, start: Int64s, length: Int64s, keys: UInt64s) -> None:
    raise NotImplementedError


def combine(keys: UInt64s, numbers: Floats | np.float64) -> UInt64s:
    """Hash of a key and a number together; NaN (none given) differs from 0.0."""
    bits = numbers.view(np.uint64)
    mixed = keys ^ (bits >> np.uint64(29))
    with np.errstate(over="ignore"):
        mixed *= np.uint64(0x9E3779B97F4A7C15)
        mixed ^= bits
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(32)
    return mixed
