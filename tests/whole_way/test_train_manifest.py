"""train.jsonl beside shards: what NeMo loads of it is what the shards hold, or it is said."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from tests.train.world import NEMO
from tests.whole_way.corpus import RATE, Corpus
from tests.whole_way.journey import USUAL, Journey
from tests.whole_way.referee import nemo_manifest, rows_of
from tests.whole_way.stepped import stepped

pytestmark = NEMO

ODD = 10
WAY = replace(USUAL, profile=())


def corpus(folder: Path, odd: str) -> Path:
    """Sound rows of 2 s, and ten of 8 s that are `odd`: of stereo files, or of one channel."""
    built = Corpus.sound(folder)
    for number in range(ODD):
        both = np.stack([stepped(number), stepped(number + ODD)], axis=1)
        samples = stepped(number) if odd == "mono" else both
        sf.write(folder / f"odd-{number}.wav", samples, RATE)
        fields: dict[str, Any] = {"channel": 1} if odd == "channel" else {}
        built.refer(f"odd-{number}.wav", seconds=2.0, offset=3.0, **fields)
    return built.manifest()


# what is odd about some rows, options of the shards, and whether NeMo loads all of train.jsonl
ROWS: list[tuple[str, tuple[str, ...], bool]] = [
    ("mono", (), True),
    ("mono", ("--format", "nemo_tarred", "--audio-format", "flac"), True),
    ("stereo", ("--mono",), False),
    ("channel", (), False),
]


@pytest.mark.parametrize(("odd", "words", "loads"), ROWS)
def test_nemo_loads_of_it_what_is_stored_or_it_is_counted(
    tmp_path: Path, odd: str, words: tuple[str, ...], loads: bool
) -> None:
    way = replace(WAY, shard=words)
    journey = Journey([corpus(tmp_path, odd)], tmp_path / "out", way)
    journey.go("profile", "split", "shard")
    assert (len(journey.steps), journey.failures) == (3, [])
    rows = rows_of(journey.shards / "train.jsonl")
    not_loaded = [row for row in rows if "odd-" in row["audio_filepath"] and not loads]
    loaded = nemo_manifest(journey.shards / "train.jsonl")
    assert loaded.stopped == ""
    assert len(loaded.failed) == len(not_loaded) == counted(journey)
    assert bool(not_loaded) != loads
    assert loaded.rows == len(rows) - len(not_loaded) > 10
    assert loaded.seconds == pytest.approx(2.0 * loaded.rows, abs=1e-3)


def test_rows_of_tars_are_in_the_shards_alone(tmp_path: Path) -> None:
    first = Journey([corpus(tmp_path, "mono")], tmp_path / "first", WAY)
    first.go("profile", "split", "shard")
    again = Journey([first.shards / "train"], tmp_path / "again", WAY)
    again.go("profile", "split", "shard")
    assert (again.failures, again.steps["shard"].rows["skipped"]) == ([], 0)
    assert counted(again) == again.steps["shard"].rows["train"] > 10


def counted(journey: Journey) -> int:
    """How many rows of train.jsonl are said to be in the shards alone."""
    warnings = json.loads((journey.shards / "shards.json").read_bytes())["warnings"]
    matches = [
        re.match(r"train\.jsonl: (\d+) of (\d+) rows name a source", warning)
        for warning in warnings
    ]
    return sum(int(match[1]) for match in matches if match)
