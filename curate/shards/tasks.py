"""A task, and the rows that it stores, as the spool file has them. Light: workers import it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as the spool has it: what the lock says of it, and its line."""

    source: str
    line: int
    lang: str | None
    offset_s: float
    duration_us: int
    verdict: str
    tags: Sequence[str]
    weight: float | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work: one shard of train, or a stretch of a plain manifest.

    `index` counts the shards, `number` those in the same `folder`, by which files are named.
    """

    split: str
    index: int
    stratum: tuple[str, ...]
    offsets: Numbers
    folder: str = ""
    number: int = 0

    @property
    def name(self) -> str:
        """The task's name, which its marker bears."""
        return f"{self.split}-{self.index:06d}"


def read_entries(spool: IO[bytes], offsets: Numbers) -> Iterator[Entry]:
    """The rows at these places of the spool."""
    for offset in offsets.tolist():
        spool.seek(offset)
        fields = json.loads(spool.readline())
        yield Entry(**fields, raw=spool.readline()[:-1])
