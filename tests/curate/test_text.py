"""The compiled kernel equals the plain definitions; the definitions mean what they say."""

from __future__ import annotations

import re
import sys
import unicodedata
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.artifacts.frames import Spans
from curate.native.wide import plain_loops
from curate.text import normalise
from curate.text.define import TextMeasures, measure_text
from curate.text.forms import DROP, LONG, SIZE, FormTable, form_of, forms
from curate.text.kernel import (
    DISTINCT,
    FOREIGN,
    NORMAL_HASH,
    NOT_APPLICABLE,
    TEXT_HASH,
    WORD_LEN,
    measure_spans,
)
from curate.text.numerals import writing
from curate.text.packed import hash_normal
from curate.text.rewrite import normal_spans
from curate.text.runs import LONGEST_COUNTED
from curate.text.scripts import SCRIPTS, expected_scripts


def kernel(texts: list[str], lang: str | None = None) -> tuple[list[TextMeasures], np.ndarray]:
    """By loops that take many bytes at once, and, at the end of the data, by others."""
    measured, last = measured_spans(Spans.of([*texts, "?" * 80]), len(texts), lang)
    for text, row, key in zip(texts, measured, last.T, strict=True):
        alone = measured_spans(Spans.of([text]), 1, lang)
        assert alone[0] == [row]
        assert alone[1][:, 0].tolist() == key.tolist()
    return measured, last


def measured_spans(
    spans: Spans, rows: int, lang: str | None
) -> tuple[list[TextMeasures], np.ndarray]:
    """The first texts of these."""
    expected = np.full(rows, expected_scripts(lang), np.uint64)
    bits = np.full(rows, writing(lang), np.uint8)
    counts, keys = measure_spans(
        spans.data, spans.start[:rows], spans.length[:rows], expected, bits
    )
    nullable = {WORD_LEN, DISTINCT, FOREIGN}
    values: list[list[Any]] = counts.T.tolist()
    for row in values:
        row[:] = [None if at in nullable and n == NOT_APPLICABLE else n for at, n in enumerate(row)]
    measures = [TextMeasures(*row) for row in values]
    return measures, keys


TOKENS = st.sampled_from(
    ["no", "No", "NO,", "...", "\u2014", "good night", "stra\u00dfe", "STRASSE", "don't", "a_b/c-d",
     "\u4f60\u597d", "\u8c22\u8c22", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "e\u0301", "\u0301",
     "\u1e9e", "\u0130", "\u0390", "\u200b", "\u00a0", "\x1c", "\u3000", "\U0001f600", "", "'",
     "I", "1", "12", "250", "000", ".", ",", "1,250", "1.250", "3.5", "0.125", "1,25,000", "\u202f",
     "\u0661", "\u066b", "\uff11", "\uff0c", "\u00bd", "\u2488", "\u0640", "\u06cc", "\u0654",
     "\uff76", "\uff9e", "\ufefb", "\u00ad", "\u200d", "\u2122", "\u00b4", "\ufb03", "\u0e33",
     "\u015fi", "\u0162", "s\u0327", "\u0451", "\u0415\u0308", "i\u0307", "\u0307", "\u064e",
     "\u00b2", "\u2460", "\u2469", "\u2080",
     "\u0643\u0650", "\u0670", "\u0627\u064e\u0654", "\u05e9\u05c1\u05b8", "\ufb2a"]
)  # fmt: skip
LOOPS = st.builds(
    lambda parts, times, gap: gap.join(parts * times),
    st.lists(TOKENS, max_size=14),
    st.integers(1, 8),
    st.sampled_from([" ", "", "  ", ", "]),
)
LANGS = [None, "en", "de", "el", "hi", "ja", "tr", "xx", "ro", "ru", "ar", "he"]
ASCII = st.text("aaabZ019  \t,.?-'_\x7f\x01\x1c\u00e4", max_size=200)
WORDS = st.builds(
    lambda words, times: " ".join(words * times),
    st.lists(st.sampled_from(["a", "A", "b", "b,", "catalogue", "x" * 70]), max_size=40),
    st.integers(1, 4),
)
ANY_TEXT = st.one_of(
    st.text(), ASCII, WORDS, LOOPS, st.builds("".join, st.lists(st.one_of(TOKENS, st.text())))
)


