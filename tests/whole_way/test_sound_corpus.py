"""A corpus that nothing is wrong with goes the whole way; the trainers' own readers agree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.train.world import NEMO, World
from tests.whole_way.corpus import SUFFIXES, Corpus
from tests.whole_way.journey import Journey
from tests.whole_way.referee import disagreements
from train.tiny import Kind

pytestmark = NEMO

FORMS: tuple[tuple[str, Sequence[str]], ...] = (
    ("shar", ()),
    ("nemo_tarred", ("--format", "nemo_tarred", "--shard-size", "9")),
    ("hf", ("--format", "hf")),
    ("flac", ("--audio-format", "flac", "--resample", "16000", "--shard-by", "lang")),
)


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """A sound corpus on its way to its shards."""
    folder = tmp_path_factory.mktemp("sound")
    way = Journey([Corpus.sound(folder).manifest()], folder / "out")
    return way.go("profile", "split", "audit")


@pytest.mark.parametrize(("form", "words"), FORMS)
def test_what_the_trainers_load_is_what_the_ledger_says(
    split: Journey, tmp_path: Path, form: str, words: Sequence[str]
) -> None:
    journey = split.continued(tmp_path / "out", shard=words).go("shard", "verify")
    assert (len(journey.steps), journey.failures) == (5, [])
    rows = journey.steps["shard"].rows
    assert sum(rows[name] for name in ("train", "eval", "test")) == 30
    assert min(rows["train"], rows["eval"], rows["test"]) >= 3
    assert journey.steps["verify"].rows["decoded"] == rows["train"]
    assert disagreements(journey) == []


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix != ".wav"])
def test_each_format_is_stored_as_it_is(tmp_path: Path, suffix: str) -> None:
    corpus = Corpus.sound(tmp_path, speakers=9, each=2, suffix=suffix)
    journey = Journey([corpus.manifest()], tmp_path / "out").go()
    assert (len(journey.steps), journey.failures) == (5, [])
    assert disagreements(journey, tolerance_s=0.06) == []  # MP3 pads by up to two frames


KINDS: tuple[Kind, ...] = ("canary", "ctc")


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_trains_on_it_and_scores_every_row(
    world: World, split: Journey, tmp_path: Path, kind: Kind
) -> None:
    journey = split.continued(tmp_path / "out")
    journey.model = world.model(kind).path
    journey.go("shard", "verify", "plan", "run", "eval")
    assert (len(journey.steps), journey.failures) == (8, [])
    rows = journey.steps["shard"].rows
    assert journey.steps["plan"].rows == {name: rows[name] for name in ("train", "eval")}
    assert journey.steps["run"].rows == {name: rows[name] for name in ("train", "eval")}
    scored = rows["eval"] + rows["test"]
    assert journey.steps["eval"].rows == {"scored": scored, "unscored": 0, "predictions": scored}
