"""Trims that the alignment proposes: shown, exported, accepted by a reviewer, and never applied
before.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from curate.reviews.proposals import proposed_segment
from curate.reviews.session import ReviewSession
from curate.rules.file import load_rules
from tests.browsing import browser, until, watched
from tests.curate.review_browsing import served, written
from tests.curate.review_client import client_of, opened_session, post
from tests.lines import lines_of
from tests.profiling import write_profile

pytest.importorskip("starlette.testclient", reason="the review extra is not installed")

GOOD = {"align_edge": -0.5, "duration_us": 4_000_000, "duration_fix": None}


@pytest.mark.parametrize(
    ("row", "segment"),
    [
        ({"align_lead_s": 1.3, "align_trail_s": 0.2}, (1.0, 3.0)),
        ({"align_lead_s": 1.3, "align_trail_s": 0.2, "offset_s": 7.5}, (8.5, 3.0)),
        ({"align_lead_s": 0.1, "align_trail_s": 1.3}, (0.0, 3.0)),
        ({"align_lead_s": 0.8, "align_trail_s": 0.8}, (0.5, 3.0)),  # half a second each
        ({"align_lead_s": 0.79, "align_trail_s": 0.79}, None),  # less than that
        ({"align_lead_s": None, "align_trail_s": 1.3}, None),
        ({}, None),  # an older profile has no such columns
        ({"align_lead_s": 1.3, "align_trail_s": 0.2, "align_edge": -3.1}, None),  # nobody knows
        ({"align_lead_s": 1.3, "align_trail_s": 0.2, "duration_fix": 3.0}, None),  # corrected
    ],
)
def test_proposed_segment(row: dict[str, Any], segment: tuple[float, float] | None) -> None:
    proposed = proposed_segment({**GOOD, **row})
    assert (proposed and proposed[0]) == segment


SCORES = [
    {"align_lead_s": 1.5, "align_trail_s": 1.0, "align_edge": -0.2},
    {"align_lead_s": 0.1, "align_trail_s": 0.1, "align_edge": -0.2},
    {"align_lead_s": 0.0, "align_trail_s": 2.3, "align_edge": -0.2},
]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ReviewSession]:
    rows = [
        {"audio_filepath": f"{at}.wav", "offset": 2.0, "duration": 5.0, "text": "so it is",
         "_score": score}
        for at, score in enumerate(SCORES)
    ]  # fmt: skip
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "m.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "profile").mkdir()
    write_profile([str(tmp_path / "m.jsonl")], tmp_path / "profile", load_rules(None))
    with opened_session(tmp_path, tmp_path / "overrides.jsonl") as session:
        yield session


def exported(client: Any) -> list[dict[str, str]]:
    response = client.get("/api/proposals.csv")
    assert response.headers["content-disposition"] == 'attachment; filename="proposals.csv"'
    content = response.text.removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(content, newline="")))


def test_a_proposal_is_accepted_from_its_page(session: ReviewSession) -> None:
    client = client_of(session)
    shown = [client.get(f"/api/records/{row}").json()["proposal"] for row in range(len(SCORES))]
    why = "alignment: 1.50 s before the first token, 1.00 s after the last one"
    assert shown[0] == {"new_offset": 3.2, "new_duration": 3.1, "why": why}
    assert shown[1] is None
    assert shown[2]["new_offset"] == 2.0
    assert not session.log.path.exists(), "a proposal decides nothing"
    sent = {"decision": "trim", "new_offset": 3.2, "new_duration": 3.1}
    assert post(client, "/api/records/0/decision", sent).json()["decided"]["segment"]
    assert [row["audio_filepath"] for row in exported(client)] == ["2.wav"]


def test_proposals_go_to_a_spreadsheet_and_those_that_stay_come_back(
    session: ReviewSession, tmp_path: Path
) -> None:
    client = client_of(session)
    rows = exported(client)
    assert [(row["audio_filepath"], row["by"]) for row in rows] == [("0.wav", ""), ("2.wav", "")]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerow(rows[1])  # the reviewer deletes the other one
    sent = file.getvalue().encode()
    assert post(client, "/api/import/decisions.csv", sent).json() == {"written": 1}
    [line] = lines_of(session.log.path.read_text(encoding="utf-8"))
    decision = json.loads(line)
    assert (decision["by"], decision["decision"]) == ("anna", "trim")
    assert (decision["new_offset"], decision["new_duration"]) == (2.0, 3.0)
    (tmp_path / "next").mkdir()
    manifest = str(tmp_path / "m.jsonl")
    profile = write_profile([manifest], tmp_path / "next", overrides=session.log.path)
    assert profile.totals.hours == pytest.approx((5 + 5 + 3) / 3600, abs=1e-6)
    assert [row["audio_filepath"] for row in exported(client)] == ["0.wav"]


def test_a_proposal_is_a_selection_that_a_key_accepts(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason="the review extra is not installed")
    sf.write(tmp_path / "a.wav", np.full(4 * 8000, 0.1), 8000)
    score = {"align_lead_s": 1.3, "align_trail_s": 0.1, "align_edge": -0.2}
    row = {"audio_filepath": "a.wav", "duration": 4.0, "text": "so it is", "_score": score}
    row["pred_text_2"] = "so was it"
    (tmp_path / "m.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (tmp_path / "profile").mkdir()
    write_profile([str(tmp_path / "m.jsonl")], tmp_path / "profile")
    with (
        browser() as launched,
        served("profile", folder=tmp_path) as address,
        watched(launched, address) as page,
    ):
        page.wait_for_selector("#records tr")
        page.click("#records tr")
        until(page, "document.querySelector('#selection').textContent.startsWith('Proposed trim')")
        assert "1.00 to 4.00 s" in page.inner_text("#selection")
        assert page.inner_text("#decided") == "", "shown, not applied"
        assert page.is_hidden("#against"), "the first recogniser has no text"
        assert "was" in page.inner_text("#aligned-second")
        page.keyboard.press("t")
        until(page, "document.querySelector('#decided').textContent.includes('Trimmed')")
    [decision] = written(tmp_path / "overrides.jsonl")
    assert (decision["new_offset"], decision["new_duration"]) == (1.0, 3.0)
