"""How far reviewers agree, and the records on which they do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate.reviews.agreement import agreements, disputed, kappa
from curate.rules.overrides import Decision
from tests.curate.review_client import client_of, opened_session
from tests.curate.review_session import write_session

pytest.importorskip("starlette.testclient", reason="the review extra is not installed")

AT = "2026-11-26T10:00:00Z"


def _given(by: str, at: int, decision: str) -> Decision:
    return Decision(decision, by, AT, audio_filepath="long.wav", offset=float(at))


LOG = [
    _given("ann", 0, "keep"), _given("bob", 0, "keep"),
    _given("ann", 1, "keep"), _given("bob", 1, "reject"),
    _given("ann", 2, "reject"), _given("bob", 2, "keep"), _given("bob", 2, "reject"),
    _given("ann", 3, "reject"), _given("bob", 3, "keep"), _given("bob", 3, "undo"),
    _given("ann", 4, "keep"), _given("bob", 4, "trim"),
]  # fmt: skip


def test_the_last_verdicts_that_nobody_took_back_are_compared() -> None:
    ((names, records, agreed, value),) = agreements(LOG)
    assert (names, records, agreed, value) == (("ann", "bob"), 3, 2, 0.4)
    assert [each.offset for each in disputed(LOG)] == [1.0]


def test_one_verdict_throughout_has_no_kappa() -> None:
    assert kappa([("keep", "keep")] * 3) is None


def test_records_in_dispute_are_a_filter(tmp_path: Path) -> None:
    folder, log = write_session(tmp_path), tmp_path / "overrides.jsonl"
    log.write_text("".join(
        each.as_line() + "\n"
        for each in (_given("ann", 0, "keep"), _given("bob", 0, "keep"),
                     _given("ann", 1, "keep"), _given("bob", 1, "reject"))
    ))  # fmt: skip
    with opened_session(folder, log) as session:
        client = client_of(session)
        listed = client.get("/api/records?decided=disputed").json()["records"]
        assert [row["row"] for row in listed] == [1]
        (pair,) = json.loads(client.get("/api/profile").text)["agreement"]
        assert pair == {"reviewers": ["ann", "bob"], "records": 2, "agreed": 1, "kappa": 0.0}
