"""Who is let into a review session over HTTP, and from where nothing is served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from curate.reviews.session import ReviewSession
from tests.curate.review_client import OWN, PORT, TOKEN, post

pytest.importorskip("starlette.testclient", reason="the review extra is not installed")


PATHS = ["/", "/review.js", "/table.js", "/page.css", "/api/profile", "/api/records",
         "/histogram.js", "/api/histogram?of=chars", "/words.js", "/api/words",
         "/panels.js", "/groups.js", "/api/groups",
         "/api/records/0", "/api/records/0/audio", "/api/records/0/spectrogram"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "cookie", "status"),
    [
        ({}, TOKEN, 200),
        ({}, "another", 403),
        ({}, None, 403),
        ({"host": "evil.example:4711"}, TOKEN, 421),  # its name resolves to this machine
        ({"host": "127.0.0.1:80"}, TOKEN, 421),
        ({"sec-fetch-site": "cross-site"}, TOKEN, 403),
        ({"sec-fetch-site": "same-site"}, TOKEN, 403),
        ({"sec-fetch-site": "same-origin"}, TOKEN, 200),
    ],
)
def test_who_may_ask(
    reader: Any, path: str, headers: Mapping[str, str], cookie: str | None, status: int
) -> None:
    reader.cookies.clear()
    if cookie:
        reader.cookies.set(f"curate_review_{PORT}", cookie)
    response = reader.get(path, headers=dict(headers))
    assert response.status_code == status
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"


def test_the_link_gives_a_cookie_and_hides_the_token(reader: Any) -> None:
    reader.cookies.clear()
    assert reader.get("/?token=wrong").status_code == 403
    response = reader.get(f"/?token={TOKEN}", headers={"sec-fetch-site": "none"})
    assert (response.status_code, response.headers["location"]) == (303, "/")
    linked = reader.get(f"/?token={TOKEN}", headers={"sec-fetch-site": "cross-site"})
    assert linked.status_code == 200, "a browser takes a redirect for the linking page's request"
    assert 'http-equiv="refresh" content="0; url=/"' in linked.text
    assert TOKEN not in linked.text
    assert linked.headers["set-cookie"] == response.headers["set-cookie"]
    cookie = response.headers["set-cookie"]
    parts = (f"curate_review_{PORT}={TOKEN}", "HttpOnly", "SameSite=Strict")
    assert all(part in cookie for part in parts)


@pytest.mark.parametrize("path", ["/api/records/0/decision", "/api/records/0/undo"])
@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", f"https://127.0.0.1:{PORT}"]
)
def test_nobody_else_decides(
    reader: Any, undecided: ReviewSession, path: str, origin: str | None
) -> None:
    headers = {"origin": origin} if origin else {}
    response = reader.post(path, content='{"decision": "reject"}', headers=headers)
    assert response.status_code == 403
    assert not undecided.log.path.exists()


def test_rejects_oversized_request(reader: Any, undecided: ReviewSession) -> None:
    assert post(reader, "/api/records/0/decision", {"text": "x" * (5 << 20)}).status_code == 413
    chunks = (b"x" for _ in range(3))  # chunked: its length is not declared
    response = reader.post("/api/records/0/decision", content=chunks, headers={"origin": OWN})
    assert response.status_code == 411
    assert not undecided.log.path.exists()


@pytest.mark.parametrize(
    "path",
    ["/../m.jsonl", "/%2e%2e/m.jsonl", "/pages/review.html", "/review.html", "/api/records/-1",
     "/api/records/0/audio/../../../m.jsonl", "/api/records/a/audio", "/blind.js"],
)  # fmt: skip
def test_no_path_is_served(reader: Any, path: str) -> None:
    assert reader.get(path).status_code == 404
