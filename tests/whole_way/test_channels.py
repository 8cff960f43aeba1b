"""One channel of a stereo recording goes the whole way: what is stored is that channel alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from tests.train.world import NEMO
from tests.whole_way.journey import USUAL, Journey
from tests.whole_way.referee import disagreements
from tests.whole_way.segments import LONG_S, RATE, Segment, nemo_row, segments, write_jsonl

pytestmark = NEMO

SPLIT = ("--eval", "11s", "--test", "11s", "--floor", "0s", "--cap", "0.5")
LEVELS = (0.05, 0.1)
"""Of the noise in each channel, root mean square; of both mixed it would be 0.056."""


def _stereo(each: Segment) -> dict[str, Any]:
    source = {"type": "file", "channels": [0, 1], "source": str(each.audio)}
    return {
        "id": each.audio.stem, "sources": [source], "sampling_rate": RATE, "duration": LONG_S,
        "num_samples": round(LONG_S * RATE), "channel_ids": [0, 1],
    }  # fmt: skip


def _cut(each: Segment, **fields: Any) -> dict[str, Any]:
    channel = each.number % 2
    supervision = {
        "id": each.id, "recording_id": each.audio.stem, "start": 0.0, "duration": each.duration_s,
        "channel": channel, "text": each.text, "language": "en", "speaker": each.speaker,
    }  # fmt: skip
    return {
        "id": each.id, "start": each.start_s, "duration": each.duration_s, "channel": channel,
        "supervisions": [supervision], "recording": _stereo(each), "type": "MonoCut", **fields,
    }  # fmt: skip


FORMS: list[tuple[str, Callable[[Segment], dict[str, Any]]]] = [
    ("NeMo, a number", lambda each: nemo_row(each, channel=each.number % 2)),
    ("NeMo, a list of one", lambda each: nemo_row(each, channel=[each.number % 2])),
    ("MonoCut", _cut),
    ("MultiCut", lambda each: _cut(each, channel=[0, 1], type="MultiCut")),
]


@pytest.mark.parametrize("mono", [(), ("--mono",)], ids=["", "mono"])
@pytest.mark.parametrize(("name", "row"), FORMS, ids=[form[0] for form in FORMS])
def test_shards_hold_the_channel_that_speaks(
    tmp_path: Path, name: str, row: Callable[[Segment], dict[str, Any]], mono: tuple[str, ...]
) -> None:
    """The channels are told apart by their level; both are in every shard."""
    from lhotse import CutSet

    rows = segments(tmp_path, channels=2)
    manifest = write_jsonl(tmp_path / "m.jsonl", map(row, rows))
    way = replace(USUAL, profile=(), split=SPLIT, shard=mono)
    journey = Journey([manifest], tmp_path / "out", way).go("profile", "split", "shard")
    channel_of = {each.text: each.number % 2 for each in rows}
    seen = 0
    for cut in CutSet.from_shar(in_dir=str(journey.shards / "train")):
        samples = cut.load_audio()
        assert samples.shape[0] == 1
        level = LEVELS[channel_of[cut.supervisions[0].text]]
        assert float(np.sqrt(np.mean(samples**2))) == pytest.approx(level, rel=0.03)
        assert "channel" not in cut.custom
        seen += 1
    assert seen == journey.steps["shard"].rows["train"] > 10
    for output in ("eval", "test"):
        lines = (journey.shards / f"{output}.jsonl").read_bytes().split(b"\n")[:-1]
        for record in map(json.loads, lines):
            samples, _ = sf.read(record["audio_filepath"], always_2d=True)
            level = LEVELS[channel_of[record["text"]]]
            assert float(np.sqrt(np.mean(samples**2))) == pytest.approx(level, rel=0.03)
            assert "channel" not in record
            seen += 1
    assert seen == len(rows)
    assert disagreements(journey) == []
