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

from curate.arrays import Bytes, Int8s, Int32s, Int64s, Int64Table, UInt16s, UInt32s, UInt64s
from curate.native import kernel
from curate.text.rewrite import normal_spans
from curate.text.unicode import tables

NEAR: Final = 0.8
FEWEST: Final = 20
"""Shingles below which nothing is called near: "how are you" and "who are you" are not a leak."""
_MOST_SIDES: Final = 63


@kernel("minhash")
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
    raise NotImplementedError


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
    texts that it is rare in, those that need fewest hits first.
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
        # Each text's shingles, the rarest first.
        rarest_first = np.lexsort((common, np.repeat(np.arange(side.size), np.diff(bounds))))
        keys, texts = np.empty(sets.size, np.uint64), np.empty(sets.size, np.int32)
        needed, tallies = np.zeros(side.size, np.int32), np.zeros(2, np.int64)
        _find_rarest(sets, bounds, common, rarest_first, keys, texts, needed, tallies)
        used, unsure = tallies
        keys, texts = keys[:used], texts[:used]
        order = np.lexsort((needed[texts], keys))  # a text that needs few hits comes first
        keys, texts = keys[order], texts[order]
        known, first = np.unique(keys, return_index=True)
        room = 1 << max(6, int(2 * known.size).bit_length())
        bits, slots = np.zeros(2 * room, np.uint8), np.zeros(room, np.uint64)
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
            np.empty(longest, np.uint32), np.empty(longest, np.uint64), np.empty(longest, np.int64),
            self.sets, self.bounds, self.side, self.bits, self.slots, self.first, self.posts,
            self.needed, np.zeros(self.side.size, np.int32), np.empty(self.side.size, np.int32),
            sides, partner, count,
        )  # fmt: skip
        return sides, partner, count


def _ranges(places: Int64s) -> Int64s:
    """Slot to its first and last place in `first`: two numbers a slot."""
    return np.stack([places, places + 1], axis=1)


@kernel("minhash")
def _find_rarest(
    sets: UInt64s,
    bounds: Int64s,
    common: Int64s,
    rarest_first: Int64s,
    keys: UInt64s,
    texts: Int32s,
    needed: Int32s,
    tallies: Int64s,
) -> None:
    """Shingles, the texts that they are rare in, and the hits that a near-duplicate must have.

    A near-duplicate lacks at most a share of 1 - NEAR of a text's shingles. Of the rarest that
    many, and `needed` more, it has at least `needed`; where fewer are looked up, as many fewer.
    `tallies`: how many shingles were written, and of how many texts so few are looked up that a
    near-duplicate may have none of them.
    """
    raise NotImplementedError


@kernel("minhash")
def _fill_table(keys: UInt64s, bits: Bytes, slots: UInt64s, places: Int64s) -> None:
    raise NotImplementedError


@kernel("minhash")
def _find(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    flags: UInt16s,
    codes: UInt32s,
    hashes: UInt64s,
    places: Int64s,
    sets: UInt64s,
    bounds: Int64s,
    side: Int8s,
    bits: Bytes,
    slots: UInt64s,
    first: Int64Table,
    posts: Int32s,
    needed: Int32s,
    hits: Int32s,
    touched: Int32s,
    sides: UInt64s,
    partner: Int32s,
    partners: Int32s,
) -> None:
    raise NotImplementedError
