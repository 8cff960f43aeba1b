"""`curate profile`: measure and judge every record, and say what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from curate.artifacts.base import RuleFile, read_artifact, write_artifact
from curate.artifacts.clips import Clips
from curate.artifacts.ledger import BlankLines, Entry, Ledger
from curate.artifacts.profile import Profile
from curate.audio.options import AudioWish
from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.errors.nearest import suggest
from curate.manifest import find_sources
from curate.manifest.fields import FIELDS, UNKEPT
from curate.manifest.formats import kept_fields
from curate.manifest.mapping import ReadAs
from curate.manifest.origin import Origin
from curate.metrics import BY_NAME, OPT_IN, chosen, groups_of, with_needs
from curate.metrics.compute.phrases import known_phrases
from curate.metrics.compute.tokens import read_tokenizer
from curate.metrics.measure import Settings
from curate.profiles.audio import cache as heard
from curate.profiles.audio.faults import audio_facts, refuse_all_missing, unread_warnings
from curate.profiles.audio.loading import loading_facts, loading_warnings, origin_warnings
from curate.profiles.audio.scan import Ear
from curate.profiles.examples.borderline import borderline_records
from curate.profiles.measure.records import (
    Progress,
    add_late,
    languages_of,
    records_schema,
    write_records,
)
from curate.profiles.measure.requested_fields import check_fields
from curate.profiles.measure.reuse import Kept, find_old, same_code, write_measured
from curate.profiles.measure.source import not_finite_warnings
from curate.profiles.measure.usable import refuse_unusable
from curate.profiles.overridden import outcome_of, warnings_of
from curate.profiles.statistics.agreement import agreement_totals
from curate.profiles.statistics.rejection import borderline_by_stratum, rejected_by_stratum
from curate.profiles.statistics.rejection import warnings_of as over_filtered
from curate.profiles.summary import open_profile, summarise
from curate.profiles.whole_input.conventions import exempted, find_conventions, judge_again
from curate.profiles.whole_input.conventions import warnings_of as of_conventions
from curate.profiles.whole_input.groups import judge_by_group
from curate.rules.file import RuleSet
from curate.rules.overrides import Overrides
from curate.text.normaliser import Normaliser, steps_of

__all__ = [
    "LIBRARIES",
    "OURS",
    "Engine",
    "fields_of",
    "open_profile",
    "profile_into",
    "settings_for",
    "unchanged",
    "versions",
]

ALWAYS = frozenset({"records.parquet", "profile.json", "ledger.json", "measured.json"})
OURS = ALWAYS | {"report.html", heard.NAME, Clips.file}
"""What a profile directory holds; `heard.parquet` only where audio was looked at, `clips.json` only
where clips were asked for."""

GROUPABLE = frozenset({"source", "task", "script"})
"""Columns that every profile has, and that one may group by."""

LIBRARIES = ("asr-curate", "polars", "duckdb", "numba", "numpy")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


Engine = Callable[[Sequence[Origin], RuleSet, Sequence[str], Settings, Overrides], Kept]
"""Measures sources by these rules, further fields, settings and decisions somewhere else."""


def profile_into(
    manifests: Sequence[str],
    folder: Path,
    rules: RuleSet,
    by: Sequence[str] = (),
    command: str = "",
    on_progress: Progress = lambda size, rows: None,
    threads: int | None = None,
    settings: Settings | None = None,
    old: Path | None = None,
    on_reuse: Callable[[str], None] = lambda said: None,
    format: ReadAs = None,
    overrides: Overrides | None = None,
    on_audio: Progress = lambda done, files: None,
    engine: Engine | None = None,
    named: Mapping[str, str] | None = None,
) -> Profile:
    """Profile `manifests` into `folder` (which exists): records.parquet, profile.json, ledger.json.

    `old` names an earlier profile of ours, whose rows of unchanged manifests are not measured
    again; `on_reuse` is told so in words. `engine`, in its place, measures elsewhere (Ray, or other
    machines did). The outputs are the same with and without either.

    `on_audio` is called with how many audio files were looked at, of how many.

    `by` names further manifest fields to keep and to group by, beside lang and speaker; what a
    format keeps anyway (shard_id, a blend's tags) is added. `settings` says what is measured (see
    `settings_for`; by default what the rules need), `format` how the inputs are read where sniffing
    would not do; `overrides` are people's decisions. Raises
    InputError where a manifest cannot be read, where no line of any is a record, and where audio
    is asked for and none is found; ConfigError for a field that cannot be a column, and for one
    that no record has. `named` has the options by which a person named fields of `by` (default:
    --by, all of them); the others may be there or not.
    """
    sources = find_sources(manifests, format)
    grouped, extra_fields = fields_of(by, sources)
    settings = settings or settings_for(rules)
    people = overrides or Overrides()
    kept: Kept
    if engine is not None:
        kept = engine(sources, rules, extra_fields, settings, people)
    else:
        kept = find_old(old, sources, extra_fields, settings)
        if kept.sources:
            on_reuse(_said(kept, sources))
    records = folder / "records.parquet"
    read, total, counted = write_records(
        sources,
        rules,
        extra_fields,
        records,
        on_progress,
        threads,
        settings,
        kept,
        people,
    )
    without_record = refuse_unusable(records, sources)
    asked = dict.fromkeys(by, "--by") if named is None else named
    few_fields = check_fields(records, asked, grouped, sources)
    ear = Ear(read, settings, kept.heard, threads, on_audio)
    late = add_late(records, rules, settings, ear, people)
    languages = languages_of(records)
    rules = rules.of_languages(languages)
    conventions = find_conventions(records, rules)
    exempt = any(each.exempt for each in conventions)
    if exempt:
        rules = exempted(rules, conventions)
        judge_again(records, rules, people.decide)
    failing = judge_by_group(records, rules)
    strata = ["lang", "speaker", *grouped]
    summary = summarise(
        records,
        rules,
        strata,
        chosen(settings.groups),
        sources,
        None if late or exempt else counted,
    )
    decided = outcome_of(records, people)
    several = ["source"] if len(sources) > 1 else []
    rejected = rejected_by_stratum(records, ["lang", *several, *grouped], rules)
    kept_from_eval = borderline_by_stratum(records, ["lang", *several, *grouped], rules)
    audio = audio_facts(records, settings)
    refuse_all_missing(audio, read[0].folder, records, sources)
    loading = loading_facts(records)
    profile = Profile(
        command=command,
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
        rules_hit=summary.rules_hit,
        malformed=summary.malformed,
        metrics=summary.metrics,
        correlations=summary.correlations,
        strata=summary.strata,
        worst_groups=summary.worst_groups,
        duplicates=summary.duplicates,
        agreement=agreement_totals(records, settings.normaliser),
        borderline=borderline_records(records, rules, sources, summary.rules_hit),
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
            *not_finite_warnings(read),
            *unread_warnings(audio),
        ),
    )
    blank = BlankLines(
        rows=sum(source.blank_lines for source in read),
        bytes=sum(source.blank_bytes for source in read),
    )
    ledger = Ledger.of("profile", total, [Entry.of("records.parquet", total)], blank=blank)
    ledger.check()
    assert total.rows == sum(source.rows for source in read), "every line read was written"
    write_measured(folder, read, extra_fields, settings)
    write_artifact(folder, profile)
    write_artifact(folder, ledger)
    return profile


def settings_for(
    rules: RuleSet,
    groups: Sequence[str] = (),
    phrases: Sequence[str | Path] = (),
    tokenizer: str | Path | None = None,
    audio: AudioWish | None = None,
    normalise: Sequence[str] | None = None,
) -> Settings:
    """What to measure: the opt-in `groups`, those that the rules need, what is in `phrases`,
    files of phrases that recognisers invent, beside our own, and the tokens of `tokenizer`.
    `audio` says where audio is found and of which records, if a group needs it; `normalise` are the
    steps before edits are counted (by default, `curate.text.normaliser.DEFAULT`).

    ConfigError for a group or a step that there is not, for a file that cannot be read, and for
    tokens that are asked for without a tokenizer.
    """
    wanted = _groups(groups) | groups_of(rules.measured)
    model = None if tokenizer is None else read_tokenizer(tokenizer)
    if model is not None:
        wanted |= {"tokens"}
    elif "tokens" in wanted:
        what, hint = "is missing: tokens are to be counted", "name a model's .model or .nemo"
        raise ConfigError.of("--tokenizer", what, hint)
    normaliser = Normaliser(steps_of(normalise))
    return Settings(wanted, known_phrases(phrases), model, audio or AudioWish(), normaliser)


def unchanged(
    folder: Path,
    manifests: Sequence[str],
    rules: RuleSet,
    by: Sequence[str],
    settings: Settings | None = None,
    format: ReadAs = None,
    overrides: Overrides | None = None,
) -> bool:
    """Whether `folder` holds what `profile_into` would make now, but for the command."""
    if not all((folder / name).is_file() for name in ALWAYS) or not same_code(folder):
        return False
    try:
        old = read_artifact(folder, Profile)
    except InputError:
        return False
    settings = settings or settings_for(rules)
    sources = find_sources(manifests, format)
    grouped, extra_fields = fields_of(by, sources)
    log = overrides.log if overrides else None
    then = old.overrides
    same = (
        old.versions == versions(LIBRARIES)
        and old.rules == rules_named(rules)
        and old.by == tuple(grouped)
        and old.groups == tuple(sorted(settings.groups))
        and old.rejected.most == rules.max_rejected
        and old.kept_from_eval.most == rules.max_borderline
        and (then and (then.file, then.sha256)) == (log and (log.name, log.sha256))
        and [entry.source for entry in old.inputs] == [source.name for source in sources]
    )
    if not same or not _unchanged_audio(folder, old, settings):
        return False
    return len(find_old(folder, sources, extra_fields, settings).sources) == len(sources)


def fields_of(by: Sequence[str], sources: Sequence[Origin]) -> tuple[list[str], list[str]]:
    """What `by` and the sources' formats group by, beside language and speaker; and those of it
    that become columns of their own. ConfigError for a field that cannot be a column.
    """
    grouped = _grouped(by, kept_fields(sources))
    return grouped, [name for name in grouped if name not in GROUPABLE]


def _unchanged_audio(folder: Path, old: Profile, settings: Settings) -> bool:
    """Whether all audio that was looked at is as it was, and was looked at as it would be now."""
    groups = settings.groups & heard.GROUPS_OF["vad"]
    if not groups:
        return True
    same = old.audio is not None and old.audio.asked == settings.audio.recorded()
    cache = heard.Cache.load([folder / heard.NAME], heard.depth_for(groups), settings.audio)
    return same and cache.is_current(settings.audio.allowed)


def rules_named(rules: RuleSet) -> RuleFile:
    """How artifacts name the rule file."""
    return RuleFile(name=rules.name, path=str(rules.path), sha256=rules.sha256)


def _said(kept: Kept, sources: Sequence[Origin]) -> str:
    rows = sum(source.rows for _, source in kept.sources.values())
    return (
        f"{len(kept.sources)} of {len(sources)} manifests are unchanged: {rows:,} rows are judged "
        "again, not measured again (--no-cache does both)"
    )


def versions(libraries: Sequence[str]) -> dict[str, str]:
    """Installed versions, for an artefact's provenance."""
    return {name: version(name) for name in libraries}


