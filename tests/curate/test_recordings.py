"""Lhotse's channels, transforms and supervisions: carried, or refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile as sf

from curate.artifacts.columns import AUDIO_CHANNEL, AUDIO_FAULT, AUDIO_KEY, MALFORMED
from curate.manifest.recordings import Recording, record_of_cut, record_of_supervision
from curate.manifest.strict import Malformed
from curate.profiles.request import MeasureOptions
from curate.rules.file import load_rules
from tests.profiling import write_profile

Json = Mapping[str, Any]


def source(channels: list[int], name: str = "a.wav") -> Json:
    return {"type": "file", "channels": channels, "source": name}


def recording(*sources: Json, **fields: Any) -> Json:
    return {"id": "r", "sources": list(sources), "sampling_rate": 8000, "duration": 20.0, **fields}


def spoken(text: str = "yes", start: float = 0.0, duration: float = 4.0, **fields: Any) -> Json:
    return {"id": "s", "recording_id": "r", "start": start, "duration": duration, "text": text,
            **fields}  # fmt: skip


def cut(*supervisions: Json, channel: object = 0, of: Json | None = None, **fields: Any) -> Json:
    whole = recording(source([0])) if of is None else of
    return {"id": "c", "start": 5.0, "duration": 4.0, "channel": channel, "type": "MonoCut",
            "supervisions": list(supervisions), "recording": whole, **fields}  # fmt: skip


STEREO = recording(source([0, 1]))
TWO_FILES = recording(source([0], "left.wav"), source([1], "right.wav"))
SPEED = {"name": "Speed", "kwargs": {"factor": 1.1}}
TEMPO = {"name": "Tempo", "kwargs": {"factor": 0.9}}
VOLUME = {"name": "Volume", "kwargs": {"factor": 2.0}}
RESAMPLE = {"name": "Resample", "kwargs": {"source_sampling_rate": 8000}}

# what is said, the cut, and what it becomes: the audio, its channel and text, or why it is refused
CUTS: list[tuple[str, Json, tuple[str, int | None, str] | str]] = [
    ("mono", cut(spoken()), ("a.wav", None, "yes")),
    ("second channel", cut(spoken(channel=1), channel=1, of=STEREO), ("a.wav", 1, "yes")),
    ("first channel", cut(spoken(channel=0), channel=0, of=STEREO), ("a.wav", 0, "yes")),
    ("no channel of the supervision", cut(spoken(), channel=1, of=STEREO), ("a.wav", 1, "yes")),
    ("one of a MultiCut", cut(spoken(channel=1), channel=[0, 1], of=STEREO, type="MultiCut"),
     ("a.wav", 1, "yes")),
    ("all of a MultiCut", cut(spoken(channel=[0, 1]), channel=[0, 1], of=STEREO, type="MultiCut"),
     ("a.wav", None, "yes")),
    ("a list of one", cut(spoken(channel=[1]), channel=[0, 1], of=STEREO, type="MultiCut"),
     ("a.wav", 1, "yes")),
    ("a file each", cut(spoken(channel=1), channel=1, of=TWO_FILES), ("right.wav", None, "yes")),
    ("a file that begins at 2", cut(spoken(channel=3), channel=3, of=recording(source([2, 3]))),
     ("a.wav", 1, "yes")),
    ("two speakers", cut(spoken("yes", 0, 2, channel=0), spoken("no", 2, 2, channel=1),
                         channel=[0, 1], of=STEREO, type="MultiCut"),
     "its supervisions are on different channels (0, 1)"),
    ("some of many", cut(spoken(channel=[0, 1]), channel=[0, 1], type="MultiCut",
                         of=recording(source([0, 1, 2, 3]))),
     "its text is on channels 0 and 1 of 0, 1, 2, 3"),
    ("over two files", cut(spoken(channel=[0, 1]), channel=[0, 1], of=TWO_FILES, type="MultiCut"),
     "its text is on channels 0 and 1 of 0, 1"),
    ("another channel", cut(spoken(channel=1), channel=0, of=STEREO),
     "its supervision is on another channel (1, the cut is of 0)"),
    ("a channel that is none", cut(spoken(channel="left"), channel=0, of=STEREO),
     "its channel is not a number ('left')"),
    ("no such channel", cut(spoken(channel=5), channel=5, of=STEREO),
     "its text is on channels 5 of 0, 1"),
    ("speed", cut(spoken(), of=recording(source([0]), transforms=[SPEED])),
     "its recording is changed while it is loaded (Speed)"),
    ("tempo and gain", cut(spoken(), of=recording(source([0]), transforms=[TEMPO, VOLUME])),
     "its recording is changed while it is loaded (Tempo, Volume)"),
    ("gain", cut(spoken(), of=recording(source([0]), transforms=[VOLUME])),
     "its recording is changed while it is loaded (Volume)"),
    ("resampled", cut(spoken(), of=recording(source([0]), transforms=[RESAMPLE])),
     ("a.wav", None, "yes")),
    ("no transforms", cut(spoken(), of=recording(source([0]), transforms=[])),
     ("a.wav", None, "yes")),
    ("in order of time", cut(spoken("no", 2.0, 1.5), spoken("yes", 0.0, 1.9)),
     ("a.wav", None, "yes no")),
    ("a rounded neighbour", cut(spoken("yes", 0.0, 2.05), spoken("no", 2.0, 2.0)),
     ("a.wav", None, "yes no")),
    ("at once", cut(spoken("yes", 0.0, 3.0), spoken("no", 2.0, 2.0)),
     "its supervisions overlap (by 1 s)"),
    ("inside each other", cut(spoken("yes", 0.0, 4.0), spoken("no", 1.0, 1.0)),
     "its supervisions overlap (by 3 s)"),
    ("behind its cut", cut(spoken("yes", 3.0, 4.0)),
     "a supervision lies outside its cut (3 to 7 s of 4 s)"),
    ("before its cut", cut(spoken("yes", -1.5, 4.0)),
     "a supervision lies outside its cut (-1.5 to 2.5 s of 4 s)"),
    ("rounded at the end", cut(spoken("yes", 0.05, 4.0)), ("a.wav", None, "yes")),
    ("shorter than its cut", cut(spoken("yes", 1.0, 2.0)), ("a.wav", None, "yes")),
    ("two without times", cut({"text": "yes"}, {"text": "no"}),
     "a supervision has no start or no duration"),
    ("behind its recording", cut(spoken(), of=recording(source([0]), duration=7.0)),
     "the segment reaches behind its recording (ends at 9 s, the recording at 7 s)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "expected"), CUTS, ids=[row[0] for row in CUTS])
def test_a_cut_is_carried_or_refused(name: str, value: Json, expected: object) -> None:
    assert _carried(lambda: record_of_cut(dict(value))) == expected


SEGMENTS: list[tuple[str, Json, Json, tuple[str, int | None, str] | str]] = [
    ("mono", spoken(), recording(source([0])), ("a.wav", None, "yes")),
    ("second channel", spoken(channel=1), STEREO, ("a.wav", 1, "yes")),
    ("first by default", spoken(), STEREO, ("a.wav", 0, "yes")),
    ("all channels", spoken(channel=[0, 1]), STEREO, ("a.wav", None, "yes")),
    ("a file each", spoken(channel=0), TWO_FILES, ("left.wav", None, "yes")),
    ("speed", spoken(), recording(source([0]), transforms=[SPEED]),
     "its recording is changed while it is loaded (Speed)"),
    ("behind its recording", spoken(start=18.0), recording(source([0])),
     "the segment reaches behind its recording (ends at 22 s, the recording at 20 s)"),
    ("no such recording", spoken(recording_id="x"), recording(source([0])),
     "its recording is not in the recordings file (x)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "one", "of", "expected"), SEGMENTS, ids=[r[0] for r in SEGMENTS])
def test_a_supervision_is_carried_or_refused(
    name: str, one: Json, of: Json, expected: object
) -> None:
    whole = Recording.of(dict(of))
    assert whole is not None
    assert _carried(lambda: record_of_supervision(dict(one), {"r": whole})) == expected


def _carried(convert: Callable[[], Mapping[str, Any]]) -> object:
    try:
        record = convert()
    except Malformed as why:
        return str(why)
    return record["audio_filepath"], record["channel"], record["text"]


# the field of a NeMo row, and the channel that is read, or why the row is malformed
FIELDS: list[tuple[object, int | str | None]] = [
    (1, 1), (0, 0), ("1", 1), ([1], 1), (1.0, 1), (None, None), ("telephone", None), ("", None),
    ([0, 1], "channel is not one channel ([0, 1])"), (-1, "channel is not one channel (-1)"),
    (1.5, "channel is not one channel (1.5)"), ({"a": 1}, 'channel is not one channel ({"a": 1})'),
]  # fmt: skip


def test_channels_of_nemo_rows_are_read(tmp_path: Path, manifest: Callable[..., Path]) -> None:
    write_channels(tmp_path / "a.wav")
    rows = [
        {"audio_filepath": "a.wav", "duration": 2.0, "text": "so it was", "channel": value}
        for value, _ in FIELDS
    ]
    records = profiled(manifest(*map(json.dumps, rows)), tmp_path)
    read = [
        why if why is not None else channel
        for why, channel in zip(records[MALFORMED.name], records[AUDIO_CHANNEL.name], strict=True)
    ]
    assert read == [expected for _, expected in FIELDS]


def test_each_channel_is_measured_by_itself(tmp_path: Path, manifest: Callable[..., Path]) -> None:
    write_channels(tmp_path / "a.wav")
    rows = [
        {"audio_filepath": "a.wav", "duration": 2.0, "text": "so it was", **fields}
        for fields in ({"channel": 0}, {"channel": 1}, {}, {"channel": 2})
    ]
    records = profiled(manifest(*map(json.dumps, rows)), tmp_path, "signal")
    levels = records["peak_db"].to_list()
    assert levels[:2] == pytest.approx([20 * np.log10(0.25), 20 * np.log10(0.5)], abs=0.01)
    assert levels[2] == pytest.approx(20 * np.log10(0.375), abs=0.01)  # mixed
    assert records[AUDIO_FAULT.name].to_list() == ["none", "none", "none", "no_channel"]
    assert records[AUDIO_KEY.name].n_unique() == 4  # no copies of each other
    assert records["signal_duplicates"].to_list()[:2] == [1, 1]
    again = profiled(tmp_path / "manifest.jsonl", tmp_path / "again", "signal")
    assert again["peak_db"].equals(records["peak_db"])


def write_channels(path: Path) -> None:
    """A second at 0.25 and 0.5 of full scale, left and right."""
    sf.write(path, np.tile([[0.25, 0.5]], (16_000, 1)).repeat(2, axis=0), 16_000)


def profiled(manifest: Path, folder: Path, *groups: str) -> pl.DataFrame:
    (folder / "out").mkdir(parents=True)
    rules = load_rules(None)
    settings = MeasureOptions(metrics=groups)
    write_profile([str(manifest)], folder / "out", rules, measure=settings)
    return pl.read_parquet(folder / "out" / "records.parquet")
