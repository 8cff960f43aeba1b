"""Per row, what its audio shows: analysed in files' order, each file opened once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from curate.artifacts.columns import (
    AUDIO_CHANNEL,
    AUDIO_KEY,
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    OFFSET_S,
    RECORDING_KEY,
    SIGNAL_KEY,
    SOURCE,
    has_audio,
)
from curate.audio.analyse import Segment
from curate.audio.options import Sample
from curate.environment.cores import thread_count
from curate.manifest.lines import iter_lines
from curate.manifest.origin import is_archived
from curate.manifest.read import in_order
from curate.manifest.tarred import NEMO_TARRED
from curate.metrics import BY_NAME
from curate.profiles.audio.cache import Cache, File, analyse_files, write_audio_cache
from curate.profiles.audio.depth import AUDIO_CACHE, AudioScan, values_of
from curate.profiles.measure.source import Source
from curate.statistics.splitmix import splitmix64

_TOGETHER = 64
"""Segments in one piece of work: enough that handing it over costs nothing."""


def with_audio_metrics(rows: pl.LazyFrame, path: Path, scan: AudioScan) -> pl.LazyFrame:
    """The rows of the records table at `path` with the metrics of their audio filled.

    The audio is analysed now, and what is known of it is written beside the table.
    """
    analysed = analyse_records(path, scan, path.with_name(AUDIO_CACHE))
    filled = values_of(scan.groups)
    numbered = rows.drop(filled).with_row_index("row")
    metrics = analysed.with_columns(_copies()).lazy().select("row", *filled)
    return numbered.join(metrics, on="row", how="left", maintain_order="left").drop("row")


def analyse_records(path: Path, scan: AudioScan, noted: Path) -> pl.DataFrame:
    """What is known of the audio of the chosen records of a table, a row each, in their order.

    It is noted in the file `noted` as well, for the next time.
    """
    depth, options = scan.depth, scan.settings.audio
    files = list(_files(path, scan))
    known, left = Cache.load(scan.known, depth, options).split(files)
    frames, done = [known], len(files) - len(left)
    scan.on_progress(done, len(files))

    def work(batch: list[File]) -> tuple[int, pl.DataFrame]:
        return len(batch), analyse_files(batch, depth, options.allowed)

    for count, frame in in_order(work, _batches(left), scan.threads or thread_count()):
        frames.append(frame)
        done += count
        scan.on_progress(done, len(files))
    analysed = pl.concat(frames).sort("row")
    write_audio_cache(noted, analysed, depth, options)
    return analysed


def _copies() -> pl.Expr:
    """Rows with the same decoded samples; null where there are none."""
    dtype = BY_NAME["signal_duplicates"].dtype
    counted = pl.len().over(SIGNAL_KEY.name).cast(dtype)
    return pl.when(SIGNAL_KEY.expr.is_not_null()).then(counted).alias("signal_duplicates")


def _batches(files: Sequence[File]) -> Iterator[list[File]]:
    batch: list[File] = []
    size = 0
    for file in files:
        batch.append(file)
        size += len(file.segments)
        if size >= _TOGETHER:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _files(path: Path, scan: AudioScan) -> Iterator[File]:
    """The files that the chosen records name, each with its segments, by manifest and name."""
    rows = _chosen(path, scan.settings.audio.sample)
    by_source = {
        str(source): part
        for (source,), part in rows.partition_by(SOURCE.name, as_dict=True).items()
    }
    for source in scan.sources:
        part = by_source.get(source.name)
        if part is not None:
            yield from _files_of(source, part, scan.folder(source))


def _files_of(source: Source, rows: pl.DataFrame, folder: Path) -> Iterator[File]:
    """The files of one manifest. Of records that share one, only the first's line is read."""
    names = dict(_names(source, rows.unique(RECORDING_KEY.name, keep="first")))
    grouped = rows.group_by(RECORDING_KEY.name, maintain_order=True).agg(
        "row", OFFSET_S.name, DURATION_US.name, AUDIO_CHANNEL.name
    )
    origin = source.origin
    archived = is_archived(origin) or origin.format == NEMO_TARRED.name
    files = [
        File(
            names[key],
            folder,
            tuple(
                Segment(number, offset, us / 1e6, channel)
                for number, offset, us, channel in zip(
                    numbers, offsets, durations, channels, strict=True
                )
            ),
            archived or names[key].startswith(f"{source.name}#"),
        )
        for key, numbers, offsets, durations, channels in grouped.iter_rows()
    ]
    yield from sorted(files, key=lambda file: file.name)


def _names(source: Source, rows: pl.DataFrame) -> Iterator[tuple[int, str]]:
    """(recording key, audio path) of these rows, as their lines have it."""
    places = zip(rows[BYTE_OFFSET.name], rows[BYTE_LENGTH.name], strict=True)
    keys = dict(zip(places, rows[RECORDING_KEY.name], strict=True))
    for place, line in iter_lines(source.origin, list(keys)):
        yield keys[place], str(json.loads(line)["audio_filepath"])


def _chosen(path: Path, sample: Sample | None) -> pl.DataFrame:
    """The rows whose audio is analysed: those that are records, or a fair part of them.

    A record is drawn by its audio path and offset, so that it is drawn again in another manifest.
    """
    columns = [
        SOURCE, BYTE_OFFSET, BYTE_LENGTH, RECORDING_KEY, OFFSET_S, DURATION_US, AUDIO_KEY,
        AUDIO_CHANNEL,
    ]  # fmt: skip
    rows = (
        pl.scan_parquet(path)
        .with_row_index("row")
        .filter(has_audio())
        .select("row", *(column.name for column in columns))
        .collect()
    )
    if sample is None:
        return rows
    lots = splitmix64(rows[AUDIO_KEY.name].to_numpy())
    if sample.share is not None:
        return rows.filter(pl.Series(lots < np.uint64(sample.share * (2**64 - 2**11))))
    order = np.argsort(lots, kind="stable")[: sample.rows]
    return rows[np.sort(order)]
