"""`curate profile`: measure every record, apply the rules, and report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.clips import Clips
from curate.artifacts.ledger import BlankLines, Entry, Ledger
from curate.artifacts.profile import Profile
from curate.environment.execution import QUIET, Execution
from curate.environment.versions import versions
from curate.errors import InputError
from curate.formatting.units import plural
from curate.manifest.origin import Origin
from curate.metrics import chosen
from curate.metrics.measure import Settings
from curate.profiles.audio.absent import absent_audio_warnings
from curate.profiles.audio.depth import AUDIO_CACHE, GROUPS_OF, AudioScan, depth_for
from curate.profiles.audio.faults import (
    audio_facts,
    refuse_all_missing,
    undecided_warnings,
    unread_warnings,
)
from curate.profiles.audio.loading import loading_facts, loading_warnings, origin_warnings
from curate.profiles.decided import Decided, OnDecided
from curate.profiles.examples.borderline import borderline_records
from curate.profiles.group_summary import summarise_groups
from curate.profiles.measure.records import (
    fill_late_metrics,
    languages_of,
    write_records,
)
from curate.profiles.measure.requested_fields import check_fields
from curate.profiles.measure.reuse import ReusedRows, find_old, same_code, write_measured
from curate.profiles.measure.source import not_finite_warnings, unread_audio_warnings
from curate.profiles.measure.undecoded import undecoded_warnings
from curate.profiles.measure.usable import refuse_unusable
from curate.profiles.named import LIBRARIES, LIMIT_COUNTS, TEXTS, WORD_TABLE, rules_named
from curate.profiles.opened import RECORDS, open_profile
from curate.profiles.overridden import outcome_of, warnings_of
from curate.profiles.records_table import open_table
from curate.profiles.request import ProfilePlan
from curate.profiles.rows import rows_in_memory
from curate.profiles.statistics.agreement import agreement_totals
from curate.profiles.statistics.density import density
from curate.profiles.statistics.rejection import kept_out
from curate.profiles.statistics.rejection import warnings_of as over_filtered
from curate.profiles.statistics.strata import stratify
from curate.profiles.summary import rules_hit, summarise
from curate.profiles.whole_input.conventions import exempted, find_conventions, reapply_rules
from curate.profiles.whole_input.conventions import warnings_of as of_conventions
from curate.profiles.whole_input.duplicates import count_duplicates
from curate.profiles.whole_input.groups import apply_group_rules

__all__ = [
    "OUTPUT_FILES",
    "Engine",
    "open_profile",
    "profile_into",
    "unchanged",
]

ALWAYS = frozenset({"records.parquet", "profile.json", "ledger.json", "measured.json"})
OUTPUT_FILES = ALWAYS | {
    "report.html",
    AUDIO_CACHE,
    LIMIT_COUNTS,
    TEXTS,
    WORD_TABLE,
    Clips.file,
}
"""What a profile directory holds; `audio_cache.parquet` only where audio was analysed,
`clips.json` only where clips were requested, LIMIT_COUNTS of many rows, TEXTS
and WORD_TABLE once it was opened for review."""


Engine = Callable[[ProfilePlan], ReusedRows]
"""Measures the sources of a plan somewhere else."""


def profile_into(
    plan: ProfilePlan,
    folder: Path,
    execution: Execution = QUIET,
    old: Path | None = None,
    engine: Engine | None = None,
    on_decided: OnDecided | None = None,
) -> Profile:
    """Profile the plan's manifests into `folder` (which exists): records.parquet, profile.json,
    ledger.json.

    `old` names an earlier profile directory, whose rows of unchanged manifests are not measured
    again. `engine`, in its place, measures elsewhere (Ray, or other machines did). The outputs are
    the same with and without either. `on_decided` is called when all verdicts stand, and may read
    the records beside what follows.

    Raises InputError where a manifest cannot be read whole, where no line of any is a record, and
    where audio is needed and none exists; ConfigError for a field that no record has.
    """
    with rows_in_memory(folder / RECORDS):
        return _profile(plan, folder, execution, old, engine, on_decided)


def _profile(
    plan: ProfilePlan,
    folder: Path,
    execution: Execution,
    old: Path | None,
    engine: Engine | None,
    on_decided: OnDecided | None,
) -> Profile:
    sources, settings, overrides = plan.sources, plan.settings, plan.overrides
    rules, grouped = plan.rules, list(plan.grouped)
    reused: ReusedRows
    if engine is not None:
        reused = engine(plan)
    else:
        reused = find_old(old, sources, plan.fields, settings)
        if reused.sources:
            execution.notify(_reused(reused, sources))
    records = folder / RECORDS
    read, total, counted = write_records(plan, records, execution, reused)
    without_record = refuse_unusable(records, sources)
    few_fields = check_fields(records, plan.required, grouped, sources)
    scan = AudioScan(read, settings, reused.audio_caches, execution.threads, execution.on_audio)
    late = fill_late_metrics(records, rules, settings, scan, overrides)
    with ThreadPoolExecutor(1) as beside:
        repeated = beside.submit(count_duplicates, records, total.rows)  # whatever the verdicts
        languages = languages_of(records)
        rules = rules.of_languages(languages)
        conventions = find_conventions(records, rules)
        exempt = any(each.exempt for each in conventions)
        if exempt:
            rules = exempted(rules, conventions)
            reapply_rules(records, rules, overrides.decide)
        failing = apply_group_rules(records, rules)
        if on_decided is not None:
            on_decided(Decided(records, total.rows, rules, any(each.failed for each in failing)))
        several = ["source"] if len(sources) > 1 else []
        moving = [each.rule for each in failing if each.moved_rows]
        columns = ["lang", "speaker", *grouped]
        with open_table(records) as table, table.beside() as also:
            strata = beside.submit(
                kept_out, also, records, ["lang", *several, *grouped], rules, moving
            )
            groups = beside.submit(summarise_groups, also, columns)
            cells = beside.submit(density, records)
            hits = rules_hit(table, rules)
            shown = beside.submit(borderline_records, also, rules, sources, hits)
            summary = summarise(
                table,
                records,
                rules,
                hits,
                chosen(settings.groups),
                sources,
                None if late or exempt else counted,
            )
            stratified = stratify(table, records, [*columns, *several], summary.placed, hits)
            by_group, borderline = groups.result(), shown.result()
        rejected, kept_from_eval = strata.result()
    decided = outcome_of(records, overrides)
    audio = audio_facts(records, settings)
    refuse_all_missing(audio, read[0].folder, records, sources)
    loading = loading_facts(records)
    profile = Profile(
        command=execution.command,
        versions=versions(LIBRARIES),
        rules=rules_named(rules),
        by=tuple(grouped),
        groups=tuple(sorted(settings.groups)),
        languages=tuple(languages),
        inputs=tuple(source.as_input() for source in read),
        overrides=decided,
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
        agreement=agreement_totals(records, settings.normaliser),
        borderline=borderline,
        audio=audio,
        loading=loading,
        warnings=(
            *without_record,
            *of_conventions(conventions),
            *few_fields,
            *over_filtered(rejected),
            *over_filtered(kept_from_eval),
            *warnings_of(decided),
            *loading_warnings(loading),
            *origin_warnings(source.origin for source in read),
            *undecoded_warnings(records, [source.origin for source in read]),
            *not_finite_warnings(read),
            *unread_audio_warnings(read, settings.audio.root),
            *absent_audio_warnings(read, audio, settings.audio.root, execution.command),
            *unread_warnings(audio),
            *undecided_warnings(audio, plan.rules),
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


def unchanged(folder: Path, plan: ProfilePlan) -> bool:
    """Whether `folder` holds what `profile_into` would make now, but for the command."""
    if not all((folder / name).is_file() for name in ALWAYS) or not same_code(folder):
        return False
    try:
        old = read_artifact(folder, Profile)
    except InputError:
        return False
    rules, settings, sources = plan.rules, plan.settings, plan.sources
    log = plan.overrides.log
    then = old.overrides
    same = (
        old.versions == versions(LIBRARIES)
        and old.rules == rules_named(rules)
        and old.by == plan.grouped
        and old.groups == tuple(sorted(settings.groups))
        and old.rejected.most == rules.max_rejected
        and old.kept_from_eval.most == rules.max_borderline
        and (then and (then.file, then.sha256)) == (log and (log.name, log.sha256))
        and [entry.source for entry in old.inputs] == [source.name for source in sources]
    )
    if not same or not _unchanged_audio(folder, old, settings):
        return False
    reused = find_old(folder, plan.sources, plan.fields, plan.settings)
    return len(reused.sources) == len(plan.sources)


def _unchanged_audio(folder: Path, old: Profile, settings: Settings) -> bool:
    """Whether all analysed audio is unchanged, and was analysed as it would be now."""
    groups = settings.groups & GROUPS_OF["vad"]
    if not groups:
        return True
    from curate.profiles.audio.cache import Cache

    same = old.audio is not None and old.audio.request == settings.audio.recorded()
    cache = Cache.load([folder / AUDIO_CACHE], depth_for(groups), settings.audio)
    return same and cache.is_current(settings.audio.allowed)


def _reused(reused: ReusedRows, sources: Sequence[Origin]) -> str:
    rows = sum(source.rows for _, source in reused.sources.values())
    return (
        f"{len(reused.sources)} of {plural(len(sources), 'manifest', 'is/are')} unchanged: "
        f"{plural(rows, 'row', 'is/are')} re-evaluated, not re-measured (--no-cache does both)"
    )