def _groups(names: Sequence[str]) -> frozenset[str]:
    """Opt-in groups by name; all faults at once."""
    known = tuple(sorted(OPT_IN))
    faults = [
        Fault("--with", f"unknown group {name!r}", suggest(name, known))
        for name in names
        if name not in known
    ]
    raise_all(ConfigError, faults)
    return with_needs(names)


def _grouped(by: Sequence[str], kept: Sequence[str]) -> list[str]:
    """What is grouped by beside language and speaker: `by`, and the fields kept; all faults at
    once. Those of GROUPABLE are columns anyway, the others become such.
    """
    known = records_schema([])
    wanted = [name for name in dict.fromkeys(by) if name not in {"lang", "speaker"}]
    faults = [
        Fault("--by", f"{name!r} {what}", "name a plain field of the manifest")
        for name in wanted
        for what in _field_faults(name, known)
        if name not in GROUPABLE
    ]
    raise_all(ConfigError, faults)
    implied = [name for name in kept if not _field_faults(name, known)]
    return list(dict.fromkeys([*wanted, *implied]))


def _field_faults(name: str, known: object) -> list[str]:
    if not _FIELD.match(name):
        return ["is no field name"]
    if (name in FIELDS and name not in UNKEPT) or name in BY_NAME or name in known:  # type: ignore[operator]
        return ["is measured anyway and cannot be grouped by"]
    return []
