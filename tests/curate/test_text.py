"""The compiled kernel equals the plain definitions; the definitions mean what they say."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.frames import Spans
from curate.text import normalise
from curate.text.define import TextMeasures, measure_text
from curate.text.kernel import (
    DISTINCT,
    FOREIGN,
    LONGEST_COUNTED,
    NORMAL_HASH,
    NOT_APPLICABLE,
    TEXT_HASH,
    WORD_LEN,
    measure_spans,
)
from curate.text.packed import hash_normal
from curate.text.scripts import SCRIPTS, expected_scripts


def kernel(texts: list[str], lang: str | None = None) -> tuple[list[TextMeasures], np.ndarray]:
    spans = Spans.of(texts)
    expected = np.full(len(texts), expected_scripts(lang), np.uint64)
    counts, keys = measure_spans(spans.data, spans.start, spans.length, expected)
    nullable = {WORD_LEN, DISTINCT, FOREIGN}
    rows: list[list[Any]] = counts.T.tolist()
    for row in rows:
        row[:] = [None if at in nullable and n == NOT_APPLICABLE else n for at, n in enumerate(row)]
    measures = [TextMeasures(*row) for row in rows]
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
@given(st.lists(ANY_TEXT, min_size=1, max_size=8), st.sampled_from([None, "en", "el", "ja", "xx"]))
@example(["", " ", "\x00", "a\u0315\u0300", "a'\u0301", "\u0958", "x" * 300], "en")
@example(["\x00\x00", "  ", "aa", "a aa.....", "12345678 877", "\u00e9\u00e9\u00e9 \x7f\x7f"], "de")
@example(
    ["\u06cc\u200c\u062e", "a\u200cb", "\u200d", "\ufffd\ufeff", "\ue000", "\u0301\u200d"], "fa"
)
@example([" ".join(map(str, range(900))), "a b c d e f g h i j k l m n o p q r s"], None)
def test_kernel_equals_definition(texts: list[str], lang: str | None) -> None:
    measures, keys = kernel(texts, lang)
    assert measures == [measure_text(text, lang) for text in texts]
    assert [int(key) for key in keys[NORMAL_HASH]] == [hash_normal(normalise(t)) for t in texts]


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
    assert len(set(keys[TEXT_HASH].tolist())) == len(texts)
    _, again = kernel(texts[::-1])
    assert (again[:, ::-1] == keys).all(), "a key depends on its text alone"


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
    ("so thank you thank you thank you", "loop_tokens", 6),
    ("a b c", "loop_tokens", 0),
    ("\u8c22\u8c22\u4f60", "loop_tokens", 2),
    ("Hmmmm... sss", "char_run", 4),
    ("a a a", "char_run", 1),  # a blank ends a run
    ("No, no! NO", "distinct", 1),
    ("\u8c22\u8c22", "distinct", None),
    ("\u0663 of 12", "digits", 3),  # digits of any script
    ("NATO ist da", "uppers", 4),
    ("don't stop-over", "has_stop", 0),  # what words are spelt with punctuates nothing
    ("\u00bfque tal", "has_stop", 1),
    ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "hidden_chars", 0),  # Persian spells so
    ("no\u200c where", "hidden_chars", 1),
    ("\ufeffa\x07\u202eb\ufffd", "hidden_chars", 4),
    ("tab\tis a blank", "hidden_chars", 0),
    ("one two2 three four", "second_token", 4),
]


@pytest.mark.parametrize(("text", "name", "value"), SENTENCES)
def test_definition(text: str, name: str, value: int | None) -> None:
    assert getattr(measure_text(text), name) == value


# (text, declared language, dominant script, letters of other scripts)
WRITTEN = [
    ("hello", "en", "Latn", 0),
    ("\u043f\u0440\u0438\u0432\u0435\u0442 all", "ru-RU", "Cyrl", 3),
    ("\u043f\u0440\u0438\u0432\u0435\u0442", "en", "Cyrl", 6),
    ("\u3053\u3093\u306b\u4e16\u754c", "ja", "Hira", 0),
    ("dobar dan", "sr-Cyrl", "Latn", 8),
    ("dobar dan", "sr", "Latn", 0),
    ("hello", None, "Latn", None),
    ("hello", "klingon", "Latn", None),
    ("123 ...", "en", "Zyyy", 0),
    ("\u00aa\u00ba\u02b0", "en", "Zyyy", 0),  # letters of no script are nobody's
]


@pytest.mark.parametrize(("text", "lang", "script", "foreign"), WRITTEN)
def test_scripts(text: str, lang: str | None, script: str, foreign: int | None) -> None:
    found = measure_text(text, lang)
    assert (SCRIPTS[found.script], found.foreign) == (script, foreign)


def test_no_distinct_words_are_counted_in_a_text_that_is_no_segment() -> None:
    (short, long), _ = kernel(["ab " * 4, "ab " * LONGEST_COUNTED])
    assert (short.distinct, long.distinct) == (1, None)
    assert long.words == LONGEST_COUNTED


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
