"""A task, and the rows that it stores, as the spool file has them. Light: workers import it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


class Entry(NamedTuple):
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


def read_entries(spool: Path, offsets: Numbers) -> Iterator[Entry]:
    """The rows at these places of the spool, which holds one at least."""
    with spool.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as lines:
        for offset in offsets.tolist():
            middle = lines.find(b"\n", offset)
            end = lines.find(b"\n", middle + 1)
            yield Entry(raw=lines[middle + 1 : end], **json.loads(lines[offset:middle]))
