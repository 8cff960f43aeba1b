"""Characters that a wrong encoding left: the fast search finds all that the definition does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.frames import Spans
from curate.text.damage import DAMAGE, damaged_chars


def misread(text: str, encoding: str = "cp1252") -> str:
    return text.encode().decode(encoding)


CASES = [
    ("Ku?ier, tu lab?k proti", 2),  # a database without the letters
    ("\u0432\u0441\u0451?\u0442\u043e", 1),
    ("Really?Yes. so? no", 0),  # the end of a sentence
    ("why?", 0),
    (misread("das sch\u00f6ne Haus f\u00fcr uns"), 4),
    (misread("it\u2019s"), 3),
    (misread("\u043f\u0440\u0438", "latin-1"), 6),
    (misread("\u4f60\u597d", "latin-1"), 6),
    (misread("\u00d6sterreich"), 2),
    ("das sch\u00f6ne Haus f\u00fcr uns", 0),
    ("\u201cIRM\u00c3\u201d e MANH\u00c3\u2026", 0),  # Portuguese capitals before marks
    ("S\u00e3o Paulo \u2013 n\u00e3o", 0),
    ("voil\u00e0\u2026\u00bb", 0),
    ("Ti\u1ebfng Vi\u1ec7t", 0),
    ("20 \u00b0C, 1.\u00ba and 2.\u00aa", 0),
    ("", 0),
]
PIECES = st.sampled_from(
    ["?", "a", "A", "1", " ", "\u00e9", "\u00c3", "\u00b6", "\u00e2", "\u20ac", "\u2122", "\u201d",
     "\u00bb", "\u00df", "\u0430", "\u4f60", "\x80", "\u0178", "\u00ef", "\U0001f600"]
)  # fmt: skip


def counted(texts: list[str]) -> list[int]:
    spans = Spans.of(texts)
    counts: list[int] = damaged_chars(spans.data, spans.start, spans.length).tolist()
    return counts


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_what_counts(text: str, expected: int) -> None:
    assert counted([text]) == [expected]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=9).map("".join), min_size=1, max_size=6))
def test_the_search_is_the_definition(texts: list[str]) -> None:
    expected = [sum(map(len, re.findall(DAMAGE, text))) for text in texts]
    assert counted(texts) == expected
