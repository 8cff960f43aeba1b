"""The audio of records, for outputs that hold it: whole files as they are, segments as FLAC."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from curate.audio.faults import Unusable
from curate.audio.paths import find_audio
from curate.environment.cores import thread_count
from curate.exports.lhotse import in_parts
from curate.exports.output import Report
from curate.exports.spooled import Spooled, SpooledRecord
from curate.manifest.origin import Origin, home_of
from curate.manifest.strict import channel_of
from curate.shards.archives import Archive
from curate.shards.audio import KEEP, Audio, StoredAudio, load_segment

AT_ONCE = 64
"""Records whose audio is held at one time."""
SHARD_BYTES = 500_000_000
"""Bytes of audio in one file of an output, about."""


def with_audio(records: Spooled, report: Report) -> Iterator[tuple[SpooledRecord, Audio]]:
    """Each record with its audio, in order; one whose audio cannot be had is refused."""
    with TemporaryDirectory() as scratch, ThreadPoolExecutor(thread_count()) as pool:
        archives = [
            _archive(each, Path(scratch) / f"table-{number}")
            for number, each in enumerate(records.origins)
        ]
        storage = replace(KEEP, mono=report.mono)
        load = partial(_loaded, archives=archives, scratch=Path(scratch), keep=storage)
        for part in in_parts(records, AT_ONCE):
            for one, audio in zip(part, pool.map(load, part), strict=True):
                if isinstance(audio, Audio):
                    yield one, audio
                else:
                    report.refuse(one, audio)


def _archive(origin: Origin, place: Path) -> Archive | None:
    """What holds the audio of an origin; None where it is in files."""
    archive = Archive.behind(origin.format, Path(origin.name), Path(home_of(origin)), origin.beside)
    return None if archive is None else archive.at_hand(place)


def _loaded(
    one: SpooledRecord, archives: Sequence[Archive | None], scratch: Path, keep: StoredAudio
) -> Audio | str:
    """The record's audio, or why it cannot be had."""
    storage = keep.of_channel(channel_of(json.dumps(one.record.get("channel"))))
    archive = archives[one.number]
    try:
        if archive is None:
            return load_segment(
                find_audio(one.audio, Path()), one.offset_s, one.duration_s, storage
            )
        own = scratch / f"{one.number}-{one.place.line}"
        with archive.extracted(one.record, one.place.line, (), own) as path:
            return load_segment(path, one.offset_s, one.duration_s, storage)
    except Unusable as fault:
        return f"its audio cannot be stored: {fault}"


def in_shards(
    records: Iterator[tuple[SpooledRecord, Audio]],
) -> Iterator[list[tuple[SpooledRecord, Audio]]]:
    """The records in lists of about SHARD_BYTES of audio."""
    held: list[tuple[SpooledRecord, Audio]] = []
    size = 0
    for one, audio in records:
        held.append((one, audio))
        size += len(audio.data)
        if size >= SHARD_BYTES:
            yield held
            held, size = [], 0
    if held:
        yield held
