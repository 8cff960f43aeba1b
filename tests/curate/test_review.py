"""The review session over HTTP: what can be requested and decided, and what a hostile request
gets.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from curate.audio.faults import Unusable
from curate.audio.options import AudioOptions
from curate.errors import ConfigError
from curate.profiles.duck import open_records
from curate.profiles.request import MeasureOptions
from curate.reviews.query import Query
from curate.reviews.session import ReviewSession
from curate.rules.file import load_rules
from curate.rules.overrides import Decision, append
from tests.curate.review_client import client_of, opened_session, post
from tests.curate.review_session import BROKEN, RATE, ROWS, record
from tests.lines import lines_of
from tests.profiling import write_profile

pytest.importorskip("starlette.testclient", reason="the review extra is not installed")


@pytest.fixture
def session(review_folder: Path, tmp_path: Path) -> Iterator[ReviewSession]:
    with opened_session(review_folder, tmp_path / "overrides.jsonl") as session:
        yield session


@pytest.fixture
def client(session: ReviewSession) -> Any:
    return client_of(session)


def verdict_of(shown: Any) -> Any:
    return shown["decided"]["verdict"]


def test_decisions_are_logged_undone_and_seen_by_others(
    client: Any, session: ReviewSession, review_folder: Path
) -> None:
    shown = post(client, "/api/records/3/decision", {"decision": "reject", "why": "a door"}).json()
    assert (verdict_of(shown)["decision"], verdict_of(shown)["by"]) == ("reject", "anna")
    shown = post(client, "/api/records/3/decision", {"decision": "text", "text": "correct"}).json()
    assert shown["decided"]["text"]["text"] == "correct"
    assert verdict_of(shown)["decision"] == "reject"
    with open_records(review_folder / "profile" / "records.parquet") as records:
        other = ReviewSession(review_folder / "profile", records, session.log.path, "ben")
        assert other.describe(3)["decided"] == shown["decided"]
        undone: Any = other.undo(3)["decided"]
        assert (undone["verdict"]["decision"], undone["text"]) == ("reject", None)
    assert verdict_of(client.get("/api/records/3").json())["decision"] == "reject"
    listed = client.get("/api/records?decided=yes").json()
    assert [row["row"] for row in listed["records"]] == [3]
    assert verdict_of(listed["records"][0])["why"] == "a door"
    assert client.get("/api/records?decided=no").json()["rows"] == len(ROWS)
    names = [json.loads(line)["by"] for line in lines_of(session.log.path.read_text())]
    assert names == ["anna", "anna", "ben"]


def test_keeping_a_record_keeps_its_corrected_text_and_undo_takes_back_the_last_line(
    client: Any,
) -> None:
    def state(shown: Any) -> tuple[object, object, list[str]]:
        decided, history = shown["decided"], shown["history"]
        facets = (decided["verdict"] or {}).get("decision"), (decided["text"] or {}).get("text")
        return *facets, [f"{each['decision']} {each['state']}" for each in history]

    def send(path: str, **sent: object) -> tuple[object, object, list[str]]:
        return state(post(client, f"/api/records/5/{path}", sent).json())

    send("decision", decision="text", text="one")
    assert send("decision", decision="keep") == ("keep", "one", ["text stands", "keep stands"])
    assert send("undo") == (None, "one", ["text stands", "keep undone", "undo undo"])
    send("decision", decision="keep")
    last = send("decision", decision="text", text="two")
    assert last[:2] == ("keep", "two")
    assert last[2][0] == "text superseded"
    assert send("undo")[:2] == ("keep", "one")
    assert send("undo")[:2] == (None, "one")
    assert send("undo")[:2] == (None, None)
    response = post(client, "/api/records/5/undo", {})
    assert (response.status_code, response.json()) == (
        400,
        {"error": "it has no decision"},
    )


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("decision", {"decision": "keep"}),
        ("decision", {"decision": "text", "text": "mine"}),
        ("undo", {}),
    ],
)
def test_what_somebody_else_decided_meanwhile_is_shown_before_it_is_set_aside(
    client: Any, session: ReviewSession, review_folder: Path, path: str, sent: Mapping[str, object]
) -> None:
    seen = post(client, "/api/records/3/decision", {"decision": "borderline"}).json()["seen"]
    with open_records(review_folder / "profile" / "records.parquet") as records:
        other = ReviewSession(review_folder / "profile", records, session.log.path, "ben")
        other.decide(3, "reject")
    before = session.log.path.read_bytes()
    response = post(client, f"/api/records/3/{path}", {**sent, "seen": seen})
    assert response.status_code == 409
    assert "ben has decided meanwhile (reject)" in response.json()["error"]
    assert session.log.path.read_bytes() == before
    shown = client.get("/api/records/3").json()
    assert verdict_of(shown)["by"] == "ben"
    again = post(client, f"/api/records/3/{path}", {**sent, "seen": shown["seen"]})
    assert again.status_code == 200
    assert session.log.path.read_bytes().startswith(before)


def test_a_log_that_cannot_be_written_is_said_before_the_first_decision(
    review_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    with open_records(review_folder / "profile" / "records.parquet") as records:
        for log in ("folder", "none/o.jsonl"):
            with pytest.raises(ConfigError, match="cannot be written"):
                ReviewSession(review_folder / "profile", records, tmp_path / log, "anna")


def test_a_log_that_is_taken_away_or_spoiled_while_the_session_is_open(
    client: Any, session: ReviewSession
) -> None:
    post(client, "/api/records/3/decision", {"decision": "reject"})
    session.log.path.unlink()
    assert verdict_of(client.get("/api/records/3").json()) is None
    session.log.path.write_bytes(b'{"decision": "ke')
    response = post(client, "/api/records/3/decision", {"decision": "keep"})
    assert response.status_code == 400
    assert "overrides.jsonl:1: not JSON" in response.json()["error"]
    assert "cut short" in response.json()["error"]
    assert session.log.path.read_bytes() == b'{"decision": "ke'


def test_what_was_mended_before_is_decided_about_again(review_folder: Path, tmp_path: Path) -> None:
    log, made = tmp_path / "log.jsonl", tmp_path / "profile"
    append(log, Decision("text", "anna", "2026-11-26T10:00:00Z", "long.wav", 3.0, text="mended"))
    made.mkdir()
    write_profile([str(review_folder / "m.jsonl")], made, load_rules(None), overrides=log)
    with open_records(made / "records.parquet") as records:
        session = ReviewSession(made, records, log, "ben")
        assert session.describe(3)["text_fix"] == "mended"
        session.decide(3, "reject")
        listed: list[Any] = session.page(session.table.select(Query()), None, 10)[0]
        verdicts: list[Any] = [verdict_of(row) for row in listed]
        assert [each and each["decision"] for each in verdicts] == [None] * 3 + ["reject"] + [
            None
        ] * 6
        assert listed[3]["decided"]["text"]["text"] == "mended"


@pytest.mark.parametrize(
    ("path", "sent", "message"),
    [
        ("0/undo", {}, "it has no decision"),
        (f"{BROKEN}/decision", {"decision": "keep"}, "is not a valid record"),
        ("9999/decision", {"decision": "keep"}, "no row 9999"),
        ("0/decision", {"decision": "burn"}, "burn"),
        ("0/decision", {"decision": "text"}, "corrected"),
        ("0/decision", {"decision": "text", "text": 3}, "is a text"),
        ("0/decision", ["keep"], "object"),
        ("0/decision", {"decision": "keep", "seen": "1"}, "'seen' is a line of the log"),
    ],
)
def test_what_cannot_be_decided(
    reader: Any, undecided: ReviewSession, path: str, sent: object, message: str
) -> None:
    response = post(reader, f"/api/records/{path}", sent)
    assert response.status_code == 400
    assert message in response.json()["error"]
    assert not undecided.log.path.exists()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (21, "cannot be opened"),
        (22, "cannot be decoded"),  # a regular file, and no audio: nothing of it comes back
        (23, "nothing is run"),
        (24, "system's own"),
        (BROKEN, "is not a valid record"),
    ],
)
@pytest.mark.parametrize("what", ["audio", "spectrogram"])
def test_what_cannot_be_heard(reader: Any, row: int, message: str, what: str) -> None:
    response = reader.get(f"/api/records/{row}/{what}")
    assert response.status_code in {400, 404}
    assert message in response.json()["error"]
    assert not Path("marker-of-harm").exists()


def test_audio_roots_hold_in_a_review(review_folder: Path, tmp_path: Path) -> None:
    with open_records(review_folder / "profile" / "records.parquet") as records:
        session = ReviewSession(
            review_folder / "profile", records, tmp_path / "o", "anna", allowed=(tmp_path,)
        )
        with pytest.raises(Unusable, match="allowed roots"):
            session.clip(0)


def test_audio_is_looked_for_where_the_profile_found_it(
    review_folder: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "elsewhere" / "m.jsonl"
    manifest.parent.mkdir()
    manifest.write_text(json.dumps(ROWS[0]), encoding="utf-8")
    settings = MeasureOptions(metrics=["audio"], audio=AudioOptions(root=review_folder))
    (tmp_path / "profile").mkdir()
    write_profile([str(manifest)], tmp_path / "profile", load_rules(None), measure=settings)
    with open_records(tmp_path / "profile" / "records.parquet") as records:
        session = ReviewSession(tmp_path / "profile", records, tmp_path / "o", "anna")
        assert len(session.clip(0).samples) == RATE


def test_what_is_heard_is_the_segment(reader: Any, review_folder: Path) -> None:
    response = reader.get("/api/records/7/audio")
    samples, rate = sf.read(io.BytesIO(response.content))
    whole, _ = sf.read(review_folder / "long.wav")
    assert rate == RATE
    np.testing.assert_allclose(samples, whole[7 * RATE : 8 * RATE], atol=1e-4)


def test_a_record_as_it_is_shown(reader: Any) -> None:
    loop = reader.get("/api/records/20").json()
    assert loop["verdict"] == "bad"
    assert loop["tags"] == ["bad:char_rate", "bad:repetitions", "borderline:loop_share"]
    assert loop["marks"] == [{"what": "loop", "span": [0, 59]}]
    assert {"name": "repetitions", "unit": "times", "value": 20} in loop["metrics"]
    long = reader.get("/api/records/25").json()
    assert (len(long["text"]), long["text_chars"]) == (20_000, 1_000_000)
    hostile = reader.get("/api/records/26")
    assert hostile.headers["content-type"] == "application/json"
    assert hostile.json()["text"] == "</script><b>\x1b[31m"
    assert {edit[0] for edit in hostile.json()["against"]} == {"replace", "insert"}


@pytest.mark.parametrize(
    "query",
    ["count=0", "count=-1", "count=x", "verdict=great", "metric=nope&least=1", "metric=lang&most=1",
     "metric=char_rate&least=x", "after=x", "after=%5B1%5D", "sort=text", "columns=reason",
     "columns=" + "chars," * 13, "text=a&how=sound", "text=(&how=regex", "text=" + "a" * 1001,
     "text=%5Cw%7B1000%7D%7B1000%7D&how=regex", "text=(%3F=a)&how=regex"],
)  # fmt: skip
def test_questions_that_make_no_sense(reader: Any, query: str) -> None:
    response = reader.get(f"/api/records?{query}")
    assert (response.status_code, list(response.json())) == (400, ["error"])


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("text=number+3&how=word", [3]),
        ("text=NUMBER+1&count=3", [1, 10, 11]),
        ("text=NUMBER+1&case=1", []),
        ("text=number+1[0-2]&how=regex&lang=de", [11]),
        ("text=number&sort=duration_s&order=up&count=2", [0, 1]),
        ("text=%3C/script%3E", [26]),
        ("text=%25", []),  # no wildcard of SQL's
    ],
)
def test_a_search_over_http(reader: Any, query: str, rows: list[int]) -> None:
    response = reader.get(f"/api/records?{query}&columns=chars,speaker")
    while response.json()["searched"] < 1:
        response = reader.get(f"/api/records?{query}&columns=chars,speaker")
    assert [row["row"] for row in response.json()["records"]] == rows
    assert all(row["values"]["chars"] >= 16 for row in response.json()["records"])


def test_quotes_are_values_not_sql(reader: Any) -> None:
    for name in ("speaker", "lang", "tag", "source"):
        response = reader.get("/api/records", params={name: "' OR 1=1; --"})
        assert response.json()["rows"] == 0
    assert reader.get("/api/records", params={"sort": 'x"; DROP VIEW records; --'}).is_error
    assert reader.get("/api/records").json()["rows"] == len(ROWS) + 1


def test_a_manifest_that_changed_is_noticed(review_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "profile").mkdir()
    manifest = tmp_path / "m.jsonl"
    manifest.write_text(json.dumps(record(1)) + "\n")
    write_profile([str(manifest)], tmp_path / "profile", load_rules(None))
    manifest.write_text(json.dumps(record(2)) + "\n")
    with open_records(tmp_path / "profile" / "records.parquet") as records:
        session = ReviewSession(tmp_path / "profile", records, tmp_path / "o", "anna")
        assert "has changed" in str(session.describe(0)["why_not"])


def test_a_manifest_that_is_not_here_is_not_called_changed(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(json.dumps(record(0)), encoding="utf-8")
    (tmp_path / "profile").mkdir()
    write_profile([str(tmp_path / "m.jsonl")], tmp_path / "profile", load_rules(None))
    (tmp_path / "m.jsonl").unlink()
    with opened_session(tmp_path, tmp_path / "overrides.jsonl") as session:
        shown = session.describe(0)
        ((listed, *_), _) = session.page(session.table.select(Query()), None, 50)
    assert "cannot be read: start the session in the folder" in str(shown["why_not"])
    assert (shown["readable"], listed["readable"], listed["text"]) == (False, False, "")
