"""Which texts of one set stand nearly the same in another: exact similarity, without all pairs.

Two texts are near when at least NEAR of their shingles are shared (Jaccard): stretches of WIDE
characters of the normal form, of DENSE where the script writes no spaces. A
text near another must share some of its rarest shingles (the prefix filter of Chaudhuri, Ganti and
Kaushik 2006; Bayardo, Ma and Srikant 2007), so only those are looked up, and only what is left is
compared in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from curate.arrays import Bytes, Int8s, Int32s, Int64s, UInt16s, UInt32s, UInt64s, Word
from curate.arrays.compiled import kernel
from curate.text.code_points import decode_at
from curate.text.rewrite import normal_spans
from curate.text.shingles import DENSE, WIDE
from curate.text.unicode import LETTER, NO_SPACE, tables
from curate.text.words import absorb, mix

NEAR: Final = 0.8
FEWEST: Final = 20
"""Shingles below which nothing is called near: "how are you" and "who are you" are not a leak."""
MOST_SHARED: Final = 128
"""A shingle in more indexed texts than this finds none of them: where a handful of words make up
all texts, everything is near everything, and looking would take the square of their number."""
_MOST_SIDES: Final = 63
_SEED = np.uint64(0xCBF29CE484222325)


@kernel
def _codes_of(
    data: Bytes, start: int, length: int, flags: UInt16s, codes: UInt32s
) -> tuple[int, bool]:
    """The code points of a normal form: (how many, whether its script writes no spaces)."""
    count, at, letters, dense = 0, start, 0, 0
    while at < start + length:
        code, width = decode_at(data, at)
        at += width
        letters += 1 if flags[code] & LETTER else 0
        dense += 1 if flags[code] & NO_SPACE else 0
        codes[count] = code
        count += 1
    return count, 2 * dense > letters


@kernel
def _hash_codes(codes: UInt32s, count: int, width: int, hashes: UInt64s) -> int:
    """Hashes of all stretches of `width` code points; how many."""
    for at in range(count - width + 1):
        value = _SEED
        for k in range(at, at + width, 2):
            pair = np.uint64(codes[k])
            if k + 1 < at + width:
                pair |= np.uint64(codes[k + 1]) << np.uint64(32)
            value = absorb(value, pair)
        hashes[at] = mix(value)
    return max(0, count - width + 1)


@kernel
def _distinct(hashes: UInt64s, count: int) -> int:
    """Sort the first `count` hashes and leave each once; how many."""
    if count == 0:
        return 0
    hashes[:count].sort()
    size = 1
    for at in range(1, count):
        if hashes[at] != hashes[at - 1]:
            hashes[size] = hashes[at]
            size += 1
    return size


@kernel
def _sets(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    flags: UInt16s,
    codes: UInt32s,
    hashes: UInt64s,
    bounds: Int64s,
    out: UInt64s,
) -> None:
    for row in range(starts.size):
        count, dense = _codes_of(data, starts[row], lengths[row], flags, codes)
        size = _distinct(hashes, _hash_codes(codes, count, DENSE if dense else WIDE, hashes))
        out[bounds[row] : bounds[row] + size] = hashes[:size]
        bounds[row + 1] = bounds[row] + size


def shingle_sets(data: Bytes, start: Int64s, length: Int64s) -> tuple[UInt64s, Int64s]:
    """The distinct shingle hashes of each text span of `data` (valid UTF-8), sorted, one text after
    the other; and their bounds.
    """
    data, start, length = normal_spans(data, start, length)
    longest = int(length.max(initial=0)) + 1
    out = np.empty(int(length.sum()) + 1, np.uint64)
    bounds = np.zeros(start.size + 1, np.int64)
    _sets(
        data, start, length, tables().flags,
        np.empty(longest, np.uint32), np.empty(longest, np.uint64), bounds, out,
    )  # fmt: skip
    return out[: bounds[-1]].copy(), bounds


@dataclass(frozen=True, slots=True)
class NearIndex:
    """Texts to search, each of one side: their sets, and where their rarest shingles stand.

    `unsure`: how many share nearly all their shingles with more than MOST_SHARED others, so that a
    near-duplicate may be missed. `slots` is a hash table from shingle to a place in `posts`: the
    texts that it is rare in.
    """

    sets: UInt64s
    bounds: Int64s
    side: Int8s
    bits: Bytes
    slots: UInt64s
    first: Int64s
    posts: Int32s
    needed: Int32s
    unsure: int

    @classmethod
    def of(cls, sets: UInt64s, bounds: Int64s, side: Int8s) -> NearIndex:
        """Index the texts of `shingle_sets`; about 10 bytes a character."""
        assert side.max(initial=0) < _MOST_SIDES
        values, counts = np.unique(sets, return_counts=True)
        common = counts[np.searchsorted(values, sets)].astype(np.int64)
        keys, texts, needed, unsure = _rarest(sets, bounds, common)
        order = np.argsort(keys, kind="stable")
        keys, texts = keys[order], texts[order]
        known, first = np.unique(keys, return_index=True)
        room = 1 << max(6, int(2 * known.size).bit_length())
        bits, slots = np.zeros(1 << 21, np.uint8), np.zeros(room, np.uint64)
        places = np.zeros(room, np.int64)
        _fill_table(known, bits, slots, places)
        return cls(
            sets, bounds, side, bits, slots,
            np.concatenate([first, [keys.size] * 2])[_ranges(places)], texts, needed, int(unsure),
        )  # fmt: skip

    def sides_near(
        self, data: Bytes, start: Int64s, length: Int64s
    ) -> tuple[UInt64s, Int32s, Int32s]:
        """For each text the sides (bits) that have one near it but not the same, one such text
        (-1: none), and how many there are.
        """
        data, start, length = normal_spans(data, start, length)
        longest = int(length.max(initial=0)) + 1
        sides = np.zeros(start.size, np.uint64)
        partner, count = np.full(start.size, -1, np.int32), np.zeros(start.size, np.int32)
        _find(
            data, start, length, tables().flags,
            np.empty(longest, np.uint32), np.empty(longest, np.uint64),
            self.sets, self.bounds, self.side, self.bits, self.slots, self.first, self.posts,
            self.needed, np.zeros(self.side.size, np.int32), np.empty(self.side.size, np.int32),
            sides, partner, count,
        )  # fmt: skip
        return sides, partner, count


def _ranges(places: Int64s) -> Int64s:
    """Slot to its first and last place in `first`: two numbers a slot."""
    return np.stack([places, places + 1], axis=1)


@kernel
def _rarest(sets: UInt64s, bounds: Int64s, common: Int64s) -> tuple[UInt64s, Int32s, Int32s, int]:
    """(shingles, texts that they are rare in, hits that a near-duplicate must have), text by text.

    A near-duplicate lacks at most a share of 1 - NEAR of a text's shingles. Of the rarest that
    many, and `needed` more, it has at least `needed`; where fewer are looked up, as many fewer.
    Last, of how many texts so few are looked up that a near-duplicate may have none of them.
    """
    keys, texts = np.empty(sets.size, np.uint64), np.empty(sets.size, np.int32)
    needed, used, unsure = np.zeros(bounds.size - 1, np.int32), 0, 0
    for text in range(bounds.size - 1):
        first, size = bounds[text], bounds[text + 1] - bounds[text]
        if size < FEWEST:
            continue
        order = np.argsort(common[first : first + size], kind="mergesort")
        lacking = np.int64(np.floor((1.0 - NEAR) * size + 1e-9))
        needed[text] = 1 + size // 8
        posted = 0
        for at in order[: lacking + needed[text]]:
            if common[first + at] > MOST_SHARED:
                break
            keys[used], texts[used] = sets[first + at], text
            used, posted = used + 1, posted + 1
        if posted > lacking:
            needed[text] = min(needed[text], posted - lacking)
        else:
            unsure += 1
    return keys[:used], texts[:used], needed, unsure


@kernel
def _slot(slots: UInt64s, key: Word) -> Word:
    """Where a key is in the table, or would be."""
    mask = np.uint64(slots.size - 1)
    at = (key >> np.uint64(7)) & mask
    while slots[at] != np.uint64(0) and slots[at] != key:
        at = (at + np.uint64(1)) & mask
    return at


@kernel
def _fill_table(keys: UInt64s, bits: Bytes, slots: UInt64s, places: Int64s) -> None:
    for number in range(keys.size):
        key = keys[number]
        if key != np.uint64(0):
            at = _slot(slots, key)
            slots[at], places[at] = key, number
            bit = key & np.uint64(8 * bits.size - 1)
            bits[bit >> np.uint64(3)] |= np.uint8(1 << (bit & np.uint64(7)))


@kernel
def _shared(one: UInt64s, other: UInt64s) -> int:
    """How many values two sorted sets share."""
    at, to, shared = 0, 0, 0
    while at < one.size and to < other.size:
        if one[at] == other[to]:
            shared += 1
            at += 1
            to += 1
        elif one[at] < other[to]:
            at += 1
        else:
            to += 1
    return shared


@kernel
def _find(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    flags: UInt16s,
    codes: UInt32s,
    hashes: UInt64s,
    sets: UInt64s,
    bounds: Int64s,
    side: Int8s,
    bits: Bytes,
    slots: UInt64s,
    first: Int64s,
    posts: Int32s,
    needed: Int32s,
    hits: Int32s,
    touched: Int32s,
    sides: UInt64s,
    partner: Int32s,
    partners: Int32s,
) -> None:
    mask = np.uint64(8 * bits.size - 1)
    for row in range(starts.size):
        count, dense = _codes_of(data, starts[row], lengths[row], flags, codes)
        size = _hash_codes(codes, count, DENSE if dense else WIDE, hashes)
        many = 0
        for k in range(size):
            bit = hashes[k] & mask
            if bits[bit >> np.uint64(3)] & np.uint8(1 << (bit & np.uint64(7))):
                at = _slot(slots, hashes[k])
                if slots[at] == hashes[k]:
                    for post in range(first[at, 0], first[at, 1]):
                        text = posts[post]
                        if hits[text] == 0:
                            touched[many] = text
                            many += 1
                        hits[text] += 1
        sorted_yet = False
        for k in range(many):
            text = touched[k]
            enough = hits[text] >= needed[text]
            hits[text] = 0
            there = bounds[text + 1] - bounds[text]
            if not enough or size < NEAR * there:
                continue
            if not sorted_yet:
                size, sorted_yet = _distinct(hashes, size), True
            same = _shared(hashes[:size], sets[bounds[text] : bounds[text + 1]])
            if same >= NEAR * (size + there - same) and not (same == size and same == there):
                sides[row] |= np.uint64(1) << np.uint64(side[text])
                partner[row] = text
                partners[row] += 1
