"""An evaluation opened beside a profile: its hypotheses and error rates by record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from curate.errors import InputError
from curate.reviews.evaluation import read_evaluation
from tests.browsing import browser, until, violations, watched
from tests.curate.review_browsing import served
from tests.curate.review_client import client_of, opened_session
from tests.curate.review_session import ROWS

pytest.importorskip("starlette.testclient", reason="the review extra is not installed")

HOSTILE = "</script><img src=x onerror=alert(1)> \u202ewords"


def scored(fields: Any, text: str | None, wer: float | None) -> dict[str, Any]:
    counts = {"word_errors": 1, "ref_words": 5} if text else {}
    return {**fields, "pred_text": text, "wer": wer, "cer": wer, **counts}


ONE_OF_THE_CORPUS = {"audio_filepath": "shard.wav", "duration": 1.0, "text": "other"}
PREDICTIONS = [
    scored(ROWS[3], "these were words number 3", 0.2),
    # as shards have it: other audio, and the place of the line
    scored(
        {**ROWS[5], "audio_filepath": "shard.wav", "_curate": {"id": "m.jsonl:6"}}, HOSTILE, 1.4
    ),
    scored({**ONE_OF_THE_CORPUS, "_curate": {"id": "other.jsonl:6"}}, "of another corpus", 0.1),
    scored(  # whose manifest has the same name
        {**ONE_OF_THE_CORPUS, "duration": 77.0, "_curate": {"id": "m.jsonl:6"}}, "of another", 0.1
    ),
    scored(ONE_OF_THE_CORPUS, "of another corpus", 0.1),
    scored(ROWS[4], None, None),
    scored(ROWS[26], "nothing", None),
]


def write_evaluation(folder: Path, corpus: Path, rows: Sequence[object] = PREDICTIONS) -> Path:
    folder.mkdir()
    place = json.dumps(str(corpus / "m.jsonl:6"))
    text = "".join(json.dumps(row) + "\n" for row in rows).replace('"m.jsonl:6"', place)
    (folder / "predictions.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_hypotheses_and_rates_are_those_of_the_evaluation(
    review_folder: Path, tmp_path: Path
) -> None:
    evaluation = write_evaluation(tmp_path / "wer", review_folder)
    with opened_session(review_folder, tmp_path / "o.jsonl", evaluation) as session:
        client = client_of(session)
        words = client.get("/api/profile").json()["evaluation"]["words"]
        assert words.endswith(
            "3 records have a prediction, 3 predictions are of no record of this profile, "
            "1 row has no prediction"
        )
        answer = client.get("/api/records?sort=wer&columns=wer,cer,char_rate").json()
        listed = [(each["row"], each["values"]["wer"]) for each in answer["records"]]
        assert listed == [(5, 1.4), (3, 0.2)]
        assert answer["records"][0]["values"]["char_rate"] > 0
        worse = client.get("/api/records?metric=wer&least=0.5").json()
        assert [each["row"] for each in worse["records"]] == [5]
        against = {row: client.get(f"/api/records/{row}").json()["against"] for row in (3, 4, 26)}
        assert ["replace", "are", "were"] in against[3]
        assert against[4] is None, "it has no prediction"
        assert "were" not in str(against[26]), "the manifest's own hypothesis is not shown"
        shown = {
            each["name"]: each["value"] for each in client.get("/api/records/5").json()["metrics"]
        }
        assert (shown["wer"], shown["cer"]) == (1.4, 1.4)
    with opened_session(review_folder, tmp_path / "o.jsonl") as session:
        assert client_of(session).get("/api/profile").json()["evaluation"] is None


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([{"text": "no"}, 5], ":1: is not a prediction"),
        ([scored(ROWS[0], "x", float("nan"))], ":1: is not a prediction"),
        ([{**scored(ROWS[0], "x", 0.1), "pred_text": 5}], ":1: is not a prediction"),
        ([PREDICTIONS[3]], "none of its predictions is of a record"),
        ([], "none of its predictions is of a record"),
    ],
)
def test_what_is_no_evaluation_of_the_profile(
    review_folder: Path, tmp_path: Path, rows: Sequence[object], fault: str
) -> None:
    evaluation = write_evaluation(tmp_path / "wer", review_folder, rows)
    with pytest.raises(InputError, match=fault) as raised:
        read_evaluation(evaluation, review_folder / "profile")
    assert all(each.hint for each in raised.value.faults)


def test_a_folder_that_is_no_evaluation_is_refused(review_folder: Path, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError) as raised:
            read_evaluation(path, review_folder / "profile")
        assert raised.value.faults[0].hint == "name an output of `train eval`"


def test_the_page_begins_with_the_worst_prediction(review_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason="the review extra is not installed")
    write_evaluation(tmp_path / "wer", review_folder)
    arguments = (review_folder / "profile", "--eval", "wer")
    with (
        browser() as launched,
        served(*arguments, folder=tmp_path) as address,
        watched(launched, address) as page,
    ):
        page.wait_for_selector("#records tr")
        until(page, "state.shown && state.shown.row === 5")
        assert "onerror=alert(1)" in page.inner_text("#aligned"), "text, no markup"
        assert "3 records have a prediction" in page.inner_text("#evaluation")
        assert violations(page) == []
