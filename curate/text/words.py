"""Eight bytes at a time: unaligned loads and bit tricks that Numba has no spelling for."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from curate.arrays import Bytes, Int32s, Int64s, Word
from curate.arrays.compiled import borrowing, inlined

_I64 = ir.IntType(64)


@intrinsic  # type: ignore[untyped-decorator]
def load_word(typing_context: Any, data: Any, at: Any) -> Any:
    """Eight bytes of a uint8 array from position `at`, first byte lowest; bounds not checked."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(array.data, [arguments[1]])
        word = builder.load(builder.bitcast(address, _I64.as_pointer()))
        word.align = 1
        return word

    return types.uint64(data, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(typing_context: Any, value: Any) -> Any:
    """How many low bits of a uint64 are zero; 64 for zero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def ones(typing_context: Any, value: Any) -> Any:
    """How many bits of a uint64 are set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


_SEED = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x00000100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(33)
_SWIRL = np.uint64(29)


@inlined
def mix(value: Word) -> Word:
    """Spread every bit of a uint64 over all of it."""
    value ^= value >> _SHIFT
    value *= _MIX
    return value ^ (value >> _SHIFT)


@inlined
def absorb(value: Word, word: Word) -> Word:
    """Carry eight more bytes into a running hash."""
    value = (value ^ word) * _MIX
    return value ^ (value >> _SWIRL)


@borrowing
def hash_bytes(data: Bytes, start: int, length: int) -> Word:
    """64-bit hash of a span, eight bytes a step. Own code, so stable across library versions."""
    value = _SEED ^ np.uint64(length)
    end = start + length
    at = start
    while at + 8 <= end:
        value = absorb(value, load_word(data, at))
        at += 8
    if at < end:
        rest = np.uint64(0)
        shift = np.uint64(0)
        while at < end:
            rest |= np.uint64(data[at]) << shift
            shift += np.uint64(8)
            at += 1
        value = absorb(value, rest)
    return mix(value * _PRIME)


def count_codes(data: Bytes, starts: Int64s, lengths: Int64s) -> Int32s:
    """Code points of each span (valid UTF-8); 0 for what has no length."""
    counts = np.zeros(starts.size, np.int32)
    _count_codes(data, starts, lengths, counts)
    return counts


@borrowing
def _count_codes(data: Bytes, starts: Int64s, lengths: Int64s, counts: Int32s) -> None:
    for row in range(starts.size):
        for at in range(starts[row], starts[row] + max(0, lengths[row])):
            counts[row] += data[at] & 0xC0 != 0x80


_HIGHS = np.uint64(0x8080808080808080)
_LOWS = np.uint64(0x7F7F7F7F7F7F7F7F)
_BEYOND_BLANK = np.uint64(0x5F5F5F5F5F5F5F5F)


@inlined
def _repeated(word: Word, before: Word) -> Word:
    """High bit of each byte that equals the one before it and is printable ASCII, no blank.

    `before` is the byte in front of the eight.
    """
    other = word ^ ((word << np.uint64(8)) | before)
    same = ~(((other & _LOWS) + _LOWS) | other | _LOWS)
    return same & ((word & _LOWS) + _BEYOND_BLANK) & ~word & _HIGHS


@inlined
def hash_text(data: Bytes, start: int, length: int) -> tuple[Word, int]:
    """`hash_bytes`, and the longest run of one printable ASCII character met on the way (0 for
    none beyond 1).
    """
    value = _SEED ^ np.uint64(length)
    end = start + length
    at = start
    before, same_before = np.uint64(0xFF), np.uint64(0)
    pairs, triples = np.uint64(0), np.uint64(0)
    while at + 8 <= end:
        word = load_word(data, at)
        same = _repeated(word, before)
        pairs |= same
        triples |= same & ((same << np.uint64(8)) | same_before)
        before, same_before = word >> np.uint64(56), same >> np.uint64(56)
        value = absorb(value, word)
        at += 8
    if at < end:
        rest = np.uint64(0)
        shift = np.uint64(0)
        while at < end:
            rest |= np.uint64(data[at]) << shift
            shift += np.uint64(8)
            at += 1
        same = _repeated(rest, before)  # the padding is no printable byte
        pairs |= same
        triples |= same & ((same << np.uint64(8)) | same_before)
        value = absorb(value, rest)
    run = 0
    if triples:
        run = _longest_byte_run(data, start, end)
    elif pairs:
        run = 2
    return mix(value * _PRIME), run


@borrowing
def _longest_byte_run(data: Bytes, start: int, end: int) -> int:
    best, run = 0, 0
    for at in range(start, end):
        byte = data[at]
        if byte <= 32 or byte > 127:
            run = 0
        elif run and data[at - 1] == byte:
            run += 1
        else:
            run = 1
        best = max(best, run)
    return best


@borrowing
def digest_bytes(data: Bytes) -> Word:
    """64-bit hash of a whole buffer, in four lanes, so that it is nearly free to have."""
    one, two, three, four = _SEED, _PRIME, _MIX, np.uint64(data.size)
    at = 0
    while at + 32 <= data.size:
        one = absorb(one, load_word(data, at))
        two = absorb(two, load_word(data, at + 8))
        three = absorb(three, load_word(data, at + 16))
        four = absorb(four, load_word(data, at + 24))
        at += 32
    rest = hash_bytes(data, at, data.size - at)
    return absorb(absorb(absorb(absorb(rest, one), two), three), four)
