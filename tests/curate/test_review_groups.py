"""Speakers and languages in the review app: their amounts, and the records of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curate.rules.file import load_rules
from tests.browsing import DEVICES, everyone, until, watched
from tests.curate.review_browsing import listed, served
from tests.curate.review_client import client_of, complete, opened_session
from tests.profiling import write_profile

pytest.importorskip("starlette.testclient", reason="the review extra is not installed")

HOSTILE = "<b>x</b> \u202e"
RECORDS = [
    ("anna", "en", 2.0, "words of a length", "words of a length"),
    ("anna", "en", 4.0, "so " * 20, "words of a length"),  # bad: repetitions
    ("bob", "de", 3.0, "words of a length", None),
    (HOSTILE, "de", 1.5, "words of a length", None),
    (None, "de", 1.75, "words of a length", None),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile of RECORDS, and a line that is no record."""
    folder = tmp_path_factory.mktemp("groups")
    lines = []
    for at, (speaker, lang, duration, text, predicted) in enumerate(RECORDS):
        row = {"audio_filepath": f"{at}.wav", "duration": duration, "text": text, "lang": lang}
        row |= {} if speaker is None else {"speaker": speaker}
        row |= {} if predicted is None else {"pred_text": predicted}
        lines.append(json.dumps(row))
    (folder / "m.jsonl").write_text("\n".join([*lines, "{broken"]), encoding="utf-8")
    (folder / "profile").mkdir()
    write_profile([str(folder / "m.jsonl")], folder / "profile", load_rules(None))
    return folder


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[Any]:
    with opened_session(folder, tmp_path / "overrides.jsonl") as session:
        yield client_of(session)


def groups(client: Any, query: str = "") -> Any:
    """The answer, once the groups are added up."""
    return complete(client, f"/api/groups?{query}", "groups")


def test_amounts_of_speakers(client: Any) -> None:
    answer = groups(client)
    rows = {row["value"]: row for row in answer["groups"]}
    assert [row["value"] for row in answer["groups"]] == ["anna", "bob", None, HOSTILE]
    assert (answer["total"], answer["after"]) == (4, None)
    anna = rows["anna"]
    assert (anna["count"], anna["hours"]) == (2, pytest.approx(6 / 3600))
    assert anna["bad"] == pytest.approx(4 / 6)
    assert anna["char_rate"] == pytest.approx((17 / 2 + 60 / 4) / 2)
    assert anna["wer"] == pytest.approx((0 + 20 / 20) / 2)
    assert rows["bob"]["wer"] is None
    assert rows[None]["count"] == 2, "the line that is no record among them"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("column=lang", ["de", "en", None]),
        ("part=AN", ["anna"]),
        ("part=%3Cb%3E", [HOSTILE]),
        ("sort=value&order=up", [HOSTILE, "anna", "bob", None]),
        ("sort=bad", ["anna", "bob", None, HOSTILE]),
        ("sort=wer", ["anna"]),
        ("after=3", [HOSTILE]),
    ],
)
def test_which_groups(client: Any, query: str, expected: list[str | None]) -> None:
    assert [row["value"] for row in groups(client, query)["groups"]] == expected


@pytest.mark.parametrize("query", ["column=text", "sort=text", "after=-1", "column="])
def test_no_groups_of_that(client: Any, query: str) -> None:
    response = client.get(f"/api/groups?{query}")
    assert (response.status_code, list(response.json())) == (400, ["error"])


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served("profile", folder=folder, ended="no decision was written") as started:
        yield started


def opens_groups(page: Any) -> None:
    listed(page)
    page.locator("#record").focus()
    page.keyboard.press("s")
    until(page, "document.querySelectorAll('#group-list tr').length === 4")


def test_from_a_speaker_to_its_records(address: str, opened: Any) -> None:
    with watched(opened, address, ignoring="404") as page:
        opens_groups(page)
        assert page.locator("#group-list b").count() == 0
        assert "U+202E" in page.inner_text("#group-list")
        assert page.inner_text("#group-list tr >> nth=2").startswith("none declared")
        page.click("#group-list bdi:text-is('anna')")
        until(page, "location.hash.includes('speaker=anna')")
        listed(page)
        assert page.evaluate("state.rows.map((it) => it.speaker)") == ["anna", "anna"]
        page.select_option("#which-groups [name=column]", "lang")
        page.click("#group-list bdi:text-is('en')")
        until(page, "location.hash.includes('lang=en')")


@pytest.mark.parametrize("device", DEVICES)
def test_everyone_can_use_groups(address: str, opened: Any, device: str) -> None:
    with watched(opened, address, DEVICES[device][0], ignoring="404") as page:
        opens_groups(page)
        assert everyone(page, DEVICES[device]) == []
