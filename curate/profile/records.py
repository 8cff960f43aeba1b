"""The one pass over the manifests: read, measure, tag, and write records.parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from curate.columns import JUDGEMENT, RECORD, schema
from curate.frames import Clips
from curate.ledger import Amount
from curate.manifest import Piece, read_manifest
from curate.manifest.formats import copied_as
from curate.manifest.lines import fingerprint
from curate.manifest.origin import Origin
from curate.metrics import METRICS
from curate.metrics.measure import measure
from curate.ruleset import RuleSet
from curate.tags import tag_batch

ROW_GROUP = 122_880

Progress = Callable[[int, int], None]
"""Called with (bytes, rows) newly read."""


@dataclass(slots=True)
class Source:
    """What was read of one manifest; `bytes` counts the decompressed file."""

    origin: Origin
    bytes: int = 0
    rows: int = 0
    blank_lines: int = 0
    blank_bytes: int = 0
    digests: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What its records' ids begin with."""
        return self.origin.name

    def as_json(self) -> Mapping[str, object]:
        """An entry of profile.json's `inputs`."""
        return {
            "source": self.name,
            "folder": str(Path(self.name).resolve().parent),
            **self.origin.as_json(),
            "copied": copied_as(self.origin),
            "bytes": self.bytes,
            "rows": self.rows,
            "blank_lines": self.blank_lines,
            "fingerprint": fingerprint(self.digests),
        }


def records_schema(extra_fields: Sequence[str]) -> Mapping[str, pl.DataType]:
    """Columns of records.parquet in order, with their types."""
    return {
        **schema(RECORD),
        **dict.fromkeys(extra_fields, pl.String()),
        **{metric.name: metric.dtype for metric in METRICS},
        **schema(JUDGEMENT),
    }


def write_records(
    sources: Sequence[Origin],
    rules: RuleSet,
    extra_fields: Sequence[str],
    path: Path,
    on_progress: Progress,
    threads: int | None = None,
) -> tuple[list[Source], Amount]:
    """Write one row per non-blank line of `sources`; returns what was read of each, and in all.

    Rows stand in input order and the file's bytes do not depend on `threads`. Raises InputError
    for a source that cannot be read whole.
    """
    read = [Source(name) for name in sources]
    failure: list[BaseException] = []
    columns = records_schema(extra_fields)

    def judge(clips: Clips) -> pl.DataFrame:
        return tag_batch(measure(clips), rules).select(list(columns))

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        try:
            for source in read:
                for piece in read_manifest(source.origin, judge, extra_fields, threads):
                    _note(source, piece)
                    on_progress(piece.bytes, piece.frame.height)
                    yield piece.frame
        except BaseException as error:  # carried past the engine, which would wrap it in its own
            failure.append(error)
            raise

    try:
        register_io_source(frames, schema=dict(columns)).sink_parquet(
            path, compression="lz4", row_group_size=ROW_GROUP, maintain_order=True
        )
    except BaseException:
        if failure:
            raise failure[0] from None
        raise
    return read, _total(path)


def _note(source: Source, piece: Piece) -> None:
    source.bytes += piece.bytes
    source.rows += piece.frame.height
    source.blank_lines += piece.blank_lines
    source.blank_bytes += piece.blank_bytes
    source.digests.append(piece.digest)


def _total(path: Path) -> Amount:
    """Rows, bytes and duration as the written file has them."""
    rows, size, duration = (
        pl.scan_parquet(path)
        .select(pl.len(), pl.col("byte_length").sum(), pl.col("duration_us").sum())
        .collect()
        .row(0)
    )
    return Amount(rows, size, duration)
