"""`curate split`: representative splits, no leak, and every row accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import polars as pl

from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.columns import (
    BYTE_LENGTH,
    DURATION_US,
    LINE,
    REASON,
    SOURCE,
    TAGS,
)
from curate.artifacts.columns import MALFORMED as MALFORMED_WHY
from curate.artifacts.leaks import Leak
from curate.artifacts.ledger import Entry, Ledger
from curate.artifacts.profile import Input, Profile
from curate.artifacts.split import ChangedLines, Split
from curate.environment.execution import Progress, no_progress
from curate.manifest.audio_files import bases_of
from curate.manifest.origin import Origin
from curate.manifest.origins import MAPPED
from curate.profiles.opened import origins_of
from curate.profiles.rows import rows_in_memory
from curate.rules.routes import MALFORMED, REJECTED, SKIPPED, TRAIN, UNTRANSCRIBED, UNUSED
from curate.splits.absent_audio import SplitAudio, absent_audio_warnings, audio_root
from curate.splits.assign import Assignment, finish
from curate.splits.certificate import Finished, amount, certificate
from curate.splits.codes import CODED
from curate.splits.content import Files, by_content, files_of, is_by_content
from curate.splits.coverage import GROUP_FROM, SESSIONS, Keys, identify
from curate.splits.feasibility import impossible
from curate.splits.given_strategy import Given, GivenSplits
from curate.splits.lhotse_cuts import CUTS_ENDING, check_target, write_cuts
from curate.splits.line_edits import AS_THEY_ARE, FIX_NAMES, UNRATED, LineMarks
from curate.splits.lock import (
    BORDERLINE_COPY,
    CHANGED,
    HELD_OUT,
    LOCK,
    apply_lock,
    moved,
    write_lock,
)
from curate.splits.near_duplicates import near_leaks, near_texts
from curate.splits.path_patterns import group_pattern, groups_of, read_paths, refuse_idle
from curate.splits.records import StoredRecords, read_records
from curate.splits.request import SplitRequest
from curate.splits.search_strategy import Searched
from curate.splits.similarity import text_similarity
from curate.splits.strata import GENDER
from curate.splits.strategy import Strategy
from curate.splits.targets import AllocationOptions, Targets
from curate.splits.unknown_speakers import looked_up
from curate.splits.voice_leakage import voice_similarity
from curate.splits.write import read_lines, write_lines, write_reasons
from curate.splits.written_manifests import PATH

__all__ = [
    "AS_THEY_ARE",
    "GENDER",
    "LOCK",
    "SESSIONS",
    "AllocationOptions",
    "GivenSplits",
    "LineMarks",
    "SplitRequest",
    "Targets",
    "impossible",
    "moved",
    "output_files",
    "split_profile",
]


def output_files(names: Sequence[str] = ()) -> frozenset[str]:
    """What a split directory holds, with splits of these names beside eval and test."""
    outputs = (
        TRAIN,
        "eval",
        "test",
        *names,
        *UNUSED,
        HELD_OUT,
        BORDERLINE_COPY,
    )
    return frozenset(
        {
            *(f"{name}.{ending}" for name in outputs for ending in ("jsonl", CUTS_ENDING)),
            "rejected.reasons.jsonl",
            "skipped.reasons.jsonl",
            "malformed.reasons.jsonl",
            "split.json",
            LOCK,
            "ledger.json",
            "report.html",
        }
    )


def split_profile(
    profile: Path,
    folder: Path,
    request: SplitRequest,
    command: str = "",
    on_draw: Progress = no_progress,
) -> Split:
    """Split the records of a profile directory into `folder` (which exists), by a request that is
    resolved; its inputs are not read.

    Writes each split's original lines, the certificate split.json, splits.lock.parquet and
    ledger.json; returns the certificate. Lines are changed only where a person corrected their
    text, where the request's `marks` add to them, and where NeMo would misread them
    (`sampling_rate` beside `offset`: the rate goes). `on_draw` is called with how many of how many
    draws are made, where the best of several is taken.
    Raises ConfigError where a column is not in the profile or the lock is another corpus's,
    InputError where the manifests are no longer those profiled.
    """
    check_target(request.to)
    stored = StoredRecords.of(profile)
    with rows_in_memory(stored.path):
        return _split(profile, stored, folder, request, command, on_draw)


def _split(
    profile: Path,
    stored: StoredRecords,
    folder: Path,
    request: SplitRequest,
    command: str,
    on_draw: Progress,
) -> Split:
    facts = read_artifact(profile, Profile)
    strategy, marks = _strategy_of(request, on_draw), request.marks
    root = request.reading.root or audio_root(profile, facts)
    records, keys, by = _read_keyed(stored, facts, request, strategy.by_source, root)
    lock = None
    if request.lock is not None:
        records, lock = apply_lock(request.lock, records)
    strategy.refuse(records, lambda: stored.read([TAGS.name]).to_series())
    done = strategy.assign(records, request.seed, by, keys.columns)
    del records
    inputs = {entry.source: entry for entry in facts.inputs}
    rows, corrected = _with_changes(done.rows, stored, marks)
    done, near, unsure = _separated(done, strategy, rows, inputs)
    written = _outputs(done.rows, [aim.name for aim in done.targets])
    with ThreadPoolExecutor(1) as beside:  # what reads lines, while lock and certificate are made
        copying = beside.submit(write_lines, done.rows, written, inputs, folder, marks)
        done = finish(done, request.seed, strategy.of_eval(done.rows))
        copied = beside.submit(_write_borderline_copy, done.rows, inputs, folder, marks)
        splits = [TRAIN, *(aim.name for aim in done.targets)]
        audio = SplitAudio(origins_of(facts), root)
        similarity = beside.submit(
            text_similarity,
            done.rows,
            splits,
            request.seed,
            lambda drawn, outputs: audio.note(drawn, outputs, read_lines(drawn, outputs, inputs)),
        )
        voices = beside.submit(voice_similarity, done.rows, splits, request.seed)
        for name in [each for each in (REJECTED, SKIPPED, MALFORMED) if each in written]:
            write_reasons(done.rows["split"], stored, name, folder)
        unrated = done.rows[UNRATED.name].eq(1).fill_null(False)
        changed = corrected | unrated | pl.Series([marks.tags or marks.skipme or marks.canary])
        locked = done.rows.with_columns(changed.alias(CHANGED.name))
        write_lock(locked, stored.scan(), folder / LOCK, _blend_fields(facts))
        finished = Finished(
            assignment=done,
            strategy=strategy,
            profile=facts,
            outputs=written,
            seed=request.seed,
            by=by,
            keys=keys,
            audio_root=root,
            near=near,
            near_unsure=unsure,
            changed=ChangedLines(
                text_corrected=int(corrected.sum()),
                tags=marks.tags,
                skipme=marks.skipme,
                canary=marks.canary,
                rate_removed=int(unrated.sum()),
                fields_mapped=_mapped_rows(done.rows, inputs),
            ),
            lock=lock,
        )
        made = certificate(finished, command)
        copying.result()
        ledger = _ledger(done, written, copied.result(), facts)
        ledger.check()
        write_artifact(folder, ledger)
        similar = similarity.result()
        absent = absent_audio_warnings(done.rows["split"], splits, stored, audio, facts)
        made = made.model_copy(
            update={
                "text_similarity": similar,
                "voice_similarity": voices.result(),
                "warnings": (*made.warnings, *absent),
            }
        )
    if request.to is not None:
        cuts = write_cuts(done.rows["split"], stored, written, folder, inputs)
        made = made.model_copy(update={"cuts": cuts})
    write_artifact(folder / Split.file, made)
    return made


def _mapped_rows(rows: pl.DataFrame, inputs: Mapping[str, Input]) -> int:
    """Records whose lines got fields that a mapping names."""
    mapped = [name for name, entry in inputs.items() if entry.copied == MAPPED]
    return rows.filter(SOURCE.expr.is_in(mapped) & MALFORMED_WHY.expr.is_null()).height


def _strategy_of(request: SplitRequest, on_draw: Progress) -> Strategy:
    """How records get their splits: targets are drawn, given splits stay."""
    if isinstance(request.targets, Targets):
        return Searched(request.targets, on_draw=on_draw)
    assert isinstance(request.targets, GivenSplits), "the request is resolved"
    return Given(request.targets)


def _read_keyed(
    stored: StoredRecords,
    facts: Profile,
    request: SplitRequest,
    by_source: bool,
    root: Path | None,
) -> tuple[pl.DataFrame, Keys, list[str]]:
    """The records with their group keys, what is known of these, and the columns of strata."""
    records, by, group = read_records(stored, request, list(facts.by), by_source)
    origins = origins_of(facts)
    if request.group_from is not None:
        records, group = _with_groups(records, group, list(origins.values()), request.group_from)
    records, keys = identify(records, group)
    if is_by_content(request.audio_identity):
        records, contents = by_content(records, _files(records, origins, root))
        keys = replace(keys, contents=contents)
    return records, looked_up(keys, records, origins), by


def _with_groups(
    records: pl.DataFrame, group: Sequence[str], origins: Sequence[Origin], text: str
) -> tuple[pl.DataFrame, list[str]]:
    """The records with the group keys that a pattern takes from their audio paths."""
    pattern, paths = group_pattern(text), read_paths(origins)
    assert paths.len() == records.height, "a path for each row"
    groups = groups_of(paths, pattern)
    refuse_idle(groups, paths, pattern)
    return records.with_columns(groups.cast(CODED).alias(GROUP_FROM)), [*group, GROUP_FROM]


def _files(records: pl.DataFrame, origins: Mapping[str, Origin], root: Path | None) -> Files:
    """The file of each recording."""
    bases = {name: bases_of(origin, root) for name, origin in origins.items()}
    rows = records.with_columns(read_paths(list(origins.values())).alias(PATH))
    sources = rows[SOURCE.name]
    return files_of(rows, lambda row: bases[sources[row]])


def _separated(
    done: Assignment, strategy: Strategy, rows: pl.DataFrame, inputs: Mapping[str, Input]
) -> tuple[Assignment, list[Leak], int]:
    """Compare the texts of the splits, and hold out those that are near another's.

    Returns the assignment with the splits' last word, the near-duplicates that are left, and how
    many texts of splits could not be looked up for certain.
    """
    names = [aim.name for aim in done.targets]
    near, unsure = near_texts(lambda outputs: read_lines(rows, outputs, inputs), names)
    parted, left = strategy.separate(done, rows, near)
    return replace(done, rows=parted), near_leaks(left, names), unsure


def _outputs(rows: pl.DataFrame, names: Sequence[str]) -> list[str]:
    held = [HELD_OUT] if rows["split"].eq(HELD_OUT).any() else []
    unread = [name for name in (UNTRANSCRIBED, SKIPPED) if rows["split"].eq(name).any()]
    return [TRAIN, *sorted(names), REJECTED, *unread, MALFORMED, *held]


def _blend_fields(profile: Profile) -> list[str]:
    """The columns of weights and tags that blends gave to the records."""
    return sorted({name for entry in profile.inputs for name in entry.added})


def _with_changes(
    rows: pl.DataFrame, stored: StoredRecords, marks: LineMarks
) -> tuple[pl.DataFrame, pl.Series]:
    """The rows with what changes their lines, and which are corrected by hand."""
    corrected = pl.Series([False]).new_from_index(0, rows.height)
    further = [LINE.name, TAGS.name] if marks.tags else []
    further += [REASON.name] if marks.skipme else []
    fixes = [name for name in FIX_NAMES if name in stored.columns and stored.count(name)]
    further += fixes
    if further:
        rows = rows.hstack(stored.read(further))
    if fixes:
        corrected = rows.select(pl.any_horizontal(pl.col(fixes).is_not_null())).to_series()
    return rows, corrected


def _write_borderline_copy(
    rows: pl.DataFrame,
    inputs: Mapping[str, Input],
    folder: Path,
    marks: LineMarks,
) -> list[Entry]:
    """Borderline rows of eval's own groups: held out anyway, and good for measuring by."""
    copy = rows.filter(BORDERLINE_COPY).with_columns(split=pl.lit(BORDERLINE_COPY))
    if not copy.height:
        return []
    write_lines(copy, [BORDERLINE_COPY], inputs, folder, marks)
    return [Entry.of(BORDERLINE_COPY, amount(copy))]


def _ledger(
    done: Assignment, outputs: Sequence[str], copies: Sequence[Entry], facts: Profile
) -> Ledger:
    """The profile's rows against what went into each output."""
    rows = done.rows.select("split", BYTE_LENGTH.name, DURATION_US.name)
    total = amount(rows)
    assert total.rows == facts.totals.rows, "the profile's rows are all here"
    entries = [Entry.of(name, amount(rows.filter(pl.col("split") == name))) for name in outputs]
    return Ledger.of("split", total, entries, copies)
