"""Manifests in: every non-blank line becomes one row, in order, at any number of threads."""

from __future__ import annotations

import glob
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl

from curate.columns import LINE
from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.frames import Clips
from curate.manifest.chunks import Chunk, open_manifest, read_chunks
from curate.manifest.nemo import Batch, read_batch

__all__ = ["Piece", "find_sources", "in_order", "read_manifest", "thread_count"]

_MAGIC = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive rows of one source: what `work` made of its Clips, and what lay between.

    `bytes` counts all of the chunk, line ends too; `digest` is the hash of those bytes.
    """

    source: str
    frame: pl.DataFrame
    blank_lines: int
    blank_bytes: int
    bytes: int
    digest: int


def find_sources(patterns: Sequence[str]) -> list[str]:
    """Manifests named literally or by glob, in the order given (globs sorted), each once.

    A name that exists is taken literally even where it looks like a glob. Raises InputError with
    every name that is missing, no regular file, or matches nothing.
    """
    found: list[str] = []
    faults: list[Fault] = []
    for pattern in patterns:
        names = [pattern]
        if _MAGIC & set(pattern) and not Path(pattern).exists():
            names = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - keeps the spelling
            if not names:
                faults.append(Fault(pattern, "no file matches this pattern"))
        for name in names:
            try:
                os.close(open_manifest(name))
            except InputError as error:
                faults.extend(error.faults)
        found.extend(names)
    raise_all(InputError, faults)
    first = {Path(name).resolve(): at for at, name in reversed(list(enumerate(found)))}
    again = [name for at, name in enumerate(found) if first[Path(name).resolve()] != at]
    raise_all(ConfigError, [Fault(name, "is named twice", "name it once") for name in again])
    return found


Measure = Callable[[Clips], pl.DataFrame]


def read_manifest(
    source: str, work: Measure, extra_fields: Sequence[str] = (), threads: int | None = None
) -> Iterator[Piece]:
    """Read one manifest chunk by chunk; `work` runs on worker threads, results come in order.

    The frames that come out do not depend on `threads`.
    """
    lines = 0

    def read(chunk: Chunk) -> tuple[Batch, pl.DataFrame, int]:
        batch = read_batch(chunk, extra_fields)
        return batch, work(batch.clips), len(chunk.data)

    for batch, frame, size in in_order(read, read_chunks(source), threads or thread_count()):
        yield Piece(
            source,
            frame.replace_column(frame.get_column_index(LINE.name), frame[LINE.name] + lines),
            batch.blank_lines,
            batch.blank_bytes,
            size,
            batch.digest,
        )
        lines += batch.lines


def thread_count() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """`map` over a thread pool with a bounded queue, so that memory does not grow with input."""
    with ThreadPoolExecutor(threads) as pool:
        queue: deque[Future[Result]] = deque()
        try:
            for item in items:
                queue.append(pool.submit(work, item))
                if len(queue) > threads + 1:
                    yield queue.popleft().result()
            while queue:
                yield queue.popleft().result()
        finally:
            for future in queue:
                future.cancel()
