"""The one pass over the manifests: read, measure, tag, and write records.parquet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from curate.columns import DESCRIBED, JUDGEMENT, RECORD, schema
from curate.frames import Clips
from curate.ledger import Amount
from curate.manifest import Piece, read_manifest
from curate.manifest.lines import fingerprint
from curate.metrics import chosen
from curate.metrics.measure import Settings, measure
from curate.profile.copies import add_copies, sink
from curate.ruleset import RuleSet
from curate.tags import tag_batch

Progress = Callable[[int, int], None]
"""Called with (bytes, rows) newly read."""


@dataclass(slots=True)
class Source:
    """What was read of one manifest; `bytes` counts the decompressed file."""

    name: str
    bytes: int = 0
    rows: int = 0
    blank_lines: int = 0
    blank_bytes: int = 0
    digests: list[int] = field(default_factory=list)

    def as_json(self) -> Mapping[str, object]:
        """An entry of profile.json's `inputs`."""
        return {
            "source": self.name,
            "folder": str(Path(self.name).resolve().parent),
            "bytes": self.bytes,
            "rows": self.rows,
            "blank_lines": self.blank_lines,
            "fingerprint": fingerprint(self.digests),
        }


def records_schema(
    extra_fields: Sequence[str], groups: Collection[str] = ()
) -> Mapping[str, pl.DataType]:
    """Columns of records.parquet in order, with their types."""
    return {
        **schema(RECORD),
        **dict.fromkeys(extra_fields, pl.String()),
        **schema(DESCRIBED),
        **{metric.name: metric.dtype for metric in chosen(groups)},
        **schema(JUDGEMENT),
    }


def write_records(
    sources: Sequence[str],
    rules: RuleSet,
    extra_fields: Sequence[str],
    path: Path,
    on_progress: Progress,
    threads: int | None = None,
    settings: Settings | None = None,
) -> tuple[list[Source], Amount]:
    """Write one row per non-blank line of `sources`; returns what was read of each, and in all.

    Rows stand in input order and the file's bytes do not depend on `threads`. Raises InputError
    for a source that cannot be read whole.
    """
    read = [Source(name) for name in sources]
    failure: list[BaseException] = []
    settings = settings or Settings()
    columns = records_schema(extra_fields, settings.groups)
    # Copies are known only when all is read: until then nothing can be judged.
    first_rules = rules.only() if "copies" in settings.groups else rules

    def judge(clips: Clips) -> pl.DataFrame:
        return tag_batch(measure(clips, settings), first_rules)[list(columns)]

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        try:
            for source in read:
                for piece in read_manifest(source.name, judge, extra_fields, threads):
                    _note(source, piece)
                    on_progress(piece.bytes, piece.frame.height)
                    yield piece.frame
        except BaseException as error:  # carried past the engine, which would wrap it in its own
            failure.append(error)
            raise

    try:
        sink(register_io_source(frames, schema=dict(columns)), path)
    except BaseException:
        if failure:
            raise failure[0] from None
        raise
    if "copies" in settings.groups:
        add_copies(path, rules)
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
