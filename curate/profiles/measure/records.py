"""The one pass over the manifests: read, measure, tag, and write records.parquet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from curate.artifacts.columns import DECIDED, JUDGEMENT, LANG_CODE, RECORD, described, schema
from curate.artifacts.ledger import Amount
from curate.manifest import in_order, read_manifests, thread_count
from curate.manifest.origin import Origin
from curate.metrics import chosen
from curate.metrics.measure import Settings
from curate.profiles.audio.cache import GROUPS_OF
from curate.profiles.audio.scan import Ear, add_sound
from curate.profiles.measure.reuse import Kept, Old, file_state, reusable
from curate.profiles.measure.source import Source
from curate.profiles.overridden import kept_rows
from curate.profiles.statistics.counts import Counted, counting
from curate.profiles.whole_input.duplicate_counts import WHOLE_INPUT, add_copies, sink
from curate.rules.evaluate import tag_batch
from curate.rules.file import RuleSet
from curate.rules.overrides import Overrides

Progress = Callable[[int, int], None]
"""Called with (bytes, rows) newly read."""

LATE = WHOLE_INPUT | GROUPS_OF["vad"]
"""Groups of metrics that are filled when all is read, or heard: `add_late`."""


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
    kept: Kept | None = None,
    overrides: Overrides | None = None,
) -> tuple[list[Source], Amount, Counted]:
    """Write one row per non-blank line of `sources`; returns what was read of each, and in all, and
    what was counted of the metrics.

    Rows stand in input order. The file's bytes depend neither on `threads` nor on how many
    sources come from `kept`, which are not measured. What people decided in `overrides` stands
    above the rules. Where metrics are asked for that need the whole input, or audio, nothing is
    judged yet: see `add_late`. Raises InputError for a source that cannot be read whole.
    """
    kept = kept or Old(path)
    read = [
        kept.sources[each.name][1] if each.name in kept.sources else Source(each)
        for each in sources
    ]
    failure: list[BaseException] = []
    settings, people = settings or Settings(), overrides or Overrides()
    columns = records_schema(extra_fields, settings.groups)
    # What is known only when all is read or heard: until then nothing can be judged.
    first_rules = rules.only() if settings.groups & LATE else rules

    def judge(rows: pl.DataFrame) -> pl.DataFrame:
        return people.decide(tag_batch(rows, first_rules))[list(columns)]

    def fresh(sources: Sequence[Source]) -> Iterator[pl.DataFrame]:
        for source in sources:
            source.state = file_state(source.name) if reusable(source.origin) else {}
        of = {source.name: source for source in sources}
        work = lambda clips: judge(people.measure(clips, settings))  # noqa: E731 - one composition
        origins = [source.origin for source in sources]
        for piece in read_manifests(origins, work, extra_fields, threads, settings.audio.root):
            for part in piece.parts:
                of[part.source].note(part)
            on_progress(sum(part.bytes for part in piece.parts), piece.frame.height)
            yield piece.frame

    def judged_anew(sources: Sequence[Source]) -> Iterator[pl.DataFrame]:
        on_progress(sum(it.bytes for it in sources), sum(it.rows for it in sources))
        rows = kept_rows(kept, sources, people, settings, extra_fields)
        yield from in_order(judge, rows, threads or thread_count())

    def as_they_are(source: Source) -> Iterator[pl.DataFrame]:
        on_progress(source.bytes, source.rows)
        part = kept.counted(source)
        for frame in kept.rows([source]):
            if part is None:
                counter.add(frame)
            yield frame
        if part is not None:
            counter.merge(part)

    def counted_frames(*_: object) -> Iterator[pl.DataFrame]:
        try:
            for known, run in groupby(read, lambda source: source.name in kept.sources):
                if known and kept.judged:
                    for source in run:
                        yield from as_they_are(source)
                    continue
                for frame in (judged_anew if known else fresh)(list(run)):
                    counter.add(frame)
                    yield frame
        except BaseException as error:  # carried past the engine, which would wrap it in its own
            failure.append(error)
            raise

    counted = Counted.of(chosen(settings.groups), rules)
    try:
        with counting(counted) as counter:
            sink(register_io_source(counted_frames, schema=dict(columns)), path)
    except BaseException:
        if failure:
            raise failure[0] from None
        raise
    return read, _total(path), counted


def add_late(
    path: Path, rules: RuleSet, settings: Settings, ear: Ear, overrides: Overrides
) -> bool:
    """Fill what is known only when all is read or heard, and judge the rows then; whether there
    was such a thing.
    """
    late, hears = settings.groups & WHOLE_INPUT, settings.groups & GROUPS_OF["vad"]
    if hears:
        add_sound(path, rules.only() if late else rules, ear, overrides.decide)
    if late:
        add_copies(path, rules, late, overrides.decide)
    return bool(late or hears)


def languages_of(path: Path) -> list[str]:
    """The codes of the languages that the rows declare, sorted."""
    codes = pl.scan_parquet(path).select(LANG_CODE.expr.unique().drop_nulls().sort())
    return codes.collect(engine="streaming").to_series().to_list()


def _total(path: Path) -> Amount:
    """Rows, bytes and duration as the written file has them."""
    rows, size, duration = (
        pl.scan_parquet(path)
        .select(pl.len(), pl.col("byte_length").sum(), pl.col("duration_us").sum())
        .collect()
        .row(0)
    )
    return Amount(rows=rows, bytes=size, duration_us=duration)
