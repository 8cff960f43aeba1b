"""The check of words finds what it looks for, in code and in prose, and nothing in the project."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "docs"))
vocabulary: Any = importlib.import_module("vocabulary")

NAMES: tuple[tuple[str, list[str]], ...] = (
    ("found = 1", ["found"]),
    ("def f(told): pass", ["told"]),
    ("def _kept(): pass", ["_kept"]),
    ("class Wanted: pass", ["Wanted"]),
    ("class Row:\n    said: str", []),  # a key of a file
    ("rows = found", []),  # bound elsewhere, and found there
    ("for heard in rows: pass", ["heard"]),
    ("self.kept = 1", ["kept"]),
    ("class Desk: pass", ["Desk"]),
    ("class _Terms: pass", ["_Terms"]),
    ("class AuditSide: pass", []),
)


@pytest.mark.parametrize(("source", "names"), NAMES)
def test_names_that_hide_what_they_hold(source: str, names: list[str]) -> None:
    assert [name for _, name, _ in vocabulary.names_in(source)] == names


def test_tests_may_not_use_the_plainest_of_them() -> None:
    source = "with raises(E) as caught: pass\nfound = kept = 1\nclass Desk: pass"
    finds = vocabulary.names_in(source, vocabulary.EVERYWHERE)
    assert sorted(name for _, name, _ in finds) == ["caught", "found"]


PROSE: tuple[tuple[str, tuple[int, str] | None], ...] = (
    ("\n  mend: write it again", (2, "mend:")),
    ("`curate profile --with lid`", (1, "--with")),
    ("## Why it came up", (1, "## Why it came up")),
    ("triggered rules", None),
    ("rows with this tag alone", (1, "alone")),
    ("what the profile said", (1, "said")),
    ('{"text": "what was said"}', None),  # a transcript
    ("no leak found", None),
    ("checkpoints.patience: 5", None),
)


@pytest.mark.parametrize(("text", "place"), PROSE)
def test_words_of_prose(text: str, place: tuple[int, str] | None) -> None:
    assert [find[:2] for find in vocabulary.words_in(text)] == ([place] if place else [])


def test_the_project_uses_none_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert vocabulary.main() == 0, capsys.readouterr().out
