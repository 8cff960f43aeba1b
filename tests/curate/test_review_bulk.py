"""Decisions about many records at once: previewed, made, undone; and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import ConfigError
from curate.reviews import bulk
from curate.reviews.session import ReviewSession
from curate.reviews.sheet import STARTS, as_csv, decisions_of
from curate.rules.overrides import Decision, line_of
from tests.curate.review_client import client_of, opened_session, post
from tests.curate.review_session import ROWS
from tests.lines import lines_of

pytest.importorskip("starlette.testclient", reason="the review extra is not installed")

AT = "2026-11-26T10:00:00Z"


@pytest.fixture
def session(review_folder: Path, tmp_path: Path) -> Iterator[ReviewSession]:
    with opened_session(review_folder, tmp_path / "overrides.jsonl") as session:
        yield session


@pytest.fixture
def client(session: ReviewSession) -> Any:
    return client_of(session)


def log_of(session: ReviewSession) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(session.log.path.read_text(encoding="utf-8"))]


GERMAN = {"query": "lang=de&text=words+number&sort=chars", "decision": "reject", "words": "lang de"}


def rows_of(client: Any, query: str) -> list[int]:
    return sorted(row["row"] for row in client.get(f"/api/records?{query}").json()["records"])


def test_a_decision_about_all_is_previewed_made_and_undone(
    client: Any, session: ReviewSession
) -> None:
    post(client, "/api/records/3/decision", {"decision": "keep"})
    shown = post(client, "/api/bulk/preview", GERMAN).json()
    assert shown["left"] == 1
    expected = sorted({*rows_of(client, "lang=de&text=words+number")} - {3})
    assert (shown["rows"], round(shown["hours"] * 3600)) == (len(expected), len(expected))
    made = post(client, "/api/bulk/decision", {**GERMAN, "count": shown["rows"], "comment": "test"})
    assert made.json() == {"written": len(expected), "left": 0}
    log = log_of(session)[1:]
    assert {line["why"] for line in log} == {"all of lang de: test"}
    assert rows_of(client, "decided=yes") == sorted({*expected, 3})
    assert post(client, "/api/bulk/preview", GERMAN).json()["rows"] == 0
    changed = expected[0]
    post(client, f"/api/records/{changed}/decision", {"decision": "keep"})
    (batch,) = client.get("/api/bulk").json()
    assert (batch["lines"], batch["last"]) == (len(expected), len(expected) - 1)
    name = {key: batch[key] for key in ("by", "at", "why")}
    assert post(client, "/api/bulk/undo", name).json() == {"written": len(expected) - 1}
    assert rows_of(client, "decided=yes") == sorted({3, changed})
    (batch,) = client.get("/api/bulk").json()
    assert batch["last"] == 0
    assert "nothing of it is left" in post(client, "/api/bulk/undo", name).json()["error"]
    assert session.log.written == len(log_of(session))


def test_lines_that_are_no_records_are_left(client: Any, session: ReviewSession) -> None:
    shown = post(client, "/api/bulk/preview", {"query": "", "decision": "keep"}).json()
    assert (shown["rows"], shown["left"]) == (len(ROWS), 1)
    post(client, "/api/bulk/decision", {"query": "", "decision": "keep"})
    assert len(log_of(session)) == len(ROWS)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"decision": "text"}, "'text' cannot be decided of many records"),
        ({"decision": "undo"}, "'undo' cannot be"),
        ({"decision": "keep", "count": 3}, "27 records to decide now, not 3"),
        ({"decision": "keep", "count": True}, "'count' is a number"),
        ({"decision": "keep", "query": "speaker=nobody"}, "0 records to decide; widen"),
        ({"decision": "keep", "query": "verdict=great"}, "'great' is not a verdict"),
        ({"decision": "keep", "query": "text=(&how=regex"}, "is no regular expression"),
    ],
)
def test_what_cannot_be_decided_of_many(
    client: Any, session: ReviewSession, sent: dict[str, Any], message: str
) -> None:
    response = post(client, "/api/bulk/decision", sent)
    assert response.status_code == 400
    assert message in response.json()["error"]
    assert not session.log.path.exists()


def test_more_than_a_rule_should_decide(
    client: Any, session: ReviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_RECORDS", 5)
    response = post(client, "/api/bulk/decision", {"query": "", "decision": "keep"})
    assert "27 records to decide; at most 5 at once" in response.json()["error"]
    assert not session.log.path.exists()


def test_decisions_go_to_a_spreadsheet_and_come_back(
    client: Any, session: ReviewSession, tmp_path: Path
) -> None:
    hostile = '=HYPERLINK("http://evil.example")\n@x'
    post(client, "/api/records/1/decision", {"decision": "text", "text": hostile})
    post(client, "/api/records/2/decision", {"decision": "keep", "why": "'tis so, +1"})
    response = client.get("/api/decisions.csv")
    assert response.headers["content-disposition"] == 'attachment; filename="decisions.csv"'
    rows = list(csv.reader(io.StringIO(response.text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 3
    assert not any(cell.startswith(STARTS[:-1]) for row in rows for cell in row)
    assert post(client, "/api/import/decisions.csv", response.content).json() == {"written": 0}
    before = session.log.overrides().standing.decisions
    session.log.path.unlink()
    assert post(client, "/api/import/decisions.csv", response.content).json() == {"written": 2}
    assert session.log.overrides().standing.decisions == before


@given(st.lists(st.text(max_size=6), max_size=4), st.floats(0, 1e6), st.text(max_size=5))
def test_every_decision_survives_a_spreadsheet(texts: list[str], offset: float, why: str) -> None:
    decisions = [
        Decision("text", "anna", AT, "a.wav", offset=offset, text=text, why=why)
        for text in texts
        if text
    ]
    read = decisions_of(as_csv(decisions).encode(), "ben", AT)
    assert [line_of(each) for each in read] == [line_of(each) for each in decisions]


def test_a_sheet_made_by_hand() -> None:
    content = b"decision;audio_filepath;text\nreject;a.wav;\n;;\ntext;b.wav;'tis so\n"
    one, two = decisions_of(content, "ben", AT)
    assert (one.decision, one.audio_filepath, one.by, one.at) == ("reject", "a.wav", "ben", AT)
    assert two.text == "'tis so"


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        (b"decision,audio_filepath\nburn,a.wav\nkeep,\n",
         ["decisions.csv:2: 'decision' cannot be 'burn'", "decisions.csv:3: a record is named by"]),
        (b"decision,audio_filepath\nundo,a.wav\n", ["decisions.csv:2: no decision to add"]),
        (b"audio_filepath,speeker\n", ["unknown column 'speeker'", "no column 'decision'"]),
        (b"decision,audio_filepath\nkeep\n", ["decisions.csv:2: has 1 cells, the header 2"]),
        (b"decision,audio_filepath,offset\nkeep,a.wav,1:30\n", ["'offset' is a number of seconds"]),
        (b'decision,audio_filepath\nkeep,"a.wav\n', ["is not CSV"]),
        (b"\xff\xfe", ["is not UTF-8"]),
        (b"", ["no column 'decision'"]),
    ],
)  # fmt: skip
def test_faults_of_a_sheet_come_all_at_once(
    client: Any, session: ReviewSession, content: bytes, messages: list[str]
) -> None:
    response = post(client, "/api/import/decisions.csv", content)
    assert response.status_code == 400
    for message in messages:
        assert message in response.json()["error"]
    assert not session.log.path.exists()
    with pytest.raises(ConfigError):
        decisions_of(content, "ben", AT)


@pytest.mark.parametrize(
    "path",
    ["/api/bulk/decision", "/api/bulk/undo", "/api/bulk/preview", "/api/import/decisions.csv"],
)
def test_nobody_else_decides_about_many(client: Any, session: ReviewSession, path: str) -> None:
    response = client.post(path, content="{}", headers={"origin": "http://evil.example"})
    assert response.status_code == 403
    assert not session.log.path.exists()
