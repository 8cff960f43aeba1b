"""Manifests in: every non-blank line becomes one row, in order, at any number of threads."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

import numpy as np
import polars as pl

from curate.artifacts.columns import LINE
from curate.artifacts.frames import Clips
from curate.environment.cores import thread_count
from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.manifest.audio_files import bases_of, look_anew
from curate.manifest.chunks import CHUNK_BYTES
from curate.manifest.mapping import ReadAs, reading_of
from curate.manifest.nemo import Batch, read_lines
from curate.manifest.origin import Origin, Portion
from curate.manifest.origins import as_origin, expand, find_origins, format_named, origins_of
from curate.manifest.path_sample import NO_PATHS, BatchPaths
from curate.manifest.places import in_original_places, with_fields
from curate.manifest.spool import is_local
from curate.manifest.together import find_together

LOAD_BYTES = CHUNK_BYTES
"""Bytes of small files that are measured in one call: as many as of a large one."""
CONVERTED_BYTES = 256 << 10
"""Bytes of a converted portion that is measured in a call of its own: conversion is slow, and its
portions are small so that threads share them.
"""


class Part(NamedTuple):
    """What was read of one source at one go, its rows aside.

    `bytes` counts all of it, line ends too; `digest` is its hash; `not_finite` counts
    lines whose NaN or Infinity was read as null, `ffmpeg_rows` those that name audio which only
    ffmpeg reads; `sample` holds some of the audio paths.
    """

    source: str
    rows: int
    blank_lines: int
    blank_bytes: int
    bytes: int
    digest: int
    not_finite: int = 0
    ffmpeg_rows: int = 0
    sample: BatchPaths = NO_PATHS


class Piece(NamedTuple):
    """Consecutive rows: what `work` made of their Clips, and the parts that they come from."""

    frame: pl.DataFrame
    parts: Sequence[Part]


def find_sources(patterns: Sequence[str], read_as: ReadAs = None) -> list[Origin]:
    """Inputs named literally, by glob or by NeMo's `_OP_0..7_CL_`, in the order given, each once.

    A name that exists is taken literally even where it looks like a pattern; globs are sorted; `-`
    is standard input. Each is read as `read_as` says, or as what it looks like; one name can stand
    for several files of records (a directory, a blend), and texts beside their audio are read as
    their folder. A transcript without audio is a malformed row where others have it. Raises
    InputError with every name that is missing, cannot be read, or matches nothing.
    """
    names: list[str] = []
    faults: list[Fault] = []
    for pattern in patterns:
        try:
            names += expand(pattern)
        except InputError as error:
            faults.extend(error.faults)
    reading = reading_of(read_as)

    def find(name: str, format: str | None = None) -> list[Origin]:
        if format is None:
            return find_origins(name, reading)
        return origins_of(name, replace(reading, format=format))

    origins, more = find_together(names, find)
    raise_all(InputError, [*faults, *more])
    seen: set[object] = set()
    again = []
    for origin in origins:
        identity = _identity(origin)
        if identity in seen:
            again.append(origin.name)
        seen.add(identity)
    raise_all(ConfigError, [Fault(name, "is named twice", "name it once") for name in again])
    return origins


def _identity(origin: Origin) -> object:
    return os.path.realpath(origin.name) if is_local(origin.name) else origin.name


Measure = Callable[[Clips], pl.DataFrame]


def read_manifest(
    source: str | Origin,
    work: Measure,
    extra_fields: Sequence[str] = (),
    threads: int | None = None,
    root: Path | None = None,
) -> Iterator[Piece]:
    """Read one source portion by portion; `work` runs on worker threads, results come in order.

    The frames that come out do not depend on `threads`. A plain name is a NeMo manifest. `root` is
    where relative audio paths begin, if not at the manifest's folder.
    """
    origin = as_origin(source)
    loads = ([(origin, portion)] for portion in format_named(origin.format).read(origin))
    return _read(loads, work, extra_fields, threads, root)


def read_manifests(
    sources: Sequence[Origin],
    work: Measure,
    extra_fields: Sequence[str] = (),
    threads: int | None = None,
    root: Path | None = None,
) -> Iterator[Piece]:
    """Read sources one after the other, as `read_manifest` does, many small ones at one go.

    `work` gets the rows of several small files in one call, so that a thousand of them cost
    hardly more than one large file; it must return a row for each.
    """
    return _read(_loads(sources), work, extra_fields, threads, root)


def _read(
    loads: Generator[_Load],
    work: Measure,
    extra_fields: Sequence[str],
    threads: int | None,
    root: Path | None,
) -> Iterator[Piece]:
    def read(load: _Load) -> tuple[list[_Read], pl.DataFrame]:
        bases = [bases_of(origin, root) for origin, _ in load]
        clips, batches = read_lines([portion.chunk for _, portion in load], extra_fields, bases)
        clips, batches = in_original_places(clips, batches, [portion for _, portion in load])
        parts = [
            _Read(origin, batch, portion.bytes, portion.not_finite)
            for (origin, portion), batch in zip(load, batches, strict=True)
        ]
        return parts, work(with_fields(clips, load[0][0].added, extra_fields))

    look_anew()
    place = _Place()
    for done, frame in in_order(read, one_ahead(loads), threads or thread_count()):
        heights = [each.batch.rows for each in done] if len(done) > 1 else [frame.height]
        assert sum(heights) == frame.height, "a row for each"
        before = [place.of(each.origin, each.batch.lines) for each in done]
        if any(before):
            lines = frame[LINE.name] + np.repeat(np.array(before, np.int64), heights)
            frame = frame.replace_column(frame.get_column_index(LINE.name), lines)
        parts = [
            Part(
                each.origin.name,
                rows,
                each.batch.blank_lines,
                each.batch.blank_bytes,
                each.bytes,
                each.batch.digest,
                each.not_finite,
                each.batch.ffmpeg_rows,
                each.batch.sample,
            )
            for each, rows in zip(done, heights, strict=True)
        ]
        yield Piece(frame, parts)


_Load = list[tuple[Origin, Portion]]


class _Read(NamedTuple):
    """A portion that was read, without its lines: their memory is free for the next one."""

    origin: Origin
    batch: Batch
    bytes: int
    not_finite: int


def _loads(sources: Sequence[Origin]) -> Generator[_Load]:
    """Portions that are read at one go: a large one, or several small ones that get the same
    fields, all converted or all native.
    """
    load: _Load = []
    size = 0
    for origin in sources:
        for portion in format_named(origin.format).read(origin):
            length, is_native = len(portion.chunk.data), portion.places is None
            is_large = length >= (LOAD_BYTES if is_native else CONVERTED_BYTES)
            if load and (
                is_large or size + length > LOAD_BYTES or not _fits(load, origin, portion)
            ):
                yield load
                load, size = [], 0
            if is_large:
                yield [(origin, portion)]
            else:
                load.append((origin, portion))
                size += length
    if load:
        yield load


def _fits(load: _Load, origin: Origin, portion: Portion) -> bool:
    """Whether a portion can be read with others: with the same fields added, and of their kind."""
    first_origin, first = load[0]
    same_kind = (first.places is None) == (portion.places is None)
    return same_kind and first_origin.added == origin.added


@dataclass(slots=True)
class _Place:
    """How many lines of the present source have been read."""

    origin: Origin | None = None
    lines: int = 0

    def of(self, origin: Origin, lines: int) -> int:
        """Lines before the next portion, which has `lines` of its own."""
        if origin is not self.origin:
            self.origin, self.lines = origin, 0
        before = self.lines
        self.lines += lines
        return before


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
                if len(queue) > threads:
                    yield queue.popleft().result()
            while queue:
                yield queue.popleft().result()
        finally:
            for future in queue:
                future.cancel()


def one_ahead(items: Generator[Item]) -> Generator[Item]:
    """The same items, each made while the one before is worked on, all on one thread: malloc hands
    a thread the memory again that it once gave it, and what comes here is megabytes a time.
    """
    end = object()
    with closing(items), ThreadPoolExecutor(1) as pool:
        coming: Future[object] = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield cast("Item", item)
            del item  # else it would be held while the next one is awaited
