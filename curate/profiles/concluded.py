"""What follows when every record is written: metrics of the whole input, final verdicts, what sums
them up, and the files that say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from curate.artifacts.base import write_artifact
from curate.artifacts.ledger import Amount, BlankLines, Entry, Ledger
from curate.artifacts.profile import Agreement, Profile
from curate.artifacts.profile import Overrides as OverridesOutcome
from curate.artifacts.profile_audio import Audio, Loading
from curate.environment.execution import Execution
from curate.environment.versions import versions
from curate.metrics import chosen
from curate.profiles.audio.absent import absent_audio_warnings
from curate.profiles.audio.depth import AudioScan
from curate.profiles.audio.faults import (
    audio_facts,
    refuse_all_missing,
    undecided_warnings,
    unread_warnings,
)
from curate.profiles.audio.loading import loading_facts, loading_warnings, origin_warnings
from curate.profiles.decided import Decided, OnDecided
from curate.profiles.examples.borderline import borderline_records
from curate.profiles.group_summary import median_rates, summarise_groups
from curate.profiles.measure.code_version import all_code
from curate.profiles.measure.records import fill_late_metrics
from curate.profiles.measure.requested_fields import check_fields
from curate.profiles.measure.reuse import ReusedRows, write_measured
from curate.profiles.measure.source import Source, not_finite_warnings, unread_audio_warnings
from curate.profiles.measure.undecoded import undecoded_warnings
from curate.profiles.measure.usable import refuse_unusable
from curate.profiles.named import LIBRARIES, rules_named
from curate.profiles.opened import RECORDS
from curate.profiles.overridden import outcome_of, warnings_of
from curate.profiles.records_table import open_table
from curate.profiles.request import ProfilePlan
from curate.profiles.row_counts import count_rows
from curate.profiles.statistics.agreement import agreement_totals
from curate.profiles.statistics.counts import Counted
from curate.profiles.statistics.density import density
from curate.profiles.statistics.rejection import kept_out
from curate.profiles.statistics.rejection import warnings_of as over_filtered
from curate.profiles.statistics.strata import stratify
from curate.profiles.summary import rules_hit, summarise
from curate.profiles.whole_input.conventions import exempted, find_conventions, reapply_rules
from curate.profiles.whole_input.conventions import warnings_of as of_conventions
from curate.profiles.whole_input.duplicates import count_duplicates
from curate.profiles.whole_input.groups import apply_group_rules


@dataclass(frozen=True, slots=True)
class Written:
    """The records as they were written: their sources, what they amount to, what was counted of
    them beside, and which were reused.
    """

    sources: Sequence[Source]
    total: Amount
    counted: Counted
    reused: ReusedRows


class _Facts(NamedTuple):
    """What the records show whatever their verdicts."""

    decided: OverridesOutcome | None
    audio: Audio | None
    loading: Mapping[str, Loading] | None
    agreement: Agreement | None
    undecoded: Sequence[str]


def build_models() -> None:
    """Let pydantic build the models of the files that `conclude` writes, which it does at their
    first use else.
    """
    for model in (Profile, Ledger):
        model.model_rebuild()


def conclude(
    plan: ProfilePlan,
    folder: Path,
    execution: Execution,
    written: Written,
    on_decided: OnDecided | None,
) -> Profile:
    """The profile of the records in `folder`, which is written there beside them."""
    sources, settings, overrides = plan.sources, plan.settings, plan.overrides
    rules, grouped = plan.rules, list(plan.grouped)
    read, total, counted = written.sources, written.total, written.counted
    records = folder / RECORDS
    without_record = refuse_unusable(records, sources)
    few_fields = check_fields(records, plan.required, grouped, sources)
    scan = AudioScan(
        read, settings, written.reused.audio_caches, execution.threads, execution.on_audio
    )
    late = fill_late_metrics(records, rules, settings, scan, overrides)
    counts = count_rows(records, several_sources=len(sources) > 1)
    languages = counts.languages()
    rules = rules.of_languages(languages)
    conventions = find_conventions(counts, rules)
    exempt = any(each.exempt for each in conventions)
    if exempt:
        rules = exempted(rules, conventions)
        reapply_rules(records, rules, overrides.decide)
        counts = count_rows(records, several_sources=len(sources) > 1)
    known = None if late or exempt else counted
    ends = known.ends() if known else ()
    table = open_table(records, counts, ends)
    failing = apply_group_rules(records, rules, table)
    if on_decided is not None:
        on_decided(Decided(records, total.rows, rules, any(each.failed for each in failing)))
    several = ["source"] if len(sources) > 1 else []
    moving = [each.rule for each in failing if each.moved_rows]
    columns = ["lang", "speaker", *grouped]
    if moving:
        counts = count_rows(records, several_sources=len(sources) > 1)
        table = open_table(records, counts, ends)
    with ThreadPoolExecutor(1) as beside:
        # From here on nothing writes the table again: Polars opens a file for its footer, and again
        # for its rows, and one that is replaced meanwhile is damaged for it.
        strata = beside.submit(
            kept_out, table, records, ["lang", *several, *grouped], rules, moving
        )
        hits = rules_hit(table, rules)
        shown = beside.submit(borderline_records, table, rules, sources, hits)
        repeated = beside.submit(count_duplicates, records, total.rows)
        cells = beside.submit(density, records)
        facts_of = beside.submit(_facts, plan, records, read)
        summary = summarise(
            table,
            records,
            rules,
            hits,
            chosen(settings.groups),
            sources,
            known,
        )
        rates = median_rates(table, columns)
        stratified = stratify(table, records, [*columns, *several], summary.placed, hits, rates)
        by_group = summarise_groups(table, columns, rates.medians(records))
        borderline = shown.result()
        rejected, kept_from_eval = strata.result()
    facts = facts_of.result()
    refuse_all_missing(facts.audio, read[0].folder, records, sources)
    profile = Profile(
        command=execution.command,
        versions=versions(LIBRARIES),
        rules=rules_named(rules),
        by=tuple(grouped),
        groups=tuple(sorted(settings.groups)),
        languages=tuple(languages),
        inputs=tuple(source.as_input() for source in read),
        overrides=facts.decided,
        group_rules=failing,
        rejected=rejected,
        kept_from_eval=kept_from_eval,
        conventions=conventions,
        totals=summary.totals,
        verdicts=summary.verdicts,
        rules_hit=hits,
        malformed=summary.malformed,
        metrics=summary.metrics,
        correlations=summary.correlations,
        density=cells.result(),
        stratified=stratified,
        strata=by_group.strata,
        coverage=by_group.coverage,
        worst_groups=by_group.worst_groups,
        duplicates=repeated.result(),
        agreement=facts.agreement,
        borderline=borderline,
        audio=facts.audio,
        loading=facts.loading,
        warnings=(
            *without_record,
            *of_conventions(conventions),
            *few_fields,
            *over_filtered(rejected),
            *over_filtered(kept_from_eval),
            *warnings_of(facts.decided),
            *loading_warnings(facts.loading),
            *origin_warnings(source.origin for source in read),
            *facts.undecoded,
            *not_finite_warnings(read),
            *unread_audio_warnings(read, settings.audio.root),
            *absent_audio_warnings(read, facts.audio, settings.audio.root, execution.command),
            *unread_warnings(facts.audio),
            *undecided_warnings(facts.audio, plan.rules),
        ),
    )
    blank = BlankLines(
        rows=sum(source.blank_lines for source in read),
        bytes=sum(source.blank_bytes for source in read),
    )
    ledger = Ledger.of("profile", total, [Entry.of("records.parquet", total)], blank=blank)
    ledger.check()
    assert total.rows == sum(source.rows for source in read), "every line read was written"
    write_measured(folder, read, plan.fields, settings)
    write_artifact(folder, profile)
    write_artifact(folder, ledger)
    return profile


def _facts(plan: ProfilePlan, records: Path, read: Sequence[Source]) -> _Facts:
    """Those of a records table."""
    all_code()  # its name is kept for `write_measured`
    return _Facts(
        decided=outcome_of(records, plan.overrides),
        audio=audio_facts(records, plan.settings),
        loading=loading_facts(records),
        agreement=agreement_totals(records, plan.settings.normaliser),
        undecoded=undecoded_warnings(records, [source.origin for source in read]),
    )
