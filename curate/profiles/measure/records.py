"""The one pass over the manifests: read, measure, tag, and write records.parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.artifacts.columns import VERDICT_COLUMNS
from curate.environment.cores import thread_count
from curate.environment.execution import QUIET, Execution
from curate.manifest.path_sample import most_of_each
from curate.manifest.read import in_order, read_manifests
from curate.metrics import chosen
from curate.metrics.measure import Settings
from curate.profiles.audio.depth import GROUPS_OF, AudioScan
from curate.profiles.measure.record_fields import records_schema
from curate.profiles.measure.reuse import Old, ReusedRows, reusable
from curate.profiles.measure.row_groups import Rows, Stored, is_large, of_sources, write_table
from curate.profiles.measure.source import Source
from curate.profiles.measure.unchanged import file_state
from curate.profiles.overridden import reused_rows
from curate.profiles.request import ProfilePlan
from curate.profiles.rows import scan
from curate.profiles.statistics.counts import Counted, counting
from curate.profiles.whole_input.duplicate_counts import (
    WHOLE_INPUT,
    sink,
    with_duplicate_counts,
)
from curate.rules.evaluate import tag, tag_batch
from curate.rules.file import RuleSet
from curate.rules.overrides import Overrides

if TYPE_CHECKING:
    from curate.artifacts.ledger import Amount

LATE = WHOLE_INPUT | GROUPS_OF["vad"]
"""Groups of metrics that are filled by `fill_late_metrics`."""


def write_records(
    plan: ProfilePlan,
    path: Path,
    execution: Execution = QUIET,
    reused: ReusedRows | None = None,
) -> tuple[list[Source], Amount, Counted]:
    """Write one row per non-blank line of the plan's sources; returns what was read of each, and in
    all, and what was counted of the metrics.

    Rows are in input order. The file's bytes depend neither on `execution`
    nor on how many sources come from `reused`, which are not measured. Manual overrides have
    priority over rules.
    Where metrics need the whole input, or audio, no rule is evaluated yet: see
    `fill_late_metrics`. Raises
    InputError for a source that cannot be read whole.
    """
    reused = reused or Old(path)
    read = [
        reused.sources[each.name][1] if each.name in reused.sources else Source(each)
        for each in plan.sources
    ]
    failure: list[BaseException] = []
    share = most_of_each(len(read))
    rules, settings, overrides = plan.rules, plan.settings, plan.overrides
    columns = records_schema(plan.fields, settings.groups)
    # Known only when all is read and analysed: until then no rule can be applied.
    first_rules = rules.only() if settings.groups & LATE else rules

    def tag_rows(rows: pl.DataFrame) -> pl.DataFrame:
        return overrides.decide(tag_batch(rows, first_rules))[list(columns)]

    def fresh(sources: Sequence[Source]) -> Iterator[Rows]:
        for source in sources:
            source.state = file_state(source.name) if reusable(source.origin) else {}
        of = {source.name: source for source in sources}
        latest = sources[0]
        work = lambda clips: tag_rows(overrides.measure(clips, settings))  # noqa: E731 - a composition
        origins = [source.origin for source in sources]
        root = settings.audio.root
        for piece in read_manifests(origins, work, plan.fields, execution.threads, root):
            for part in piece.parts:
                if part.source != latest.name:
                    latest.sample.keep(share)
                latest = of[part.source]
                latest.note(part)
            execution.on_read(sum(part.bytes for part in piece.parts), piece.frame.height)
            yield Rows(piece.frame, [(part.source, part.rows) for part in piece.parts])

    def evaluated_again(sources: Sequence[Source]) -> Iterator[Rows]:
        execution.on_read(
            sum(source.bytes for source in sources), sum(source.rows for source in sources)
        )
        rows = reused_rows(reused, sources, overrides, settings, plan.fields)
        tagged = in_order(tag_rows, rows, execution.threads or thread_count())
        return of_sources(tagged, [(source.name, source.rows) for source in sources])

    def as_they_are(source: Source) -> Iterator[Rows | Stored]:
        execution.on_read(source.bytes, source.rows)
        part = reused.counted(source)
        table = reused.table(source) if part and is_large(source.rows) else None
        if table:
            yield Stored(table)
        else:
            for frame in reused.rows([source]):
                if part is None:
                    counter.add(frame)
                yield Rows(frame, [(source.name, frame.height)])
        if part is not None:
            counter.merge(part)

    def all_rows() -> Iterator[Rows | Stored]:
        try:
            for known, run in groupby(read, lambda source: source.name in reused.sources):
                if known and reused.has_verdicts:
                    for source in run:
                        yield from as_they_are(source)
                    continue
                for rows in (evaluated_again if known else fresh)(list(run)):
                    counter.add(rows.frame)
                    yield rows
        except BaseException as error:  # carried past the engine, which would wrap it in its own
            failure.append(error)
            raise

    try:
        with counting(lambda: Counted.of(chosen(settings.groups), rules)) as counter:
            write_table(all_rows(), columns, path)
    except BaseException:
        if failure:
            raise failure[0] from None
        raise
    for source in read:
        source.sample.keep(share)
    return read, _total(path), counter.finish()


def fill_late_metrics(
    path: Path, rules: RuleSet, settings: Settings, scan: AudioScan, overrides: Overrides
) -> bool:
    """Fill the metrics that need the whole input or the audio, evaluate the rules on the rows, and
    write the table again, once; whether there are such metrics.
    """
    whole_input, audio = settings.groups & WHOLE_INPUT, settings.groups & GROUPS_OF["vad"]
    if not whole_input and not audio:
        return False
    measured = pl.scan_parquet(path)
    names = measured.collect_schema().names()
    rows = measured.drop(column.name for column in VERDICT_COLUMNS)
    if audio:  # else nothing that decodes is loaded
        from curate.profiles.audio.scan import with_audio_metrics

        rows = with_audio_metrics(rows, path, scan)
    if whole_input:
        rows = with_duplicate_counts(rows, path, whole_input)
    evaluated = tag(rows, rules).map_batches(overrides.decide, streamable=True)
    beside = path.with_suffix(".late")
    sink(evaluated.select(names), beside)
    beside.replace(path)
    return True


def _total(path: Path) -> Amount:
    """Rows, bytes and duration as the written file has them."""
    from curate.artifacts.ledger import Amount

    rows, size, duration = (
        scan(path)
        .select(pl.len(), pl.col("byte_length").sum(), pl.col("duration_us").sum())
        .collect()
        .row(0)
    )
    return Amount(rows=rows, bytes=size, duration_us=duration)
