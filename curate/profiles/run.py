"""`curate profile`: measure every record, apply the rules, and report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from curate.artifacts.base import read_artifact
from curate.environment.execution import QUIET, Execution
from curate.environment.versions import versions
from curate.errors import InputError
from curate.formatting.units import plural
from curate.manifest.origin import Origin
from curate.metrics.measure import Settings
from curate.profiles.audio.depth import AUDIO_CACHE, GROUPS_OF, depth_for
from curate.profiles.decided import OnDecided
from curate.profiles.measure.records import write_records
from curate.profiles.measure.reuse import ReusedRows, find_old, same_code
from curate.profiles.named import LIBRARIES, LIMIT_COUNTS, TEXTS, WORD_TABLE, rules_named
from curate.profiles.opened import RECORDS
from curate.profiles.request import ProfilePlan
from curate.profiles.rows import rows_in_memory

if TYPE_CHECKING:
    from curate.artifacts.profile import Profile

__all__ = [
    "OUTPUT_FILES",
    "Engine",
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
    "clips.json",
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
    sources, settings = plan.sources, plan.settings
    reused: ReusedRows
    if engine is not None:
        reused = engine(plan)
    else:
        reused = find_old(old, sources, plan.fields, settings)
        if reused.sources:
            execution.notify(_reused(reused, sources))
    records = folder / RECORDS
    read, total, counted = write_records(plan, records, execution, reused)
    # Imported while records are measured: a large input is read sooner by that much.
    from curate.profiles.concluded import Written, conclude

    return conclude(plan, folder, execution, Written(read, total, counted, reused), on_decided)


def unchanged(folder: Path, plan: ProfilePlan) -> bool:
    """Whether `folder` holds what `profile_into` would make now, but for the command."""
    if not all((folder / name).is_file() for name in ALWAYS) or not same_code(folder):
        return False
    from curate.artifacts.profile import Profile

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
