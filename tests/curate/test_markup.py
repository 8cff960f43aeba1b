"""Marks for machines: the compiled count is what the definition finds, on any text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.frames import Spans
from curate.text.markup import MARKUP, markup_chars

PIECES = st.sampled_from(
    ["<", ">", "</b>", "<i>", "&", ";", "&amp;", "&#12;", "&#x1F;", "&#x", "&a", "#", "[", "]", "{",
     "}", "{\\an8}", "http://", "https://a.b/c?d", "https:/", "htt", "h", "x", "1", " ", "\n", "ä",
     "今", "😀", ">>", "--", "-->", "00:00:01,000", "12:34", ":56.789", "\\", "N", "\\u00e4",
     "\\x4", "u00", "\u2047", "\u2019", "\u266a", "\U0001f3b5", "\u2764",
     "ignore_time_segment_in_scoring", "ignore_time", "_",
     "\u2600", "\u2060", "\U0001d5a0"]
)  # fmt: skip
CASES = [
    ("so <b>this</b> is it", 7),
    ("3 < 5 and 7 > 6", 0),
    ("3 < 5 & so on", 0),
    ("AT&T; rock &amp; roll", 5),
    ("&#229;&#xE5; &#; &#x; &;", 12),
    ("[[File:a.png]] [music]", 19),  # the outer brackets are not closed by their like
    ("(laughs) *sighs*", 0),
    ("see https://example.org/ä, now", 22),
    ("see http:// and https", 0),
    ("www.example.org", 0),  # people say that
    ("{\\an8}你好", 6),
    ("<你好>", 4),
    ("<never closed", 0),
    (">> so >>> it", 5),  # a change of speaker in captions
    ("1 00:00:01,000 --> 00:00:04.500 so", 27),
    ("at 12:30:45, or 12:30", 0),  # people say that
    ("so\\Nit is \\u00e4 \\x41 C:\\q", 12),
    ("so \u2047 it is", 1),
    ("ignore_time_segment_in_scoring ignore_time", 30),
    ("so it is \U0001f600\u2764", 2),
    ("\u266a so \U0001f3b5\U0001f3b6", 0),  # notes are remarks
    ("a - b -- c -> d > e", 0),
    ("", 0),
]


def counted(texts: list[str]) -> list[int]:
    spans = Spans.of(texts)
    counts: list[int] = markup_chars(spans.data, spans.start, spans.length).tolist()
    return counts


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_what_counts(text: str, expected: int) -> None:
    assert counted([text]) == [expected]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(st.text(max_size=12), st.lists(PIECES, max_size=14).map("".join)), min_size=1
    )
)
def test_the_kernel_is_the_definition(texts: list[str]) -> None:
    whole = [text.encode("utf-8", "replace").decode() for text in texts]
    expected = [
        sum(len(match.decode()) for match in re.findall(MARKUP, text.encode())) for text in whole
    ]
    assert counted(whole) == expected
