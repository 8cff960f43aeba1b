"""Clips of records that are shown, for pages to play: clips.json beside the artefact.

A page has to stay small: so many clips, each of so many seconds, and so many bytes in all.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

import polars as pl

from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.clips import Clip as ShownClip
from curate.artifacts.clips import Clips, LeftOut
from curate.artifacts.columns import AUDIO_CHANNEL, LINE, OFFSET_S, SOURCE
from curate.artifacts.profile import Input, Profile
from curate.artifacts.records import ShownRecord
from curate.audio.clip import Clip, load_clip, outline, small
from curate.audio.faults import Unusable
from curate.audio.options import AudioOptions
from curate.errors import InputError

T = TypeVar("T")

LONGEST_S = 15.0
MOST_BYTES = 1_200_000
"""Of sound in all; base64 makes a third more of it."""
EACH = 4
"""Records of one metric: some of every kind say more than all of one."""
WIDTH, HEIGHT = 160, 24


@dataclass(frozen=True, slots=True)
class AudioSource:
    """A profile whose audio is to be played, and where it lies; at most `most` clips."""

    folder: Path
    inputs: Sequence[Input]
    audio: AudioOptions
    most: int


def clip_limit_of(folder: Path) -> int:
    """How many clips a profile directory was made with; 0 where there are none."""
    try:
        return read_artifact(folder, Clips).most
    except InputError:
        return 0


def of_profile(profile: Profile) -> Iterator[ShownRecord]:
    """The records of a profile that get a clip, in turn: the borderline ones of each rule,
    and the worst of each metric, metrics with limits first.
    """
    metrics = sorted(profile.metrics, key=lambda metric: not metric.thresholds)
    return in_turn(
        [each.records for each in profile.borderline],
        [metric.worst[:EACH] for metric in metrics],
    )


def in_turn(*kinds: Sequence[Sequence[T]]) -> Iterator[T]:
    """The first record of each list, then the second of each; the kinds of lists take turns."""
    lists = [each for group in zip_longest(*kinds) for each in group if each is not None]
    return (each for rank in zip_longest(*lists) for each in rank if each is not None)


def write_clips(out: Path, records: Iterator[ShownRecord], audio_source: AudioSource) -> None:
    """Write clips of the first records with usable audio to `out`, and what was left out.

    Unusable audio is skipped: the audio metrics report what is wrong with it.
    """
    clips: dict[str, ShownClip] = {}
    left_out: Counter[str] = Counter()
    room = MOST_BYTES
    chosen = {each.id: each for each in records}
    for record, clip in _loaded(list(chosen.values()), audio_source):
        if len(clips) == audio_source.most:
            left_out["more"] = len(chosen) - len(clips) - left_out.total()
            break
        if isinstance(clip, Unusable):
            left_out["no_audio"] += 1
            continue
        kind, data = small(clip)
        if len(data) > room:
            left_out["no_room"] += 1
            continue
        room -= len(data)
        clips[record.id] = ShownClip(
            type=kind,
            data=base64.b64encode(data).decode(),
            outline=outline(clip, WIDTH, HEIGHT),
            seconds=round(len(clip.samples) / clip.rate, 3),
            cut=clip.cut,
        )
    kept_out = LeftOut(
        no_audio=left_out["no_audio"], no_room=left_out["no_room"], more=left_out["more"]
    )
    write_artifact(out, Clips(most=audio_source.most, clips=clips, left_out=kept_out))


def _loaded(
    records: Sequence[ShownRecord], audio_source: AudioSource
) -> Iterator[tuple[ShownRecord, Clip | Unusable]]:
    """Each record with its sound, or why it has none."""
    folders = {entry.source: Path(entry.folder) for entry in audio_source.inputs}
    places = _places(audio_source.folder / "records.parquet", [each.id for each in records])
    for record in records:
        name, seconds = record.audio_filepath, record.duration_s
        source = record.id.rpartition(":")[0]
        if not name or not seconds or name.startswith(f"{source}#"):
            yield record, Unusable("no audio of its own", "missing")
            continue
        root = audio_source.audio.root or folders[source]
        offset_s, channel = places.get(record.id, (0.0, None))
        allowed = audio_source.audio.allowed
        try:
            clip = load_clip(name, root, allowed, offset_s, seconds, LONGEST_S, channel)
            yield record, clip
        except Unusable as why:
            yield record, why


def _places(records: Path, ids: Sequence[str]) -> Mapping[str, tuple[float, int | None]]:
    """Where each record's segment begins, seconds, and its channel."""
    places = [id.rpartition(":") for id in ids]
    keys = pl.LazyFrame(
        {SOURCE.name: [p[0] for p in places], LINE.name: [int(p[2]) for p in places], "id": ids},
        schema={SOURCE.name: SOURCE.dtype, LINE.name: LINE.dtype, "id": pl.String()},
    )
    columns = pl.scan_parquet(records).select(
        SOURCE.name, LINE.name, OFFSET_S.name, AUDIO_CHANNEL.name
    )
    rows = columns.join(keys, on=[SOURCE.name, LINE.name]).collect()
    segments = rows.select("id", OFFSET_S.name, AUDIO_CHANNEL.name)
    return {id: (offset or 0.0, channel) for id, offset, channel in segments.iter_rows()}
