"""Audio of public reports, each on the whole way: verdict, reason, and what NeMo loads of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.audio.faults import Unusable
from curate.shards.audio import StoredAudio, load_segment
from tests.train.world import NEMO
from tests.whole_way.corpus import Corpus
from tests.whole_way.journey import USUAL, Journey
from tests.whole_way.referee import Loaded, disagreements, loaded_of_export
from tests.whole_way.reports.sounds import SOUNDS, add_sounds

pytestmark = NEMO

RULES = Path(__file__).parents[3] / "rules" / "audio.yaml"


@dataclass(frozen=True)
class Way:
    """What became of all the rows: by id of the report, and what NeMo loads of the export."""

    journey: Journey
    rows: Mapping[str, dict[str, Any]]
    records: Mapping[str, dict[str, Any]]
    loaded: Mapping[str, Loaded]


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Way:
    folder = tmp_path_factory.mktemp("sounds")
    corpus = Corpus.sound(folder)
    before = len(corpus.rows)
    rows = add_sounds(corpus)
    options = replace(USUAL, profile=("--audio", "signal", "--rules", RULES))
    journey = Journey([corpus.manifest()], folder / "out", options).go()
    table = pl.read_parquet(journey.out / "profile" / "records.parquet").sort("line")
    records = dict(zip(rows, table.slice(before).iter_rows(named=True), strict=True))
    return Way(journey, rows, records, loaded_of_export(journey.shards))


def test_the_way_ends_well_and_nemo_agrees(way: Way) -> None:
    assert (len(way.journey.steps), way.journey.failures) == (5, [])
    rows = way.journey.steps["shard"].rows
    assert rows["skipped"] == 1, "the AAC file: unknown, so it goes on, and no shard stores it"
    assert way.journey.steps["verify"].rows["decoded"] == rows["train"]
    assert disagreements(way.journey, tolerance_s=0.06) == []


@pytest.mark.parametrize("id", SOUNDS)
def test_report(way: Way, id: str) -> None:
    due, record = SOUNDS[id], way.records[id]
    assert record["verdict"] == due.verdict, record["reason"]
    assert due.reason in (record["reason"] or "")
    text = way.rows[id]["text"]
    lengths = {
        round(length, 3)
        for loaded in way.loaded.values()
        for each, length in zip(loaded.texts, loaded.lengths_s, strict=True)
        if each == text
    }
    if due.loaded_s is None:
        assert lengths == set()
    else:
        assert [*lengths] == [pytest.approx(due.loaded_s, abs=0.06)]


def test_what_is_left_out_is_named(way: Way) -> None:
    reasons = (way.journey.shards / "skipped.reasons.jsonl").read_bytes().split(b"\n")[:-1]
    assert ["libsndfile does not read" in json.loads(line)["reason"] for line in reasons] == [True]
    assert "bytes of samples" in way.records["wav-of-size-0"]["audio_why"]
    assert "without a sample" in way.records["wav-header-only"]["audio_why"]


# as it is to be stored, part of the reason where it is refused
STORED = [
    ("opposite-phase", StoredAudio(mono=True), "opposite phase"),
    ("opposite-phase", StoredAudio(mono=True, channel=1), ""),
    ("float-beyond-scale", StoredAudio(), ""),
    ("float-beyond-scale", StoredAudio("flac"), "times full scale"),
    ("float-beyond-scale", StoredAudio(rate=8000), "times full scale"),
    ("gsm-in-wav", StoredAudio(), ""),
    ("gsm-in-wav", StoredAudio("wav"), ""),
]


@pytest.mark.parametrize(("id", "storage", "refused"), STORED)
def test_what_a_shard_stores(tmp_path: Path, id: str, storage: StoredAudio, refused: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(SOUNDS[id].data)
    if refused:
        with pytest.raises(Unusable, match=refused):
            load_segment(path, 0.0, 2.0, storage)
        return
    audio = load_segment(path, 0.0, 2.0, storage)
    assert audio.duration_s == pytest.approx(2.0, abs=0.01)
    assert (audio.data == SOUNDS[id].data) == (id == "float-beyond-scale")
