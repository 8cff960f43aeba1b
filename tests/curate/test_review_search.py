"""Search in the texts of a profile: by substring, word and regular expression."""

from __future__ import annotations

import json
import threading
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import ConfigError, InputError
from curate.profiles.named import TEXTS
from curate.profiles.opened import open_profile
from curate.reviews import texts as texts_module
from curate.reviews.search import Pattern, TextSearch, check_pattern
from curate.reviews.texts import load_texts
from curate.rules.file import load_rules
from tests.profiling import write_profile

LINES = [
    "The Fox",
    "foxes",
    "a fox.",
    "FÜR",
    "fu\u0308r dich",
    "a+b (c)",
    "",
    "naïve_fox",
    "狐が走る",
]


def rows(pattern: Pattern, lines: list[str] = LINES) -> list[int]:
    """The rows that a search gives, complete."""
    search = TextSearch(len(lines), lambda on_read: pl.Series("text", lines, dtype=pl.String))
    try:
        matches = search.matches(check_pattern(pattern), 20.0)
        assert matches is not None
        assert matches.complete
        return [int(row) for row in matches.mask.nonzero()[0]]
    finally:
        search.close()


CASES = [
    (Pattern("fox"), [0, 1, 2, 7]),
    (Pattern("fox", case=True), [1, 2, 7]),
    (Pattern("fox", "word"), [0, 2]),
    (Pattern("für"), [3, 4]),  # composed in one line, decomposed in the other
    (Pattern("fu\u0308r", "word"), [3, 4]),
    (Pattern("fox", "token"), [0, 2]),
    (Pattern("c", "token"), [5]),  # (c), without its brackets
    (Pattern("a+b", "token"), [5]),
    (Pattern("b", "token"), []),
    (Pattern("FUR", "token", case=True), []),
    (Pattern("für", "token"), [3, 4]),
    (Pattern("a+b"), [5]),
    (Pattern("(c)", "word"), [5]),
    (Pattern("狐"), [8]),
    (Pattern("^$", "regex"), [6]),
    (Pattern("fox(es)?$", "regex"), [0, 1, 7]),
    (Pattern(r"\p{Lu}{2}", "regex", case=True), [3]),
]


@pytest.mark.parametrize(("pattern", "expected"), CASES, ids=str)
def test_what_a_search_gives(pattern: Pattern, expected: list[int]) -> None:
    assert rows(pattern) == expected


@given(st.lists(st.text(max_size=8), max_size=20), st.text(min_size=1, max_size=3))
def test_a_substring_is_what_python_calls_one(lines: list[str], part: str) -> None:
    forms = {unicodedata.normalize(form, part) for form in ("NFC", "NFD")}
    expected = [row for row, line in enumerate(lines) if any(form in line for form in forms)]
    assert rows(Pattern(part, case=True), lines) == expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (Pattern("(", "regex"), "is no regular expression: unclosed group"),
        (Pattern(r"(a)\1", "regex"), "backreferences are not supported"),
        (Pattern("(?=a)", "regex"), "look-around"),
        (Pattern(r"\w{1000}{1000}", "regex"), "size limit"),
        (Pattern("a" * 1001), "longer than 1,000"),
        (Pattern("a", "sound"), "'sound' is none of substring, word, token, regex"),
    ],
    ids=["open", "backreference", "look-ahead", "huge", "long", "how"],
)
def test_what_cannot_be_searched_for(pattern: Pattern, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_pattern(pattern)
    assert message in str(refused.value)


def test_a_request_waits_no_longer_than_it_wants_to() -> None:
    loaded = threading.Event()

    def load(on_read: Callable[[int], None]) -> pl.Series:
        on_read(300_000)
        loaded.wait(20)
        return pl.Series("text", ["x" * 50 + "y"] * 600_000)

    search = TextSearch(600_000, load)
    try:
        assert search.matches(Pattern("y"), 0.01) is None
        assert search.loaded_share == 0.5
        loaded.set()
        shares: list[float] = []
        while not shares or shares[-1] < 1:
            begun = time.monotonic()
            matches = search.matches(Pattern("(x+x+)+y", "regex"), 0.001)
            assert time.monotonic() - begun < 5
            shares.append(0.0 if matches is None else matches.share)
        assert len(shares) > 1, "it did not wait for the whole"
        assert shares == sorted(shares)
        assert matches is not None
        assert int(matches.mask.sum()) == 600_000
    finally:
        search.close()


@pytest.mark.parametrize("error", [InputError.of("m.jsonl", "gone"), PermissionError("gone")])
def test_an_error_of_loading_is_every_searchs_error(error: Exception) -> None:
    def load(on_read: Callable[[int], None]) -> pl.Series:
        raise error

    search = TextSearch(1, load)
    for _ in range(2):
        with pytest.raises(InputError, match="gone"):
            search.matches(Pattern("a"), 5.0)
    search.close()


@pytest.fixture
def profiled(tmp_path: Path) -> Path:
    """A profile of two manifests, with lines that are no records."""
    for name, texts in (("a", ["one", 't\u00fc\n"w\\o']), ("b", ["three"])):
        lines = [
            json.dumps({"audio_filepath": f"{t}.wav", "duration": 1, "text": t}) for t in texts
        ]
        broken = ['{"text": "cut', "", '{"text": 5}']
        (tmp_path / f"{name}.jsonl").write_text("\n".join([*lines, *broken]), encoding="utf-8")
    (tmp_path / "profile").mkdir()
    manifests = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]
    write_profile(manifests, tmp_path / "profile", load_rules(None))
    return tmp_path / "profile"


EXPECTED = ["one", 't\u00fc\n"w\\o', "", "", "three", "", ""]


def test_texts_are_the_records_in_their_order(profiled: Path) -> None:
    seen: list[int] = []
    texts = load_texts(profiled, open_profile(profiled), seen.append)
    assert texts.to_list() == EXPECTED
    assert seen[-1] == len(EXPECTED)
    assert not (profiled / TEXTS).exists(), "so few are read again as fast"


def test_texts_are_stored_and_belong_to_their_records(
    profiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts_module, "FEWEST_ROWS", 1)
    profile = open_profile(profiled)
    load_texts(profiled, profile, lambda read: None)
    stored = (profiled / TEXTS).read_bytes()
    manifest = Path(profile.inputs[0].source)
    before = manifest.read_text(encoding="utf-8")
    manifest.write_text(before.replace("one", "two"), encoding="utf-8")
    assert load_texts(profiled, profile, lambda read: None).to_list() == EXPECTED, "not read again"
    records = profiled / "records.parquet"
    records.write_bytes(records.read_bytes())  # other records, as far as the disk tells
    with pytest.raises(InputError, match="has changed since it was profiled"):
        load_texts(profiled, profile, lambda read: None)
    (profiled / TEXTS).write_bytes(stored[:100])
    manifest.write_text(before, encoding="utf-8")
    assert load_texts(profiled, profile, lambda read: None).to_list() == EXPECTED
    assert (profiled / TEXTS).read_bytes() != stored[:100]
