"""`curate split`: representative splits, no leak, and every row accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.columns import (
    AUDIO_CHANNEL,
    AUDIO_KEY,
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LANG,
    LINE,
    NORMAL_KEY,
    OFFSET_S,
    REASON,
    RECORDING_KEY,
    SOURCE,
    SPEAKER,
    TAGS,
    TEXT_FIX,
    TEXT_KEY,
    VERDICT,
)
from curate.artifacts.columns import MALFORMED as MALFORMED_WHY
from curate.artifacts.leaks import Leak
from curate.artifacts.ledger import Entry, Ledger
from curate.artifacts.profile import Input, Profile
from curate.artifacts.split import ChangedLines, Split
from curate.errors import ConfigError, Fault, InputError, parameter, raise_all
from curate.errors.nearest import lacking, suggest
from curate.manifest.audio_files import bases_of
from curate.manifest.formats import MAPPED
from curate.manifest.origin import Origin
from curate.profiles.opened import origins_of
from curate.rules.routes import MALFORMED, REJECTED, SKIPPED, TRAIN
from curate.splits.assign import Assignment, finish
from curate.splits.certificate import Finished, amount, certificate
from curate.splits.content import Files, by_content, files_of, is_by_content
from curate.splits.coverage import GROUP_FROM, SESSIONS, Keys, identify
from curate.splits.feasibility import impossible
from curate.splits.given_strategy import Given, GivenSplits
from curate.splits.lhotse_cuts import CUTS_ENDING, check_target, write_cuts
from curate.splits.line_edits import AS_THEY_ARE, UNRATED, LineMarks
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
from curate.splits.request import SplitRequest
from curate.splits.search_strategy import Searched
from curate.splits.strata import GENDER
from curate.splits.strategy import Strategy
from curate.splits.targets import AllocationOptions, Targets
from curate.splits.unknown_speakers import looked_up
from curate.splits.write import read_lines, write_lines, write_reasons
from curate.splits.written_manifests import PATH
from curate.text.ids import SPEAKER_FIELDS

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

_NEEDED = (
    *(
        column.name
        for column in (
            SOURCE, LINE, BYTE_OFFSET, BYTE_LENGTH, MALFORMED_WHY, AUDIO_KEY, RECORDING_KEY,
            AUDIO_CHANNEL, TEXT_KEY, NORMAL_KEY, LANG, OFFSET_S, DURATION_US, VERDICT, TAGS,
        )
    ),
    "char_rate",
    "chars",
    "words",
    "word_len",
    UNRATED.name,
)  # fmt: skip
FEW_SOURCES = 32
"""Up to so many manifests, each is a stratum of its own, unless the strata are named."""


def output_files(names: Sequence[str] = ()) -> frozenset[str]:
    """What a split directory holds, with splits of these names beside eval and test."""
    outputs = (
        TRAIN,
        "eval",
        "test",
        *names,
        REJECTED,
        SKIPPED,
        MALFORMED,
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


def split_profile(profile: Path, folder: Path, request: SplitRequest, command: str = "") -> Split:
    """Split the records of a profile directory into `folder` (which exists), by a request that is
    resolved; its inputs are not read.

    Writes each split's original lines, the certificate split.json, splits.lock.parquet and
    ledger.json; returns the certificate. Lines are changed only where a person corrected their
    text, where the request's `marks` add to them, and where NeMo would misread them
    (`sampling_rate` beside `offset`: the rate goes).
    Raises ConfigError where a column is not in the profile or the lock is another corpus's,
    InputError where the manifests are no longer those profiled.
    """
    check_target(request.to)
    facts = read_artifact(profile, Profile)
    strategy, marks = _strategy_of(request), request.marks
    records, keys, by = _read_keyed(profile, facts, request, strategy.by_source)
    lock = None
    if request.lock is not None:
        records, lock = apply_lock(request.lock, records)
    strategy.refuse(records)
    done = strategy.assign(records, request.seed, by, keys.columns)
    del records
    inputs = {entry.source: entry for entry in facts.inputs}
    reasons = pl.read_parquet(profile / "records.parquet", columns=[REASON.name]).to_series()
    rows, corrected = _with_changes(done.rows, profile, reasons, marks)
    done, written, near, unsure = _write_outputs(
        done, strategy, rows, inputs, folder, request.seed, marks
    )
    del rows
    copies = _write_borderline_copy(done.rows, inputs, folder, marks)
    for name in [each for each in (REJECTED, SKIPPED, MALFORMED) if each in written]:
        write_reasons(done.rows, reasons, name, folder)
    unrated = done.rows[UNRATED.name].eq(1).fill_null(False)
    changed = corrected | unrated | pl.Series([marks.tags or marks.skipme or marks.canary])
    locked = done.rows.with_columns(changed.alias(CHANGED.name))
    write_lock(locked, folder / LOCK, _blend_fields(profile, facts))
    ledger = _ledger(done, written, copies, facts)
    ledger.check()
    write_artifact(folder, ledger)
    made = certificate(
        Finished(
            assignment=done,
            strategy=strategy,
            profile=facts,
            outputs=written,
            seed=request.seed,
            by=by,
            keys=keys,
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
            cuts=None if request.to is None else write_cuts(done.rows, written, folder, inputs),
        ),
        command,
    )
    write_artifact(folder / Split.file, made)
    return made


def _mapped_rows(rows: pl.DataFrame, inputs: Mapping[str, Input]) -> int:
    """Records whose lines got fields that a mapping names."""
    mapped = [name for name, entry in inputs.items() if entry.copied == MAPPED]
    return rows.filter(SOURCE.expr.is_in(mapped) & MALFORMED_WHY.expr.is_null()).height


def _strategy_of(request: SplitRequest) -> Strategy:
    """How records get their splits: targets are drawn, given splits stay."""
    if isinstance(request.targets, Targets):
        return Searched(request.targets)
    assert isinstance(request.targets, GivenSplits), "the request is resolved"
    return Given(request.targets)


def _read_keyed(
    profile: Path, facts: Profile, request: SplitRequest, by_source: bool
) -> tuple[pl.DataFrame, Keys, list[str]]:
    """The records with their group keys, what is known of these, and the columns of strata."""
    records, by, group = _read_records(profile, request, list(facts.by), by_source)
    origins = origins_of(facts)
    if request.group_from is not None:
        records, group = _with_groups(records, group, list(origins.values()), request.group_from)
    records, keys = identify(records, group)
    if is_by_content(request.audio_identity):
        records, contents = by_content(records, _files(records, origins, facts.audio_root))
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
    return records.with_columns(groups.alias(GROUP_FROM)), [*group, GROUP_FROM]


def _files(records: pl.DataFrame, origins: Mapping[str, Origin], root: Path | None) -> Files:
    """The file of each recording."""
    bases = {name: bases_of(origin, root) for name, origin in origins.items()}
    rows = records.with_columns(read_paths(list(origins.values())).alias(PATH))
    sources = rows[SOURCE.name]
    return files_of(rows, lambda row: bases[sources[row]])


def _write_outputs(
    done: Assignment,
    strategy: Strategy,
    rows: pl.DataFrame,
    inputs: Mapping[str, Input],
    folder: Path,
    seed: int,
    marks: LineMarks,
) -> tuple[Assignment, list[str], list[Leak], int]:
    """Compare the texts of the splits, hold out those that are near another's, and write every
    output.

    Returns the finished assignment, what was written, the near-duplicates that are left, and how
    many texts of splits could not be looked up for certain.
    """
    names = [aim.name for aim in done.targets]
    near, unsure = near_texts(lambda outputs: read_lines(rows, outputs, inputs), names)
    parted, left = strategy.separate(done, rows, near)
    write_lines(parted, _outputs(parted, names), inputs, folder, marks)
    finished = finish(done, parted, seed, strategy.of_eval(parted))
    return finished, _outputs(parted, names), near_leaks(left, names), unsure


def _outputs(rows: pl.DataFrame, names: Sequence[str]) -> list[str]:
    held = [HELD_OUT] if rows["split"].eq(HELD_OUT).any() else []
    skipped = [SKIPPED] if rows["split"].eq(SKIPPED).any() else []
    return [TRAIN, *sorted(names), REJECTED, *skipped, MALFORMED, *held]


def _blend_fields(folder: Path, profile: Profile) -> pl.DataFrame:
    """The weights and tags that blends gave to the records, row for row."""
    names = sorted({name for entry in profile.inputs for name in entry.added})
    path = folder / "records.parquet"
    there = pl.read_parquet_schema(path)
    return pl.read_parquet(path, columns=[name for name in names if name in there])


def _read_records(
    profile: Path, request: SplitRequest, input_fields: Sequence[str], by_source: bool
) -> tuple[pl.DataFrame, list[str], list[str]]:
    """The columns that splitting needs, and the columns of strata and groups.

    `input_fields` are the fields that the profile keeps of its manifests because the user
    requested them; `by_source`: whether a few manifests are strata of their own.
    """
    path = profile / "records.parquet"
    if not path.is_file():
        raise InputError(lacking(profile, "records.parquet", "run curate profile first"))
    present = pl.scan_parquet(path).collect_schema().names()
    _refuse_absent({"by": request.by, "group": request.group}, present, input_fields)
    groups = list(request.group) or [
        SPEAKER.name,
        *_filled(path, [c for c in SESSIONS if c in present]),
    ]
    strata = list(request.by) or ["lang", *(_few_sources(path) if by_source else ())]
    optional = [GENDER] if GENDER in present else []
    people = [name for name in SPEAKER_FIELDS if name in present and SPEAKER.name in groups]
    columns = [*_NEEDED, *strata, *groups, *people, *optional]
    absent = [name for name in columns if name not in present]
    if absent:
        raise InputError.of(path, f"has no column {absent[0]!r}", "profile again")
    return pl.read_parquet(path, columns=list(dict.fromkeys(columns))), strata, groups


def _refuse_absent(
    named: Mapping[str, Sequence[str]], present: Sequence[str], input_fields: Sequence[str]
) -> None:
    known = {"lang", *SPEAKER_FIELDS, "source", *SESSIONS, GENDER, *input_fields}
    faults = [
        Fault(
            parameter(field),
            f"the profile has no column {name!r}",
            f"{suggest(name, [each for each in present if each in known])}; or profile with "
            f"{parameter('by')} {name}, if the manifest has that field",
        )
        for field, names in named.items()
        for name in dict.fromkeys(names)
        if name not in present
    ]
    raise_all(ConfigError, faults)


def _filled(path: Path, columns: Sequence[str]) -> list[str]:
    if not columns:
        return []
    counts = pl.scan_parquet(path).select(pl.col(columns).count()).collect()
    return [name for name in columns if counts[name][0]]


def _few_sources(path: Path) -> list[str]:
    count = pl.scan_parquet(path).select(pl.col("source").n_unique()).collect().item()
    return ["source"] if 1 < count <= FEW_SOURCES else []


def _with_changes(
    rows: pl.DataFrame, profile: Path, reasons: pl.Series, marks: LineMarks
) -> tuple[pl.DataFrame, pl.Series]:
    """The rows with what changes their lines, and which of them have a corrected text."""
    path = profile / "records.parquet"
    corrected = pl.Series([False]).new_from_index(0, rows.height)
    if TEXT_FIX.name in pl.scan_parquet(path).collect_schema():
        texts = pl.read_parquet(path, columns=[TEXT_FIX.name]).to_series()
        if texts.null_count() < texts.len():
            rows, corrected = rows.with_columns(texts), texts.is_not_null()
    return (rows.with_columns(reasons) if marks.skipme else rows), corrected


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
