"""Clips of the worst records, for the page to play: clips.json beside the profile.

A page has to stay small: so many clips, each of so many seconds, and so many bytes in all.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.audio.clip import load_clip, outline, small
from curate.audio.faults import Unusable
from curate.audio.wish import AudioWish
from curate.columns import LINE, OFFSET_S, SOURCE
from curate.outputs import write_json
from curate.profile.summary import Json

NAME = "clips.json"
SCHEMA = "curate.clips/1"
LONGEST_S = 15.0
MOST_BYTES = 1_500_000
"""Of sound in all; base64 makes a third more of it."""
EACH = 4
"""Records of one metric: some of every kind say more than all of one."""
WIDTH, HEIGHT = 160, 24


def asked_for(folder: Path) -> int:
    """How many clips a profile directory was made with; 0 where there are none."""
    try:
        return int(json.loads((folder / NAME).read_bytes())["most"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def write_clips(folder: Path, found: Mapping[str, Any], wish: AudioWish, most: int) -> None:
    """Write up to `most` clips of the worst records of a profile, the metrics with limits first.

    Audio that cannot be heard is passed over: what is wrong with it is the audio metrics' to say.
    """
    clips: dict[str, Json] = {}
    room = MOST_BYTES
    for record, name, source, offset_s in _records(folder, found, most):
        root = wish.root or Path(source)
        try:
            clip = load_clip(
                name, root, wish.allowed, offset_s, record["duration_s"], longest_s=LONGEST_S
            )
        except Unusable:
            continue
        kind, data = small(clip)
        if len(data) > room:
            continue
        room -= len(data)
        clips[record["id"]] = {
            "type": kind,
            "data": base64.b64encode(data).decode(),
            "outline": outline(clip, WIDTH, HEIGHT),
            "seconds": round(len(clip.samples) / clip.rate, 3),
            "cut": clip.cut,
        }
        if len(clips) == most:
            break
    write_json(folder / NAME, {"schema": SCHEMA, "most": most, "clips": clips})


def _records(
    folder: Path, found: Mapping[str, Any], most: int
) -> Iterator[tuple[Mapping[str, Any], str, str, float]]:
    """(record, audio path, folder of its manifest, offset in seconds) of those worth hearing."""
    metrics = sorted(found["metrics"], key=lambda metric: not metric["thresholds"])
    worst = {each["id"]: each for metric in metrics for each in metric["worst"][:EACH]}
    folders = {entry["source"]: entry["folder"] for entry in found["inputs"]}
    chosen = [each for each in worst.values() if each["duration_s"] and each["audio_filepath"]]
    offsets = _offsets(folder / "records.parquet", [each["id"] for each in chosen[: 3 * most]])
    for each in chosen[: 3 * most]:
        source = each["id"].rpartition(":")[0]
        name = str(each["audio_filepath"])
        if not name.startswith(f"{source}#"):  # inside an archive
            yield each, name, folders[source], offsets.get(each["id"], 0.0)


def _offsets(records: Path, ids: Sequence[str]) -> Mapping[str, float]:
    """Where each record's segment begins, seconds."""
    places = [id.rpartition(":") for id in ids]
    wanted = pl.LazyFrame(
        {SOURCE.name: [p[0] for p in places], LINE.name: [int(p[2]) for p in places], "id": ids},
        schema={SOURCE.name: SOURCE.dtype, LINE.name: LINE.dtype, "id": pl.String()},
    )
    columns = pl.scan_parquet(records).select(SOURCE.name, LINE.name, OFFSET_S.name)
    rows = columns.join(wanted, on=[SOURCE.name, LINE.name]).collect()
    return {id: offset or 0.0 for id, offset in rows.select("id", OFFSET_S.name).iter_rows()}