@settings(max_examples=600, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=8), st.sampled_from(LANGS))
@example(["", " ", "\x00", "a\u0315\u0300", "a'\u0301", "\u0958", "x" * 300], "en")
@example(["\x00\x00", "  ", "aa", "a aa.....", "12345678 877", "\u00e9\u00e9\u00e9 \x7f\x7f"], "de")
@example(
    ["\u06cc\u200c\u062e", "a\u200cb", "\u200d", "\ufffd\ufeff", "\ue000", "\u0301\u200d"], "fa"
)
@example([" ".join(map(str, range(900))), "a b c d e f g h i j k l m n o p q r s"], None)
@example(["x " + "a b c d e f g " * 3 + "a b y", "a b c d e f " * 2, "a b c d e f a b c d e"], None)
@example([" ".join(map(str, [*range(n)] * 2)) for n in (99, 100, 101)], None)
@example(["a " * n + "b " * m for n in (62, 64, 65, 130) for m in (0, 1, 64)], None)
@example(["c " * n + "a A b a a B " * 12 for n in (0, 61, 63, 64)], None)
@example([" ".join(map(str, range(n))) + " 0 7 31" for n in (13, 14, 16, 29, 30, 33)], None)
def test_kernel_equals_definition(texts: list[str], lang: str | None) -> None:
    measures, keys = kernel(texts, lang)
    assert measures == [measure_text(text, lang) for text in texts]
    with plain_loops():
        again, keys_again = kernel(texts, lang)
    assert again == measures and (keys_again == keys).all()
    assert [int(key) for key in keys[NORMAL_HASH]] == [
        hash_normal(normalise(text, lang)) for text in texts
    ]
    assert rewritten(texts, lang) == [normalise(text, lang) for text in texts]


def rewritten(texts: list[str], lang: str | None) -> list[str]:
    """Their normal forms, by the kernel that writes them."""
    spans = Spans.of(texts)
    bits = np.full(len(texts), writing(lang), np.uint8)
    normal = Spans(*normal_spans(spans.data, spans.start, spans.length, bits))
    return [normal.decode(row) for row in range(len(texts))]


NUMBERS = ("{0}.{0} b", "2.{0}", "{0}.2", "{0},{0}", "{0}. x", "1{0}.5", "1.{0}5", "x{0}.{0}{0}{0}",
           "1.25{0}", "{0}.250", "{0},250.5", "({0}.{0})", "{0}\u202f222")  # fmt: skip


@pytest.mark.parametrize("lang", [None, "en", "de"])
def test_all_characters_that_become_digits_are_in_numbers(lang: str | None) -> None:
    """Superscript and circled ones, too, which are no decimal digits before."""
    table = FormTable()
    characters = map(chr, (*range(128, 0xD800), *range(0xE000, sys.maxunicode + 1)))
    digits = [each for each in characters if re.search("[0-9]", each.translate(table))]
    assert len(digits) > 800
    texts = [number.format(digit) for digit in digits for number in NUMBERS]
    expected = [normalise(text, lang) for text in texts]
    _, keys = measured_spans(Spans.of(texts), len(texts), lang)
    assert keys[NORMAL_HASH].tolist() == [hash_normal(each) for each in expected]
    assert rewritten(texts, lang) == expected


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT, st.sampled_from(LANGS))
@example("1.250,5", "de")
@example("1,250.500", "de")
@example("i\u0307\u0307", None)
def test_normalise_is_stable(text: str, lang: str | None) -> None:
    once = normalise(text, lang)
    assert normalise(once) == once  # in no language: a normal form's point is one of decimals
    assert normalise(unicodedata.normalize("NFD", text), lang) == once
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
    ("so a b c d e f g a b c d e f g and", "loop_tokens", 14),  # beyond five words too
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
    counts = measure_text(text, lang)
    assert (SCRIPTS[counts.script], counts.foreign) == (script, foreign)


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
    ("3.5 %", "3.5"),
    ("\u0645\u0631\u062d\u0628\u0627\u060c", "\u0645\u0631\u062d\u0628\u0627"),
]


