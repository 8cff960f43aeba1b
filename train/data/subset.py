"""A part of a validation set with the same strata: seeded, and the same in every validation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate, pairwise

from curate.artifacts.columns import DURATION_BIN, DURATION_BINS, LANG, SOURCE
from curate.artifacts.shard_index import ShardIndex
from train.data.rows import Row

Stratum = tuple[str, ...]
"""Language, the further columns (`strata_columns`), and the tags of curation."""

SHARD_COLUMNS = {"duration": DURATION_BIN}
"""What `curate shard --shard-by` calls a column, where that is not its name."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one stratum, in all and in the part."""

    stratum: Stratum
    rows: int
    seconds: float
    of_rows: int
    of_seconds: float


@dataclass(frozen=True, slots=True)
class Subset:
    """The chosen rows, in the order of their manifest, and what they are of each stratum."""

    rows: tuple[Row, ...]
    parts: tuple[Part, ...]


def strata_columns(index: ShardIndex) -> tuple[str, ...]:
    """The columns that the split or the shards were divided by, beside the language."""
    of_shards = (SHARD_COLUMNS.get(name, name) for name in index.stratum_by)
    named = dict.fromkeys((*index.strata_columns, *of_shards))
    return tuple(name for name in named if name != LANG.name)


def choose_subset(rows: Sequence[Row], most: int, columns: Sequence[str], seed: int) -> Subset:
    """At most so many of the rows, of each stratum its share, of each speaker as many as of others.

    Shares of the rows are rounded so that they sum to `most`, and so that strata that begin alike,
    such as those of one language, have their share together. A stratum too small for one row may
    have none.
    """
    strata: dict[Stratum, list[Row]] = defaultdict(list)
    for row in rows:
        strata[_stratum(row, columns)].append(row)
    names = sorted(strata)
    counts = _shares([len(strata[name]) for name in names], min(most, len(rows)))
    chosen: set[int] = set()
    parts = []
    for name, count in zip(names, counts, strict=True):
        picked = _by_turns(strata[name], seed)[:count]
        chosen |= {row.line for row in picked}
        of = strata[name]
        parts.append(Part(name, count, _seconds(picked), len(of), _seconds(of)))
    return Subset(tuple(row for row in rows if row.line in chosen), tuple(parts))


def _stratum(row: Row, columns: Sequence[str]) -> Stratum:
    tags = row.curated.get("tags")
    named = (_value(row, column) for column in columns)
    return (row.language or "", *named, " ".join(map(str, tags)) if isinstance(tags, list) else "")


def _value(row: Row, column: str) -> str:
    if column == DURATION_BIN:
        return next(name for low, name in reversed(DURATION_BINS) if row.duration_s >= low)
    if column == SOURCE.name:  # a field of that name is not what a split divides by
        return row.id.rpartition(":")[0]
    value = row.fields.get(column)
    return "" if value is None else str(value)


def _shares(counts: Sequence[int], total: int) -> list[int]:
    """Whole numbers that sum to `total`, as near to the proportions of `counts` as they can be.

    Neighbours have their share together: the sums from the first on are rounded.

    >>> _shares([50, 30, 20], 10), _shares([99, 1], 10), _shares([1] * 8, 4)
    ([5, 3, 2], [10, 0], [1, 0, 1, 0, 1, 0, 1, 0])
    """
    whole = sum(counts) or 1
    sums = [(2 * upto * total + whole) // (2 * whole) for upto in accumulate(counts, initial=0)]
    return [upper - lower for lower, upper in pairwise(sums)]


def _by_turns(rows: Iterable[Row], seed: int) -> list[Row]:
    """The rows in a random order that takes each speaker once before any a second time."""
    seen: dict[str, int] = defaultdict(int)
    turns = []
    numbered = sorted(((_random(seed, row.id), row) for row in rows), key=lambda each: each[0])
    for number, row in numbered:
        speaker = row.speaker or row.id
        turns.append((seen[speaker], number, row))
        seen[speaker] += 1
    return [row for _, _, row in sorted(turns, key=lambda turn: turn[:2])]


def _random(seed: int, key: str) -> int:
    digest = blake2b(f"{seed}:{key}".encode(errors="replace"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def _seconds(rows: Iterable[Row]) -> float:
    return sum(row.duration_s for row in rows)
