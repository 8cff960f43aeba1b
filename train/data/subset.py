"""A part of a validation set with the same strata: seeded, and the same in every validation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from train.data.rows import Row

Stratum = tuple[str, ...]
"""Language, the columns that the shards were divided by, and the tags of curation."""


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


def choose_subset(rows: Sequence[Row], most: int, columns: Sequence[str], seed: int) -> Subset:
    """At most so many of the rows, of each stratum its share, of each speaker as many as of others.

    Shares of the rows are rounded so that they sum to `most`; a stratum too small for one row may
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
    named = [str(row.fields.get(column, "")) for column in columns]
    return (row.language or "", *named, " ".join(map(str, tags)) if isinstance(tags, list) else "")


def _shares(counts: Sequence[int], total: int) -> list[int]:
    """Whole numbers that sum to `total`, as near to the proportions of `counts` as they can be.

    >>> _shares([50, 30, 20], 10), _shares([99, 1], 10)
    ([5, 3, 2], [10, 0])
    """
    whole = sum(counts) or 1
    shares = [count * total // whole for count in counts]
    remainders = [(-(count * total % whole), index) for index, count in enumerate(counts)]
    for _, index in sorted(remainders)[: total - sum(shares)]:
        shares[index] += 1
    return shares


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
