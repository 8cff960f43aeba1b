"""Manifests in: every non-blank line becomes one row, in order, at any number of threads."""

from __future__ import annotations

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
from curate.manifest.formats import BY_NAME, as_origin, expand, find_origins
from curate.manifest.nemo import Batch, read_batch
from curate.manifest.origin import Origin, Portion
from curate.manifest.places import in_original_places, with_fields
from curate.manifest.spool import is_local

__all__ = ["Piece", "find_sources", "in_order", "read_manifest", "thread_count"]


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


def find_sources(patterns: Sequence[str], format: str | None = None) -> list[Origin]:
    """Inputs named literally, by glob or by NeMo's `_OP_0..7_CL_`, in the order given, each once.

    A name that exists is taken literally even where it looks like a pattern; globs are sorted; `-`
    is standard input. Each is read as `format`, or as what it looks like; one name can stand for
    several files of records (a directory, a blend). Raises InputError with every name that is
    missing, cannot be read, or matches nothing.
    """
    found: list[Origin] = []
    faults: list[Fault] = []
    for pattern in patterns:
        try:
            for name in expand(pattern):
                found.extend(find_origins(name, format))
        except InputError as error:
            faults.extend(error.faults)
    raise_all(InputError, faults)
    first = {_identity(origin): at for at, origin in reversed(list(enumerate(found)))}
    again = [origin.name for at, origin in enumerate(found) if first[_identity(origin)] != at]
    raise_all(ConfigError, [Fault(name, "is named twice", "name it once") for name in again])
    return found


def _identity(origin: Origin) -> object:
    return Path(origin.name).resolve() if is_local(origin.name) else origin.name


Measure = Callable[[Clips], pl.DataFrame]


def read_manifest(
    source: str | Origin,
    work: Measure,
    extra_fields: Sequence[str] = (),
    threads: int | None = None,
) -> Iterator[Piece]:
    """Read one source portion by portion; `work` runs on worker threads, results come in order.

    The frames that come out do not depend on `threads`. A name alone is a NeMo manifest.
    """
    origin = as_origin(source)
    lines = 0

    def read(portion: Portion) -> tuple[Batch, pl.DataFrame, int]:
        batch = in_original_places(read_batch(portion.chunk, extra_fields), portion)
        clips = with_fields(batch.clips, origin.added, extra_fields)
        return batch, work(clips), portion.bytes

    portions = BY_NAME[origin.format].read(origin)
    for batch, frame, size in in_order(read, portions, threads or thread_count()):
        yield Piece(
            origin.name,
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
