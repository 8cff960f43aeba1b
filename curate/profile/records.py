"""The one pass over the manifests: read, measure, tag, and write records.parquet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from curate.columns import DECIDED, JUDGEMENT, RECORD, described, schema
from curate.ledger import Amount
from curate.manifest import in_order, read_manifest, thread_count
from curate.manifest.origin import Origin
from curate.metrics import chosen
from curate.metrics.measure import Settings
from curate.overrides import Overrides
from curate.profile.copies import WHOLE_INPUT, add_copies, sink
from curate.profile.counted import Counted, counting
from curate.profile.heard import GROUPS_OF
from curate.profile.mended import kept_rows
from curate.profile.reuse import Old, file_state, reusable
from curate.profile.sound import Ear, add_sound
from curate.profile.source import Source
from curate.ruleset import RuleSet
from curate.tags import tag_batch

Progress = Callable[[int, int], None]
"""Called with (bytes, rows) newly read."""


def records_schema(
    extra_fields: Sequence[str], groups: Collection[str] = ()
) -> Mapping[str, pl.DataType]:
    """Columns of records.parquet in order, with their types."""
    return {
        **schema(RECORD),
        **dict.fromkeys(extra_fields, pl.String()),
        **schema(described(groups)),
        **{metric.name: metric.dtype for metric in chosen(groups)},
        **schema(JUDGEMENT),
        **schema(DECIDED),
    }


def write_records(
    sources: Sequence[Origin],
    rules: RuleSet,
    extra_fields: Sequence[str],
    path: Path,
    on_progress: Progress,
    threads: int | None = None,
    settings: Settings | None = None,
    old: Old | None = None,
    overrides: Overrides | None = None,
    on_audio: Progress = lambda done, files: None,
) -> tuple[list[Source], Amount, Counted | None]:
    """Write one row per non-blank line of `sources`; returns what was read of each, and in all, and
    what was counted of the metrics (None where some are known only when all is read).

    Rows stand in input order. The file's bytes depend neither on `threads` nor on how many
    sources come from `old`, whose rows are judged anew but not measured. What people decided in
    `overrides` stands above the rules. Raises InputError for a source that cannot be read whole.
    """
    old = old or Old(path)
    read = [
        old.sources[each.name][1] if each.name in old.sources else Source(each) for each in sources
    ]
    failure: list[BaseException] = []
    settings, people = settings or Settings(), overrides or Overrides()
    columns = records_schema(extra_fields, settings.groups)
    # What is known only when all is read or heard: until then nothing can be judged.
    late = settings.groups & WHOLE_INPUT
    hears = settings.groups & GROUPS_OF["voice"]
    first_rules = rules.only() if late or hears else rules

    def judge(rows: pl.DataFrame) -> pl.DataFrame:
        return people.decide(tag_batch(rows, first_rules))[list(columns)]

    def fresh(source: Source) -> Iterator[pl.DataFrame]:
        source.state = file_state(source.name) if reusable(source.origin) else {}
        work = lambda clips: judge(people.measure(clips, settings))  # noqa: E731 - one composition
        for piece in read_manifest(source.origin, work, extra_fields, threads):
            source.note(piece)
            on_progress(piece.bytes, piece.frame.height)
            yield piece.frame

    def frames() -> Iterator[pl.DataFrame]:
        try:
            for source in read:
                if source.name in old.sources:
                    on_progress(source.bytes, source.rows)
                    rows = kept_rows(old, source, people, settings, extra_fields)
                    yield from in_order(judge, rows, threads or thread_count())
                else:
                    yield from fresh(source)
        except BaseException as error:  # carried past the engine, which would wrap it in its own
            failure.append(error)
            raise

    def counted_frames(*_: object) -> Iterator[pl.DataFrame]:
        for frame in frames():
            counter.add(frame)
            yield frame

    counted = Counted.of(chosen(settings.groups))
    try:
        with counting(counted) as counter:
            sink(register_io_source(counted_frames, schema=dict(columns)), path)
    except BaseException:
        if failure:
            raise failure[0] from None
        raise
    if hears:
        ear = Ear(read, settings, old.records.parent, threads, on_audio)
        add_sound(path, rules.only() if late else rules, ear, people.decide)
    if late:
        add_copies(path, rules, late, people.decide)
    return read, _total(path), None if late or hears else counted


def _total(path: Path) -> Amount:
    """Rows, bytes and duration as the written file has them."""
    rows, size, duration = (
        pl.scan_parquet(path)
        .select(pl.len(), pl.col("byte_length").sum(), pl.col("duration_us").sum())
        .collect()
        .row(0)
    )
    return Amount(rows, size, duration)
