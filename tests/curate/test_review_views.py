"""Saved views of the review app: an address by a name, shared by sessions with one log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import SCREENS, browser, sticks_out, until, violations, watched
from tests.curate.review_browsing import listed, served, written
from tests.curate.review_client import client_of, opened_session, post

pytest.importorskip("starlette.testclient", reason="the review extra is not installed")

HOSTILE = "<img src=x onerror=alert(1)> \u202eevil </script>"
QUERY = "text=number+1&lang=en&sort=char_rate&order=up&columns=duration_s"


@pytest.fixture
def client(review_folder: Path, tmp_path: Path) -> Iterator[Any]:
    with opened_session(review_folder, tmp_path / "overrides.jsonl") as session:
        yield client_of(session)


def save(client: Any, name: object, query: object) -> Any:
    return post(client, "/api/views/save", {"name": name, "query": query})


def test_views_are_shared_beside_the_log_until_they_are_deleted(
    client: Any, review_folder: Path, tmp_path: Path
) -> None:
    assert client.get("/api/views").json() == []
    assert not list(tmp_path.glob("*.jsonl")), "nothing is written before something is saved"
    assert save(client, "  number one ", QUERY).status_code == 200
    (first,) = save(client, "number one", QUERY).json()  # again: the same view
    assert (first["name"], first["query"], first["by"]) == ("number one", QUERY, "anna")
    save(client, HOSTILE, "")
    with opened_session(review_folder, tmp_path / "overrides.jsonl") as other:
        names = [each["name"] for each in client_of(other).get("/api/views").json()]
        assert names == [HOSTILE, "number one"]
        left = post(client_of(other), "/api/views/delete", {"name": HOSTILE}).json()
        assert left == [first]
    assert client.get("/api/views").json() == [first]
    gone = post(client, "/api/views/delete", {"name": HOSTILE})
    assert (gone.status_code, "there is no view" in gone.text) == (400, True)
    assert len(written(tmp_path / "overrides.views.jsonl")) == 3


@pytest.mark.parametrize(
    ("name", "query", "fault"),
    [
        ("  ", "", "1 to 80 characters"), ("x" * 81, "", "1 to 80 characters"),
        ("a\nb", "", "no control characters"), ("\ud800", "", "no control characters"),
        (None, "", "'name' is a text"), ("a", 7, "'query' is a text"),
        ("a", "columns=" + "x," * 13, "at most 12 columns"), ("a", "text=é", "address of at most"),
        pytest.param("a", "speaker=" + "x" * 20_000, "address of at most", id="long"),
        ("a", "verdict=fine", "not a verdict"), ("a", "sort=nothing", "not a number"),
        ("a", "metric=nothing&least=1", "not a number"), ("a", "columns=nothing", "no column"),
        ("a", "split=train", "no open split"), ("a", "text=(&how=regex", "regex"),
    ],
)  # fmt: skip
def test_what_is_no_view_is_refused(
    client: Any, tmp_path: Path, name: object, query: object, fault: str
) -> None:
    refused = save(client, name, query)
    assert refused.status_code == 400
    assert fault in refused.json()["error"]
    assert not (tmp_path / "overrides.views.jsonl").exists()


def test_no_view_is_replaced_in_silence(client: Any) -> None:
    save(client, "mine", QUERY)
    refused = save(client, "mine", "lang=de")
    assert "choose another name" in refused.json()["error"]
    assert [each["query"] for each in client.get("/api/views").json()] == [QUERY]


def test_a_bad_file_of_views_is_reported_and_left_as_it_is(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "overrides.views.jsonl"
    content = '{"name": "a", "query": 5, "by": "b", "at": "c"}\n{"na'
    path.write_text(content, encoding="utf-8")
    for answer in (client.get("/api/views"), save(client, "a", "")):
        error = answer.json()["error"]
        assert f"{path}:1: is not a saved view" in error
        assert f"{path}:2" in error and "cut short" in error
    assert path.read_text(encoding="utf-8") == content


def test_a_view_is_saved_opened_and_deleted_by_keys(review_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason="the review extra is not installed")
    arguments = (review_folder / "profile", "--overrides", tmp_path / "o.jsonl")
    with (
        browser() as launched,
        served(*arguments, folder=tmp_path) as address,
        watched(launched, address) as page,
    ):
        page.wait_for_selector("#records tr")
        page.fill("input[name=text]", "number 1")
        page.click("#others summary")
        page.select_option("select[name=lang]", "en")
        listed(page)
        until(page, "state.rows.length === 5")
        page.focus("#record")
        page.keyboard.press("v")
        page.keyboard.type(HOSTILE)
        page.keyboard.press("Enter")
        until(page, "document.querySelectorAll('#saved li').length === 1")
        assert page.inner_text("#saved .view").startswith("<img src=x"), "text, no markup"
        assert "U+202E" in page.inner_text("#saved .view")
        for screen in (SCREENS[0], SCREENS[-1]):
            page.set_viewport_size(screen["viewport"])
            assert sticks_out(page) == 0
            assert violations(page) == []
        page.set_viewport_size(SCREENS[0]["viewport"])  # where filters are not folded
        page.fill("input[name=text]", "nothing of this")
        page.keyboard.press("Enter")
        until(page, "state.rows.length === 0")
        page.focus("#saved .view")
        page.keyboard.press("Enter")
        until(page, "state.rows.length === 5")
        assert page.input_value("input[name=text]") == "number 1"
        assert "lang=en" in page.url
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        until(page, "document.querySelectorAll('#saved li').length === 0")
        assert page.inner_text("#view-note") == "No view is saved"
    saved = [each["query"] for each in written(tmp_path / "o.views.jsonl")]
    assert saved == ["text=number+1&lang=en", None]
