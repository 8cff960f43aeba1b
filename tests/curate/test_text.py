"""The compiled kernel equals the plain definitions; the definitions mean what they say."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.text import normalise
from curate.text.define import TextMeasures, measure_text
from curate.text.kernel import NORMAL_HASH, NOT_APPLICABLE, TEXT_HASH, measure_spans
from curate.text.packed import hash_normal


def kernel(texts: list[str]) -> tuple[list[TextMeasures], np.ndarray]:
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    data = np.frombuffer(b"".join(encoded), np.uint8)
    counts, keys = measure_spans(data, starts, ends - starts)
    measures = [
        TextMeasures(c, n, le, w, lt, None if wl == NOT_APPLICABLE else wl, wr, pr, r)
        for c, n, le, w, lt, wl, wr, pr, r in counts.tolist()
    ]
    return measures, keys


TOKENS = st.sampled_from(
    ["no", "No", "NO,", "...", "\u2014", "good night", "stra\u00dfe", "STRASSE", "don't", "a_b/c-d",
     "\u4f60\u597d", "\u8c22\u8c22", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "e\u0301", "\u0301",
     "\u1e9e", "\u0130", "\u0390", "\u200b", "\u00a0", "\x1c", "\u3000", "\U0001f600", "", "'"]
)  # fmt: skip
LOOPS = st.builds(
    lambda parts, times, gap: gap.join(parts * times),
    st.lists(TOKENS, max_size=6),
    st.integers(1, 8),
    st.sampled_from([" ", "", "  ", ", "]),
)
ANY_TEXT = st.one_of(st.text(), LOOPS, st.builds("".join, st.lists(st.one_of(TOKENS, st.text()))))


@settings(max_examples=600, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=8))
@example(["", " ", "\x00", "a\u0315\u0300", "a'\u0301", "\u0958", "x" * 300])
def test_kernel_equals_definition(texts: list[str]) -> None:
    measures, keys = kernel(texts)
    assert measures == [measure_text(text) for text in texts]
    assert [int(key) for key in keys[:, NORMAL_HASH]] == [hash_normal(normalise(t)) for t in texts]


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_normalise_is_stable(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert normalise(unicodedata.normalize("NFD", text)) == once
    assert "  " not in once
    assert once == once.strip()


def test_text_keys_tell_texts_apart() -> None:
    texts = ["", " ", "a", "a ", "ab" * 8, "ab" * 8 + "\x00", "\u00e9", "e\u0301", "A"]
    _, keys = kernel(texts)
    assert len(set(keys[:, TEXT_HASH].tolist())) == len(texts)
    _, again = kernel(texts[::-1])
    assert (again[::-1] == keys).all(), "a key depends on its text alone"


SENTENCES = [
    ("good night " * 5, "repetitions", 5),  # phrases loop, words do not
    ("no " * 15, "repetitions", 15),
    ("no No NO, no!", "repetitions", 4),  # case and punctuation aside
    ("no No NO, no!", "word_run", 1),  # ... but not in the raw twin
    ("... ... ...", "repetitions", 3),  # tokens of punctuation alone are tokens
    ("- -- -", "repetitions", 1),
    ("\u8c22\u8c22\u8c22\u8c22", "repetitions", 4),  # characters, where no spaces are written
    ("\u8c22\u8c22 \u8c22\u8c22", "word_len", None),
    ("meaningfulrepresentations of x", "word_len", 25),
    ("Rhein-Main-Donau_Kanal/Br\u00fccke", "word_len", 6),
    ("Rhein-Main-Donau", "longest_token", 16),
    ("a\u00a0b\u3000c", "words", 3),  # str.split() blanks
    ("a\u200bb", "words", 1),  # a zero-width space is none
    ("\u266a \u266a", "letters", 0),
    ("a b a b a b c", "phrase_run", 3),
    ("", "repetitions", 0),
    ("", "word_len", 0),
    ("e\u0301", "chars", 2),  # code points as they stand
]


@pytest.mark.parametrize(("text", "name", "value"), SENTENCES)
def test_definition(text: str, name: str, value: int | None) -> None:
    assert getattr(measure_text(text), name) == value


NORMAL = [
    ("Well-known", "well known"),
    ("DON\u2019T", "dont"),
    ("  a\u00a0 b ", "a b"),
    ("Stra\u00dfe", "strasse"),
    ("e\u0301", "\u00e9"),
    ("3.5 %", "3 5"),
    ("\u0645\u0631\u062d\u0628\u0627\u060c", "\u0645\u0631\u062d\u0628\u0627"),
]


@pytest.mark.parametrize(("text", "normal"), NORMAL)
def test_normalise(text: str, normal: str) -> None:
    assert normalise(text) == normal


def test_different_normal_forms_have_different_keys() -> None:
    forms = sorted({normalise(text) for text, _ in NORMAL} | {"", "a", "b a", "ab"})
    keys = [hash_normal(form) for form in forms]
    assert all(a != b for a, b in pairwise(sorted(keys)))
