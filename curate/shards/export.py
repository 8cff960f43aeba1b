"""`curate shard`: the split becomes shards for training, and plain manifests for the rest."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import polars as pl

from curate.artifacts.base import write_artifact
from curate.artifacts.columns import TAGS
from curate.artifacts.shard_index import ReadBack, ShardIndex
from curate.artifacts.split import Split
from curate.audio.header import BY_FFMPEG
from curate.environment.execution import QUIET, Execution
from curate.environment.versions import versions
from curate.errors import Fault, InputError, parameter
from curate.formatting.units import US_PER_HOUR, plural
from curate.manifest.archived_audio import archive_of, archived_hint
from curate.shards.archives import Archive
from curate.shards.audio import StoredAudio
from curate.shards.finish import Outcome, buckets, finish, manifests
from curate.shards.first_shards import FirstShards
from curate.shards.input_cfg import check_place, input_cfg, strata_of
from curate.shards.lhotse_reads import lhotse_process, read_now
from curate.shards.named_archives import named_archives
from curate.shards.options import ShardOptions, check_options, parse_size
from curate.shards.plan import export_key, read_split
from curate.shards.pool import RunTasks, run_tasks
from curate.shards.spool import PLAIN, Spool, plain_names, sources_of, spool_split
from curate.shards.unread_audio import unread_audio_hint
from curate.shards.verify import SHAR, prove
from curate.shards.work import AUDIO, RESULT, SCRATCH, UNPACKED, Workplace, marker_of, remove_marker
from curate.splits import LOCK
from curate.splits.feasibility import rules_by_rows
from curate.splits.figures import describe_leaks
from curate.splits.given_strategy import losses

__all__ = [
    "OUTPUT_FILES",
    "ShardOptions",
    "StoredAudio",
    "check_options",
    "export_key",
    "parse_size",
    "prove",
    "shard_split",
]

OUTPUT_FILES = frozenset(
    {"train", "shards.json", "ledger.json", "report.html", "input_cfg.yaml", "bins.json"}
    | {"skipped.jsonl", "skipped.reasons.jsonl", AUDIO}
    | {f"{name}.jsonl" for name in PLAIN}
)
"""What a shard directory holds."""


def shard_split(
    split: Path,
    stage: Path,
    out: Path,
    options: ShardOptions,
    execution: Execution = QUIET,
    with_lhotse: bool = True,
    run: RunTasks = run_tasks,
) -> ShardIndex:
    """Write a split directory's shards and manifests into the folder `out` of `stage`.

    What an earlier call with the same split and options left in `stage` is kept where its hash
    proves it. Audio that is missing, unreadable or not what its record says leaves its row out of
    the shards: counted, named, its line kept in skipped.jsonl. Each shard is read back as it is
    written, and with `with_lhotse` the first ones by Lhotse too. The argument `out` is where the
    result will be. `run` does the tasks, in processes of this machine or elsewhere, which makes
    no difference to the result. Returns shards.json, with how many shards an earlier call had
    stored.
    """
    check_options(options)
    check_place(out, options)
    certificate = read_split(split)
    if options.audio_root is None and certificate.audio_root is not None:
        options = replace(options, audio_root=Path(certificate.audio_root))
    sources = sources_of(certificate)
    folders = {name: entry.folder for name, entry in sources.items()}
    archives = {name: tars for name, entry in sources.items() if (tars := Archive.of(entry))}
    files = [split / f"{name}.jsonl" for name in plain_names(split, certificate)]
    archives |= named_archives(sources.keys() - archives.keys(), files)
    stands = Path(os.path.abspath(out))  # noqa: PTH100
    place = Workplace(stage, stands, stage / "spool", folders, options, archives)
    place.make()
    for left in (stage / SCRATCH).iterdir():
        left.unlink()
    result, in_lhotse = stage / RESULT, with_lhotse and options.format == SHAR
    with lhotse_process() if in_lhotse else nullcontext(read_now) as lhotse:
        spool = spool_split(split, certificate, options, place.spool)
        place = replace(place, archives=_unpacked(place))
        shards = [task for task in spool.tasks if in_lhotse and task.split == "train"]
        first = FirstShards(stage, shards, lhotse)
        reused = _work(place, spool, execution, run, first)
        outcome = finish(stage, spool, options)
        unread = unread_audio_hint(result / "skipped.jsonl", outcome, sources, options.audio_root)
        if not outcome.shards:
            raise InputError(_nothing_stored(split, spool, outcome, list(sources), unread))
        read = first.read_rest(outcome.shards) if with_lhotse else None
    index = _index(outcome, options, certificate, execution.command, read, reused, unread)
    write_artifact(result, index.as_file())
    write_artifact(result, buckets(stage, spool, options))
    text = input_cfg(Path(os.path.abspath(out)), outcome.shards, options)  # noqa: PTH100
    (result / "input_cfg.yaml").write_text(text, encoding="utf-8")
    return index


TAKEN = ("bad", "borderline", "unknown", "malformed")
"""Verdicts that keep a row out of some split."""


def _nothing_stored(
    split: Path, spool: Spool, outcome: Outcome, sources: Sequence[str], unread: str
) -> Fault:
    """Why there is no shard: the split has no training rows, or their audio cannot be stored."""
    where = str(split / "train.jsonl")
    if rows := spool.read["train"].rows:
        none = "its only record cannot" if rows == 1 else f"none of its {rows:,} records can"
        what = f"{none} be stored: {_why(outcome.reasons['train'])}"
        if outcome.skipped.rows > rows:
            what += f"; {_left_out(outcome)}"
        archive = next(filter(None, map(archive_of, sources)), None)
        hint = f"{parameter('audio_root')} DIR says where relative audio paths begin"
        if outcome.reasons["train"].most_common(1)[0][0].endswith(BY_FFMPEG):
            hint = unread
        return Fault(where, what, archived_hint(archive) if archive else hint)
    lock = pl.read_parquet(split / LOCK, columns=[TAGS.name])
    sizes = f"{parameter('eval')} and {parameter('test')}"
    hint = f"split again with other rules, or with smaller {sizes}"
    return Fault(where, f"holds no record: {rules_by_rows(lock[TAGS.name], TAKEN)}", hint)


def _work(
    place: Workplace, spool: Spool, execution: Execution, run: RunTasks, first: FirstShards
) -> int:
    """Do the tasks that are not done; how many shards were."""
    due = [task for task in spool.tasks if marker_of(place.stage, task) is None]
    for task in due:
        remove_marker(place.stage, task)
    for marker in run(place, due, min(execution.processes, len(due))):
        execution.on_read(sum(file.bytes for file in marker.files), marker.stored.rows)
        first.read_stored()
    return sum(task.split == "train" for task in spool.tasks) - sum(
        task.split == "train" for task in due
    )


def _index(
    outcome: Outcome,
    options: ShardOptions,
    split: Split,
    command: str,
    read: int | None,
    reused: int,
    unread: str,
) -> ShardIndex:
    """shards.json; Lhotse has read back so many cuts, `reused` shards were there before; `unread`
    says how audio is read that only ffmpeg reads.
    """
    stored = outcome.stored["train"]
    stored_hours = round(stored.duration_us / US_PER_HOUR, 6)
    return ShardIndex(
        command=command,
        versions=versions(("asr-curate", "lhotse", "soundfile")),
        warnings=(*_of_split(split), *_warnings(outcome, unread)),
        format=options.format,
        options=options.recorded(),
        seed=options.seed,
        cuts=stored.rows,
        hours=stored_hours,
        duration_us=stored.duration_us,
        audio_format=_describe_audio(options.audio),
        fields_added=dict(sorted(outcome.added.items())),
        stratum_by=options.shard_by,
        strata_columns=split.strata_columns,
        strata=strata_of(outcome.shards, options.temperature),
        shards=tuple(outcome.shards),
        skipped=tuple(outcome.named),
        skipped_rows=outcome.skipped.rows,
        manifests=manifests(outcome),
        verified=ReadBack(
            cuts=stored.rows, hours=stored_hours, ids_match=True, read_by_lhotse=read
        ),
        shards_kept=reused,
    )


def _describe_audio(storage: StoredAudio) -> str:
    encoding = (
        f"all as {storage.format}"
        if storage.format
        else "whole files as they were; all else as flac"
    )
    rate = f", at {storage.rate:,} Hz" if storage.rate else ""
    return f"{encoding}{rate}{', mixed to mono' if storage.mono else ''}"


def _of_split(split: Split) -> list[str]:
    """What its split states of leaks, and of rows that given splits have lost."""
    return [*describe_leaks(split.leaks), *losses(split.given).values()]


def _warnings(outcome: Outcome, unread: str) -> list[str]:
    warnings = []
    reasons = sum(outcome.reasons.values(), Counter())
    if outcome.skipped.rows:
        warnings.append(
            f"{_left_out(outcome)}: {_why(reasons)}; see skipped.jsonl"
            f"{f'; {unread}' if unread else ''}"
        )
    if count := outcome.in_shards_alone:
        warnings.append(
            f"train.jsonl: {count:,} of {outcome.stored['train'].rows:,} rows name a source of "
            "several channels or a tar, of which NeMo does not load what is stored: train on the "
            "shards"
        )
    return warnings


def _left_out(outcome: Outcome) -> str:
    """How many rows, of how many audio files, and how many of each output."""
    rows, files = plural(outcome.skipped.rows, "record"), plural(outcome.skipped_files, "file")
    return f"{rows} of {files} left out for their audio ({', '.join(_lost(outcome))})"


def _lost(outcome: Outcome) -> Iterator[str]:
    """How many rows of which output are left out: eval may lose all of its rows."""
    for name, read in outcome.read.items():
        if lost := read.rows - outcome.stored[name].rows:
            yield f"{name} {lost:,} of {read.rows:,}"


def _unpacked(place: Workplace) -> Mapping[str, Archive]:
    """The archives, those of tables with their audio at hand."""
    folder = place.stage / UNPACKED
    return {
        name: archive.at_hand(folder / f"{number:06d}")
        for number, (name, archive) in enumerate(place.archives.items())
    }


def _why(reasons: Counter[str]) -> str:
    return "; ".join(f"{reason} ({count:,})" for reason, count in reasons.most_common(3))
