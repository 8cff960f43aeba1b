"""Corpora whose audio stands in tars (Lhotse Shar, NeMo's tarred data sets) are sharded again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.train.world import NEMO, World
from tests.whole_way.corpus import Corpus
from tests.whole_way.journey import USUAL, Journey
from tests.whole_way.referee import disagreements, texts_of
from tests.whole_way.stepped import miscounted

pytestmark = NEMO


def first_shards(folder: Path, *words: str) -> Path:
    """A corpus as shards of nine; its `train` folder."""
    options = replace(USUAL, shard=("--shard-size", "9", *words))
    corpus = Corpus.sound(folder / "corpus", suffix=".flac")
    journey = Journey([corpus.manifest()], folder / "first", options).go()
    assert (len(journey.steps), journey.failures) == (5, [])
    return journey.shards / "train"


@pytest.fixture(scope="module")
def shar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Shar of the corpus, which tests read or copy."""
    return first_shards(tmp_path_factory.mktemp("shar"))


def in_nemos_layout(folder: Path) -> Path:
    """Tars, and the manifests in a folder below them, as NeMo's own script leaves them."""
    train = first_shards(folder, "--format", "nemo_tarred")
    (train / "sharded_manifests").mkdir()
    for path in train.glob("manifest_*.json"):
        path.rename(train / "sharded_manifests" / path.name)
    return train


FORMS: tuple[Sequence[str], ...] = (
    (), ("--format", "nemo_tarred"), ("--audio-format", "wav"), ("--shard-size", "1MB")
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_a_shar_is_sharded_again(
    world: World, tmp_path: Path, shar: Path, form: Sequence[str]
) -> None:
    journey = Journey([shar], tmp_path / "again", replace(USUAL, shard=form)).go()
    assert (len(journey.steps), journey.failures) == (5, [])
    rows = journey.steps["shard"].rows
    assert rows["skipped"] == 0
    assert rows["train"] > rows["eval"] >= 2
    assert disagreements(journey) == []
    for line in (journey.shards / "eval.jsonl").read_bytes().split(b"\n")[:-1]:
        assert Path(json.loads(line)["audio_filepath"]).is_relative_to(journey.shards / "audio")
    if "nemo_tarred" not in form:
        journey.model = world.model("ctc").path
        journey.go("plan", "eval")
        assert (journey.failures, miscounted(journey)) == ([], [])


def test_a_tarred_data_set_is_sharded_again(tmp_path: Path) -> None:
    train = in_nemos_layout(tmp_path)
    inputs = sorted((train / "sharded_manifests").iterdir())
    journey = Journey(inputs, tmp_path / "again").go()
    assert (len(journey.steps), journey.failures) == (5, [])
    assert journey.steps["shard"].rows["skipped"] == 0
    assert disagreements(journey) == []


def test_a_lost_tar_of_nemos_layout_is_named(tmp_path: Path) -> None:
    train = in_nemos_layout(tmp_path)
    (train / "audio_1.tar").unlink()
    inputs = sorted((train / "sharded_manifests").iterdir())
    options = replace(USUAL, split=(*USUAL.split, "--max-held-out", "50%"))  # little is left
    journey = Journey(inputs, tmp_path / "again", options).go("profile", "split", "shard")
    assert journey.failures == []
    lost = len(texts_of(train / "sharded_manifests" / "manifest_1.json"))
    assert journey.steps["split"].rows["malformed"] == lost
    records = pl.read_parquet(tmp_path / "again" / "profile" / "records.parquet")
    reasons = records["malformed"].drop_nulls().unique().to_list()
    assert reasons == ["its shard has no tar (1)"]


def test_a_lost_or_short_tar_of_a_shar_leaves_its_rows_out(tmp_path: Path, shar: Path) -> None:
    shutil.copytree(shar, tmp_path / "shar")
    (tmp_path / "shar" / "recording.000000.tar").unlink()
    short = tmp_path / "shar" / "recording.000001.tar"
    short.write_bytes(short.read_bytes()[:70_000])
    journey = Journey([tmp_path / "shar"], tmp_path / "again").go()
    assert (len(journey.steps), journey.failures) == (5, [])
    rows = journey.steps["shard"].rows
    reasons = (journey.shards / "skipped.reasons.jsonl").read_text(encoding="utf-8")
    assert "cannot be opened: No such file" in reasons
    assert "its tar is damaged: it is cut short" in reasons
    assert 0 < rows["skipped"] < rows["inputs"]
    assert disagreements(journey) == []
