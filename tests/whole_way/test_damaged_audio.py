"""Damaged audio and stereo on the whole way: left out with the reason, counted, or loaded whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import soundfile as sf

from tests.curate.test_whole_audio import DAMAGES
from tests.train.world import NEMO, World
from tests.whole_way.corpus import SUFFIXES, Corpus, tone
from tests.whole_way.journey import USUAL, Journey
from tests.whole_way.referee import disagreements
from tests.whole_way.stepped import miscounted

pytestmark = NEMO

LARGE = ("--eval", "30s", "--test", "30s", "--floor", "0s", "--cap", "0.9")
UNSEEN = replace(USUAL, profile=(), split=LARGE)
"""A profile that looks at no audio, so that damage comes as far as to the shards."""

FORMS = ((), ("--format", "nemo_tarred"), ("--format", "hf"), ("--audio-format", "flac"))


def damaged(folder: Path) -> Corpus:
    """A sound corpus, and two rows for each format and damage, all of one speaker each."""
    corpus = Corpus.sound(folder)
    for suffix in SUFFIXES:
        for damage, change in DAMAGES.items():
            for number in range(2):
                name = f"{damage}-{number}{suffix}"
                path = folder / corpus.add(name, speaker=name)["audio_filepath"]
                path.write_bytes(change(path.read_bytes()))
    return corpus


ROWS = 30 + 2 * len(SUFFIXES) * len(DAMAGES)


def skipped(shards: Path) -> list[int]:
    """The lines of the corpus whose rows were left out."""
    reasons = (shards / "skipped.reasons.jsonl").read_bytes().split(b"\n")[:-1]
    return sorted(int(json.loads(line)["id"].rpartition(":")[2]) for line in reasons)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of the damaged corpus."""
    return damaged(tmp_path_factory.mktemp("damaged")).manifest()


@pytest.fixture(scope="module")
def split(corpus: Path) -> Journey:
    """The damaged corpus on its way to its shards."""
    return Journey([corpus], corpus.parent / "out", UNSEEN).go("profile", "split", "audit")


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_what_is_stored_is_loaded(
    world: World, split: Journey, tmp_path: Path, words: tuple[str, ...]
) -> None:
    journey = split.continued(tmp_path / "out", shard=words).go("shard", "verify")
    assert (len(journey.steps), journey.failures) == (5, [])
    before, rows = journey.steps["split"].rows, journey.steps["shard"].rows
    splits = ("train", "eval", "test")
    assert sum(rows[name] for name in (*splits, "skipped")) == ROWS
    assert all(rows[name] < before[name] for name in splits), "damage is in each of them"
    assert len(skipped(journey.shards)) == rows["skipped"] >= 2 * 27
    # of a stream that lost its end, a plain manifest loads as much as is there
    assert disagreements(journey, tolerance_s=0.25) == []
    if not words:
        journey.model = world.model("ctc").path
        journey.go("plan", "eval")
        assert (journey.failures, miscounted(journey)) == ([], [])


def test_a_profile_that_decodes_names_what_no_shard_stores(corpus: Path, tmp_path: Path) -> None:
    journey = Journey([corpus], tmp_path / "out")
    journey.go("profile", "split", "shard")
    assert journey.failures == []
    records = pl.read_parquet(journey.out / "profile" / "records.parquet")
    faulty = records.filter(pl.col("audio_fault") != "none")["line"].to_list()
    assert skipped(journey.shards) == sorted(faulty)
    assert len(faulty) >= 2 * 27


@pytest.mark.parametrize("mono", [False, True])
def test_stereo_is_mixed_on_request_or_left_out(tmp_path: Path, mono: bool) -> None:
    corpus = Corpus.sound(tmp_path)
    for number in range(12):
        sf.write(tmp_path / f"stereo-{number}.wav", tone(2.0, number, channels=2), 16_000)
        corpus.refer(f"stereo-{number}.wav", speaker=f"t{number}")
    options = replace(USUAL, split=LARGE, shard=["--mono"] * mono)
    journey = Journey([corpus.manifest()], tmp_path / "out", options).go()
    assert (len(journey.steps), journey.failures) == (5, [])
    rows = journey.steps["shard"].rows
    assert rows["skipped"] == (0 if mono else 12)
    assert disagreements(journey) == []
    mixed = sorted((journey.shards / "audio").rglob("*.flac"))
    named = set()
    for split in ("eval", "test"):
        lines = (journey.shards / f"{split}.jsonl").read_bytes().split(b"\n")[:-1]
        named |= {json.loads(line)["audio_filepath"] for line in lines}
    assert {str(path) for path in mixed} == {name for name in named if "/shards/audio/" in name}
    assert bool(mixed) == mono