# Ways of writing one text, and its declared language.
TWINS = [
    (
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0645\u064a\u062e\u0648\u0627\u0647\u0645",
        "fa",
    ),  # ZWNJ, Farsi yeh
    ("\u06a9\u062a\u0627\u0628", "\u0643\u062a\u0627\u0628", "fa"),  # keheh and kaf
    ("\u0639\u0644\u0649", "\u0639\u0644\u06cc", "ur"),  # alef maksura for yeh
    ("\u0633\u0640\u0640\u0644\u0627\u0645", "\u0633\u0644\u0627\u0645", "ar"),  # tatweel
    ("\ufef3\ufedc", "\u064a\u0643", "ar"),  # presentation forms
    ("\u0663\u0664", "34", "ar"),
    ("\u0967\u0968", "12", "hi"),
    ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u0937", "hi"),  # ZWJ
    ("don\u2019t", "don't", "en"),
    ("don\u00b4t", "don`t", "en"),
    ("o\u02bbzbek", "o\u2018zbek", "uz"),
    ("1.250", "1250", "de"),
    ("1,250", "1250", "en"),
    ("1.250.000 Euro", "1250000 euro", "es"),
    ("12,50,000", "1250000", "hi"),
    ("1\u202f250", "1250", "fr"),
    ("1'250", "1250", "de-CH"),
    ("1\u066c250\u066b5", "1250.5", "ar"),
    ("\uff13\uff0e\uff15", "3.5", "ja"),
    ("caf\u00e9", "cafe\u0301", "fr"),
    ("\ud55c\uad6d", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "ko"),
    ("\uff21\uff22\uff23\uff01", "abc", "ja"),
    ("\uff76\uff9e", "\u30ac", "ja"),  # half-width Katakana with its voicing
    ("\ufb01ne", "fine", "en"),
    ("Donau\u00addampf", "Donaudampf", "de"),
    ("zero\u200bwidth", "zerowidth", "en"),
    ("\ufeffBOM", "bom", "en"),
    ("ISPARTA \u0130l", "\u0131sparta il", "tr"),
    ("\u0130stanbul", "istanbul", None),
]
APART = [
    ("1.250", "1250", "en"),  # a decimal there
    ("1,250", "1250", "de"),
    ("1.250", "1250", None),  # nothing is known
    ("3.5", "35", "en"),
    ("0.125", "0125", "de"),
    ("1,25", "125", "en"),
    ("12.30", "1230", "de"),
    ("\u0131", "i", "tr"),
    ("\u0627", "\u0622", "fa"),  # alef and alef with madda
]


@pytest.mark.parametrize(("text", "twin", "lang"), TWINS)
def test_two_ways_of_writing_are_one_text(text: str, twin: str, lang: str | None) -> None:
    assert normalise(text, lang) == normalise(twin, lang)
    _, keys = kernel([text, twin], lang)
    assert keys[NORMAL_HASH, 0] == keys[NORMAL_HASH, 1]


@pytest.mark.parametrize(("text", "other", "lang"), APART)
def test_texts_that_say_another_thing_stay_apart(text: str, other: str, lang: str | None) -> None:
    assert normalise(text, lang) != normalise(other, lang)
    _, keys = kernel([text, other], lang)
    assert keys[NORMAL_HASH, 0] != keys[NORMAL_HASH, 1]


def test_every_character_has_its_form_in_the_table() -> None:
    tables = forms()
    for code in (*range(0xD800), *range(0xE000, SIZE)):
        char = chr(code)
        form = form_of(char)
        assert form == "".join(map(form_of, form)), f"{code:#x}: a form is its own form"
        coded = (code + int(tables.shifts[code])) % (1 << 32)
        if coded < SIZE:
            assert form == chr(coded)
        elif coded >= LONG:
            assert form == "".join(chr(each) for each in tables.long[coded - LONG] if each)
        else:
            assert (coded == DROP) == (form == "")


@pytest.mark.parametrize(("text", "normal"), NORMAL)
def test_normalise(text: str, normal: str) -> None:
    assert normalise(text) == normal


def test_different_normal_forms_have_different_keys() -> None:
    forms = sorted({normalise(text) for text, _ in NORMAL} | {"", "a", "b a", "ab"})
    keys = [hash_normal(form) for form in forms]
    assert all(a != b for a, b in pairwise(sorted(keys)))
