"""Counts of words, and of the rows that hold each, by their definition in Python."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from curate.artifacts.frames import Spans
from curate.inspect.words.word_rows import WordRows

LETTERS = "aAbé狐 \u3000\t'’-«»。+"
OUTER = "'’-«»+。"


@given(st.lists(st.lists(st.text(LETTERS, max_size=8), max_size=6), max_size=3))
def test_words_and_their_rows(batches: list[list[str]]) -> None:
    counts, rows = Counter[str](), Counter[str]()
    counted = WordRows()
    for batch in batches:
        counted.add(Spans.of(batch))
        for text in batch:
            words = [word for each in text.split() if (word := each.lower().strip(OUTER))]
            counts.update(words)
            rows.update(set(words))
    table = counted.counted()
    assert dict(table.select("word", "count").iter_rows()) == counts
    assert dict(table.select("word", "rows").iter_rows()) == rows
