"""Texts of public reports, among sound rows: each one's verdict, and where its row ends up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from tests.train.world import NEMO, World
from tests.whole_way.corpus import Corpus
from tests.whole_way.journey import Journey
from tests.whole_way.referee import disagreements, texts_of
from tests.whole_way.reports.texts import TEXTS

pytestmark = NEMO

Records = Mapping[str, dict[str, Any]]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory, world: World) -> Journey:
    folder = tmp_path_factory.mktemp("texts")
    corpus = Corpus.sound(folder)
    for id, due in TEXTS.items():
        corpus.add(f"{id}.flac", due.text, due.seconds, **due.row)
    journey = Journey([corpus.manifest()], folder / "out", model=world.model("ctc").path)
    return journey.go().go("eval")


@pytest.fixture(scope="module")
def records(journey: Journey) -> Records:
    table = pl.read_parquet(journey.out / "profile" / "records.parquet").sort("line")
    return dict(zip(TEXTS, table.tail(len(TEXTS)).iter_rows(named=True), strict=True))


@pytest.mark.parametrize("id", TEXTS)
def test_report(records: Records, id: str) -> None:
    due, record = TEXTS[id], records[id]
    assert record["verdict"] == due.verdict, record["reason"]
    assert due.reason in (record["reason"] or record["malformed"] or "")


def test_the_way_ends_well_and_nemo_agrees(journey: Journey, records: Records) -> None:
    faults = [step for name, step in journey.steps.items() if step.exit_code and name != "plan"]
    assert (len(journey.steps), faults) == (7, [])
    findings = journey.steps["plan"].artefact["findings"]
    errors = {finding["code"] for finding in findings if finding["level"] == "error"}
    assert errors == {"unknown-pieces"}, "odd characters, of which the tiny tokenizer has none"
    assert disagreements(journey) == []
    rows = journey.steps["shard"].rows
    assert rows["skipped"] == 0
    assert journey.steps["plan"].rows == {name: rows[name] for name in ("train", "eval")}
    scored = rows["eval"] + rows["test"]
    assert journey.steps["eval"].rows == {"scored": scored, "unscored": 0, "predictions": scored}


def test_no_odd_text_measures_a_model(journey: Journey) -> None:
    """What is borderline trains, what is bad is rejected; only clean rows may be evaluated on."""
    places = {
        name: set(texts_of(journey.split / f"{name}.jsonl"))
        for name in ("train", "eval", "test", "rejected")
    }
    for id, due in TEXTS.items():
        outputs = {name for name, texts in places.items() if due.text in texts}
        allowed = {
            "clean": ({"train"}, {"eval"}, {"test"}),
            "borderline": ({"train"},),
            "bad": ({"rejected"},),
            "malformed": (set(),),
        }[due.verdict]
        assert outputs in allowed, id
