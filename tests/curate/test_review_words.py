"""The words of a profile in the review app: counts, accuracy, and the records with each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.inspect.words import count_words, tabulate_words
from curate.profiles.named import WORD_TABLE
from curate.profiles.opened import open_profile
from curate.reviews import words as words_module
from curate.reviews.listing import ListRequest
from curate.rules.file import load_rules
from tests.browsing import DEVICES, everyone, until, watched
from tests.curate.review_browsing import listed, served
from tests.curate.review_client import client_of, complete, opened_session
from tests.profiling import write_profile

pytest.importorskip("starlette.testclient", reason="the review extra is not installed")

HOSTILE = "<img/src=x/onerror=alert(1)>"
SHOWN = ("word", "count", "rows", "predicted", "wrong")
TEXTS = [
    ("The fox, the FOX", "the fox a fix"), ("a fox!", "a fox"), ("no prediction here", None),
    (f"{HOSTILE} \u202eevil", "evil"), ("fu\u0308r", "für"), ("-- !", "x"),
    ("狐が 走る", "狐が 歩く"),
]  # fmt: skip


def write_texts(folder: Path) -> Path:
    """A profile of TEXTS, and a line that is no record."""
    return write_lines(folder, [
        {
            "text": text,
            **({"lang": "ja"} if text.startswith("狐") else {}),
            **({} if predicted is None else {"pred_text": predicted}),
        }
        for text, predicted in TEXTS
    ])  # fmt: skip


def write_lines(folder: Path, records: Sequence[dict[str, object]]) -> Path:
    """A profile of records with these fields, and a line that is no record."""
    rows = [
        {"audio_filepath": f"{at}.wav", "duration": 3.0, **more} for at, more in enumerate(records)
    ]
    lines = [*map(json.dumps, rows), "{broken"]
    (folder / "m.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "profile").mkdir()
    write_profile([str(folder / "m.jsonl")], folder / "profile", load_rules(None))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texts(tmp_path_factory.mktemp("words"))


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[Any]:
    with opened_session(folder, tmp_path / "overrides.jsonl") as session:
        yield client_of(session)


def words(client: Any, query: str = "") -> Any:
    """The answer, once the words are counted."""
    return complete(client, f"/api/words?{query}", "words")


def figures(answer: Any) -> list[list[Any]]:
    return [[row[name] for name in SHOWN] for row in answer["words"]]


def test_counts_are_those_of_curate_words(folder: Path) -> None:
    counted = count_words(folder / "profile")
    seen: list[int] = []
    table = tabulate_words(open_profile(folder / "profile"), seen.append)
    known = table.filter(table["count"].is_not_null()).sort(
        ["count", "word"], descending=[True, False]
    )
    assert known.select("word", "count").equals(counted.words)
    errors = {row[0]: row[1:] for row in counted.word_errors.rows()}
    predicted = table.filter(table["predicted"].is_not_null())
    assert {
        row[0]: row[1:] for row in predicted.select("word", "predicted", "wrong").rows()
    } == errors
    assert seen[-1] == len(TEXTS) + 1
    rows = dict(known.select("word", "rows").rows())
    assert (rows["fox"], rows["the"], rows["prediction"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("part=FOX", [["fox", 3, 2, 3, 1]]),
        ("part=f%C3%BCr", [["fu\u0308r", 1, 1, None, None]]),
        ("part=f%C3%BCr&sort=accuracy", [["für", None, None, 1, 0]]),
        ("part=onerror", [["img/src=x/onerror=alert(1", 1, 1, None, None]]),
        ("part=%25", []),  # no wildcard
        ("least=2&part=h", [["the", 2, 1, 2, 1]]),
        ("most=1&part=prediction", [["prediction", 1, 1, None, None]]),
        ("part=狐", [["狐が", 1, 1, None, None]]),
        ("part=狐&sort=accuracy", [["狐", None, None, 1, 0]]),
        ("part=fox&after=1", []),
    ],
)  # fmt: skip
def test_which_words(client: Any, query: str, expected: list[list[object]]) -> None:
    answer = words(client, query)
    assert figures(answer) == expected
    assert answer["models"] == [True, False]


def test_the_order_of_words(client: Any) -> None:
    def first(query: str) -> list[str]:
        return [row["word"] for row in words(client, query)["words"]]

    by_count = figures(words(client))
    counts = [count or predicted for _, count, _, predicted, _ in by_count]
    assert first("")[:2] == ["fox", "the"]
    known = [count for _, count, *_ in by_count]
    assert None not in known, "words whose count is unknown are left out"
    assert counts == sorted(counts, reverse=True)
    assert [row["count"] for row in words(client, "order=up")["words"]] == sorted(counts)
    worst = figures(words(client, "sort=accuracy&order=up"))
    shares = [wrong / predicted for *_, predicted, wrong in worst]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1.0
    assert first("sort=rows")[0] == "fox"
    letters = first("sort=word&order=up")
    assert letters[:2] == sorted(letters)[:2] == ["a", "evil"]
    assert first("sort=word") == letters[::-1]
    assert first("sort=difference") == [], "there is no second prediction"


@pytest.mark.parametrize("query", ["sort=length", "least=x", "most=1.5", "after=-1", "after=x"])
def test_no_words_of_that(client: Any, query: str) -> None:
    response = client.get(f"/api/words?{query}")
    assert (response.status_code, list(response.json())) == (400, ["error"])


def test_words_of_a_large_profile_are_counted_once_when_requested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words_module, "FEWEST_ROWS", 1)
    write_texts(tmp_path)
    log, stored = tmp_path / "overrides.jsonl", tmp_path / "profile" / WORD_TABLE
    with opened_session(tmp_path, log) as session:
        session.start()
        assert session.words.answer(ListRequest()) is not None
        first = words(client_of(session))
        assert stored.is_file()
    with opened_session(tmp_path, log) as session:
        monkeypatch.setattr(words_module, "tabulate_words", lambda *_: pytest.fail("counted again"))
        assert words(client_of(session)) == first
    curate.profile(tmp_path / "m.jsonl", out=tmp_path / "profile")  # it is a file of the profile


def test_a_manifest_that_changed_has_no_words(tmp_path: Path) -> None:
    write_texts(tmp_path)
    (tmp_path / "m.jsonl").write_text('{"audio_filepath": "b.wav", "duration": 1, "text": "b"}')
    with opened_session(tmp_path, tmp_path / "overrides.jsonl") as session:
        client = client_of(session)
        for _ in range(2):
            while (answer := client.get("/api/words")).status_code == 200:
                assert answer.json()["loaded"] < 1
            assert "has changed since it was profiled" in answer.json()["error"]


def test_an_evaluation_is_what_words_are_compared_with(folder: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in (folder / "m.jsonl").read_text("utf-8").split("\n")[:2]]
    rows = [{**line, "pred_text": "a dog", "wer": 1.0, "cer": 1.0} for line in lines]
    (tmp_path / "wer").mkdir()
    (tmp_path / "wer" / "predictions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with opened_session(folder, tmp_path / "overrides.jsonl", tmp_path / "wer") as session:
        client = client_of(session)
        assert figures(words(client, "part=fox")) == [["fox", 3, 2, 3, 3]]
        assert figures(words(client, "part=evil"))[0][3] is None


TWO = [
    ("The fox's den", "the foxs tent", "the fox's den"),
    ("a fox's den", "a fox's den", "a fox's ten"),
    ("the foxes", "the foxes", None),
    ("the fox", "the fox", "the box"),
]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Any]:
    """A client of a profile in which two recognisers predicted texts."""
    write_lines(tmp_path, [
        {"text": text, "pred_text": first, **({} if second is None else {"pred_text_2": second})}
        for text, first, second in TWO
    ])  # fmt: skip
    with opened_session(tmp_path, tmp_path / "overrides.jsonl") as session:
        yield client_of(session)


def test_two_predictions_side_by_side(two: Any) -> None:
    answer = words(two, "part=den")
    assert answer["models"] == [True, True]
    names = ("predicted", "wrong", "predicted_2", "wrong_2", "difference")
    assert [answer["words"][0][name] for name in names] == [2, 1, 2, 1, 0.0]
    ordered = words(two, "sort=difference")["words"]
    assert {row["word"]: row["difference"] for row in ordered}["fox"] == -1.0
    assert ordered[-1]["word"] == "fox"
    the = words(two, "part=the")["words"][0]
    assert (the["predicted"], the["predicted_2"]) == (3, 2), "one record has no second prediction"


def test_a_word_lists_as_many_records_as_it_has(two: Any) -> None:
    """`fox` stands in one record: `fox's` is another word, which the normaliser writes foxs."""
    for each in words(two)["words"]:
        listed = two.get("/api/records", params={"text": each["word"], "how": "token"}).json()
        assert listed["rows"] == each["rows"], each["word"]
    normalised = words(two, "part=foxs&sort=accuracy")["words"]
    assert [(row["word"], row["count"], row["written"]) for row in normalised] == [
        ("foxs", None, "fox's")
    ]


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served("profile", folder=folder, ended="no decision was written") as started:
        yield started


def opens_words(page: Any) -> None:
    until(page, "state.shown !== null || state.rows.length === 0 && records.ariaBusy === 'false'")
    page.locator("#record").focus()
    page.keyboard.press("w")
    until(page, "document.querySelectorAll('#vocabulary tr').length > 5")


def test_from_a_word_to_its_records(address: str, opened: Any) -> None:
    with watched(opened, address, ignoring="404") as page:
        opens_words(page)
        assert page.locator("#vocabulary th").first.inner_text() == "fox"
        page.keyboard.type("evil")
        until(page, "document.querySelectorAll('#vocabulary tr').length === 1")
        assert "U+202E" in page.inner_text("#vocabulary"), "controls are shown as labels"
        page.fill("#which-words [name=part]", "img")
        until(page, "document.querySelector('#vocabulary').textContent.includes('onerror')")
        assert page.locator("#vocabulary img").count() == 0
        page.fill("#which-words [name=part]", "")
        until(page, "document.querySelectorAll('#vocabulary tr').length > 5")
        page.click("#word-head button:has-text('accuracy')")
        until(page, "document.querySelector('#word-head [aria-sort=ascending]') !== null")
        until(page, "document.querySelector('#vocabulary tr').textContent.includes('0.0 %')")
        page.select_option("#which-words [name=often]", "5")
        until(page, "document.querySelector('#word-count').textContent === 'No such word'")
        page.select_option("#which-words [name=often]", "")
        until(page, "document.querySelectorAll('#vocabulary tr').length > 5")
        page.click("#vocabulary bdi:text-is('fox')")
        until(page, "location.hash.includes('text=fox&how=token')")
        listed(page)
        assert page.evaluate("state.rows.map((it) => it.text.toLowerCase().includes('fox'))") == [
            True,
            True,
        ]
        page.locator("#record").focus()
        page.keyboard.press("w")
        until(page, "!document.querySelector('#words').open")
        page.keyboard.press("W")
        until(page, "document.querySelector('#vocabulary tr').textContent.includes('0.0 %')")
        page.locator("#record").focus()
        page.keyboard.press("o")
        counts = "[...document.querySelectorAll('#vocabulary td:nth-child(2)')]"
        until(page, f"{counts}.length && {counts}.every((it) => it.innerText === '1')")
        assert page.input_value("#which-words [name=often]") == "once"
        page.locator("#record").focus()
        page.keyboard.press("?")
        until(page, "document.querySelector('#help').open")


@pytest.mark.parametrize("device", DEVICES)
def test_everyone_can_use_words(address: str, opened: Any, device: str) -> None:
    with watched(opened, address, DEVICES[device][0], ignoring="404") as page:
        opens_words(page)
        assert everyone(page, DEVICES[device]) == []
