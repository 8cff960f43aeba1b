"""Agreement with a recogniser's text: raw, equal to jiwer pair by pair and over real manifests;
and after the normaliser, equal to kaldialign.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.artifacts.frames import Spans
from curate.metrics.compute.agreement import agreement
from curate.text import align
from curate.text.define import writes_no_spaces
from curate.text.normaliser import COMPOUNDS, DEFAULT, Normaliser
from tests.lines import lines_of


def measured(
    pairs: Sequence[tuple[str, str]], lang: str | None = None, steps: Sequence[str] = DEFAULT
) -> Mapping[str, list[Any]]:
    texts, others = [text for text, _ in pairs], [text for _, text in pairs]
    words = np.array([len(text.split()) for text in texts], np.int32)
    chars = np.array([len(text) for text in texts], np.int32)
    langs = pl.Series([lang] * len(pairs), dtype=pl.String)
    normaliser = Normaliser(tuple(steps))
    columns = agreement(Spans.of(texts), Spans.of(others), words, chars, normaliser, langs)
    return {name: series.to_list() for name, series in columns.items()}


def by_jiwer(text: str, other: str) -> Mapping[str, Any]:
    """The definition: jiwer on the words as they stand."""
    split = jiwer.Compose([jiwer.ReduceToListOfListOfWords()])
    if not text.split() or not other.split():
        n, m = len(text.split()), len(other.split())
        return {"word_edits": n + m, "insertions": m, "deletions": n, "run": n + m}
    # jiwer splits at single spaces; ours are what str.split() cuts
    text, other = " ".join(text.split()), " ".join(other.split())
    alignment = jiwer.process_words(text, other, split, split)
    longest = run = 0
    for chunk in alignment.alignments[0]:
        size = max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
        run = 0 if chunk.type == "equal" else run + size
        longest = max(longest, run)
    return {
        "word_edits": alignment.substitutions + alignment.deletions + alignment.insertions,
        "insertions": alignment.insertions,
        "deletions": alignment.deletions,
        "run": longest,
    }


WORDS = st.lists(st.sampled_from(["a", "b", "c", "A", "\u00e9", "\u4f60"]), max_size=9)
TEXTS = st.one_of(
    WORDS.map(" ".join), st.text(max_size=12), st.just("a\u3000b\u00a0 c\x1cd\u2028e")
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), st.booleans())
@example([("a b c", "b c a"), ("a b", "a b"), ("", "x"), ("x", "")], False)
def test_pairs_equal_jiwer(pairs: list[tuple[str, str]], long: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if long:  # the way of pairs that outgrow the table
            patch.setattr(align, "LARGEST_TABLE", 1)
        columns = measured(pairs)
    for row, (text, other) in enumerate(pairs):
        expected, words = by_jiwer(text, other), len(text.split())
        assert columns["word_edits_raw"][row] == expected["word_edits"]
        assert columns["wer_raw"][row] == (expected["word_edits"] / words if words else None)
        if text:
            assert columns["cer_raw"][row] == jiwer.cer(text, other, *[CHARACTERS] * 2)
        else:
            assert columns["cer_raw"][row] is None
            assert columns["char_edits_raw"][row] == len(other)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), st.booleans())
@example([("a b c", "b c a"), ("a b", "a b"), ("", "x"), ("x", "")], False)
@example([("A, b.", "a b!"), ("a\u200bb \uff41", "ab a")], False)
def test_normalised_pairs_equal_jiwer(pairs: list[tuple[str, str]], long: bool) -> None:
    """Without compounds: jiwer on the normal forms; characters where no spaces are written."""
    steps = [step for step in DEFAULT if step != COMPOUNDS]
    with pytest.MonkeyPatch.context() as patch:
        if long:
            patch.setattr(align, "LARGEST_TABLE", 1)
        columns = measured(pairs, "en", steps)
    for row, pair in enumerate(pairs):
        text, other = (Normaliser(tuple(steps)).text(each, "en") for each in pair)
        spaced = [text, other]
        if writes_no_spaces(text):
            spaced = [" ".join(each.replace(" ", "")) for each in spaced]
        expected, words = by_jiwer(*spaced), len(spaced[0].split())
        assert columns["word_edits"][row] == expected["word_edits"]
        assert columns["mismatch_run"][row] == expected["run"]
        assert columns["ref_words"][row] == words
        assert columns["ref_chars"][row] == len(text)
        rates = [expected[name] / words if words else None for name in ("insertions", "deletions")]
        assert [columns["insertion_rate"][row], columns["deletion_rate"][row]] == rates
        assert columns["wer"][row] == (expected["word_edits"] / words if words else None)
        if text:
            assert columns["cer"][row] == jiwer.cer(text, other, *[CHARACTERS] * 2)
            assert columns["length_ratio"][row] == len(other) / len(text)
        else:
            assert (columns["cer"][row], columns["length_ratio"][row]) == (None, None)
            assert columns["char_edits"][row] == len(other)


PARTS = st.lists(st.sampled_from(["a", "b", "ab", "ba", "aab", "c", "abc"]), max_size=9)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(PARTS.map(" ".join), PARTS.map(" ".join)), min_size=1, max_size=6))
@example([("white paper x", "whitepaper x y"), ("a b c", "a abc"), ("a bc", "ab c")])
def test_compounds_equal_kaldialign(pairs: list[tuple[str, str]]) -> None:
    kaldialign = pytest.importorskip("kaldialign", reason="comes with nemo_toolkit")
    columns = measured(pairs)
    for row, (text, other) in enumerate(pairs):
        words, others = text.split(), other.split()
        expected = kaldialign.edit_distance(words, others, merge_compounds=True)["total"]
        assert columns["word_edits"][row] == expected
        assert columns["ref_words"][row] == len(words)


CHARACTERS = jiwer.Compose([jiwer.ReduceToListOfListOfChars()])

# A text, what was heard, the metric and its value.
CASES = [
    ("so good morning all", "good morning all", "edge_cer", 0.8),  # the head is cut
    ("abcdefghij", "abcdefgxyz", "edge_cer", 0.6),  # the tail is another
    ("good morning", "good mourning", "edge_cer", 0.0),  # the middle is not looked at
    ("a", "b", "edge_cer", 1.0),
    ("one two three", "one", "deletion_rate", 2 / 3),
    ("one", "one two three", "insertion_rate", 2.0),
    ("a b c d e", "a x y d z", "mismatch_run", 2),
    ("Thank you", "thank you", "word_edits_raw", 1),  # as they stand
    ("Thank you", "thank you", "word_edits", 0),
    ("abcd", "ab", "length_ratio", 0.5),
]


@pytest.mark.parametrize(("text", "hypothesis", "metric", "value"), CASES)
def test_case(text: str, hypothesis: str, metric: str, value: float) -> None:
    assert measured([(text, hypothesis)])[metric] == [pytest.approx(value)]


# Pairs without an error but in writing: the text, what was heard, the language.
NO_ERROR = [
    ("Well, DON\u2019T!", "well don't", None),
    ("He'll pay twenty-one dollars.", "he will pay $21", "en"),
    ("the 3rd of 1,250 colours", "The third of 1250 colors", "en"),
    ("uh we're gonna, um, win", "We are going to win.", "en-GB"),
    ("a white paper on e-mail", "a whitepaper on email", "en"),
    ("[noise] yes <unk> sir", "yes sir", None),
    ("3,5 Prozent von 1.250", "3,5 Prozent von 1250", "de"),
    ("Donau dampf schiff", "Donaudampfschiff", "de"),
    ("\u4eca\u5929\u5929\u6c14\u3002", "\u4eca\u5929 \u5929\u6c14", "zh"),
    ("\uff21\uff22\uff11", "ab1", "ja"),
    (
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0645\u064a\u062e\u0648\u0627\u0647\u0645",
        "fa",
    ),
    ("e\u0301t\u00e9", "\u00e9te\u0301", "fr"),
    ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth", "en"),
    ("ILIK", "\u0131l\u0131k", "tr"),
]
ERRORS = [
    ("He'll pay", "he will pay", "fr", 2),  # English steps are for English
    ("1.250", "1250", "en", 1),
    ("twenty", "20", "de", 1),
    ("\u4eca\u5929\u5929\u6c14", "\u4eca\u5929\u5929\u6674", "zh", 1),  # one character of four
    ("3.5 grams", "35 grams", "en", 1),  # a number is no compound
]


@pytest.mark.parametrize(("text", "hypothesis", "lang"), NO_ERROR)
def test_writing_is_no_error(text: str, hypothesis: str, lang: str | None) -> None:
    columns = measured([(text, hypothesis), (hypothesis, text)], lang)
    assert (columns["wer"], columns["word_edits"]) == ([0.0, 0.0], [0, 0])


@pytest.mark.parametrize(("text", "hypothesis", "lang", "edits"), ERRORS)
def test_errors_stay_errors(text: str, hypothesis: str, lang: str | None, edits: int) -> None:
    assert measured([(text, hypothesis)], lang)["word_edits"] == [edits]


@pytest.mark.parametrize(
    ("step", "text", "hypothesis", "lang"),
    [
        ("numerals", "1,250", "1250", "en"),
        ("brackets", "[noise] yes", "yes", "en"),
        ("fillers", "uh yes", "yes", "en"),
        ("contractions", "he'll", "he will", "en"),
        ("spelling", "colour", "color", "en"),
        ("numbers", "twenty", "20", "en"),
        ("compounds", "white paper", "whitepaper", "en"),
    ],
)
def test_every_step_can_be_left_out(step: str, text: str, hypothesis: str, lang: str) -> None:
    rest = [name for name in DEFAULT if name != step]
    assert measured([(text, hypothesis)], lang)["wer"] == [0.0]
    assert measured([(text, hypothesis)], lang, rest)["wer"][0] > 0
    assert measured([(text, hypothesis)], lang, ["basic", step])["wer"] == [0.0]


def test_no_prediction_is_no_agreement() -> None:
    texts, none = Spans.of(["a b"]), Spans.of([""])
    none.length[:] = -1
    columns = agreement(texts, none, np.array([2], np.int32), np.array([3], np.int32))
    assert {name for name, series in columns.items() if series.to_list() == [None]} == set(columns)


def test_real_pairs_equal_jiwer(real_data: Path) -> None:
    seen = 0
    for name in ("earnings21_dev", "whisper_aapb_dev"):
        lines = lines_of((real_data / "manifests" / f"{name}.jsonl").read_text())[:2000]
        rows = [json.loads(line) for line in lines]
        pairs = [
            (row["text"], row["pred_text"]) for row in rows if row.get("pred_text") is not None
        ]
        columns = measured(pairs)
        for row, (text, other) in enumerate(pairs):
            expected = by_jiwer(text, other)
            assert columns["word_edits_raw"][row] == expected["word_edits"], (text, other)
        seen += len(pairs)
    assert seen > 3000


def earnings(real_data: Path) -> list[tuple[str, str]]:
    lines = lines_of((real_data / "manifests" / "earnings21_dev.jsonl").read_text())
    rows = [json.loads(line) for line in lines]
    return [(row["text"], row["pred_text"]) for row in rows if row["text"] and row["pred_text"]]


def test_case_and_punctuation_are_most_of_the_raw_errors(real_data: Path) -> None:
    pairs = earnings(real_data)
    table = pl.DataFrame(dict(measured(pairs, "en", ["basic"])))
    assert table.height == 10_031
    assert table.filter((pl.col("wer_raw") >= 0.5) & (pl.col("wer") < 0.1)).height == 579


def test_totals_are_within_three_tenths_of_the_leaderboards(real_data: Path) -> None:
    english = pytest.importorskip("whisper_normalizer.english", reason="comes with nemo_toolkit")
    kaldialign = pytest.importorskip("kaldialign", reason="comes with nemo_toolkit")
    normalise_english = english.EnglishTextNormalizer()
    pairs = earnings(real_data)
    sides = [
        [normalise_english(text).split() for text in side] for side in zip(*pairs, strict=True)
    ]
    for steps, joined in (([s for s in DEFAULT if s != COMPOUNDS], False), (DEFAULT, True)):
        columns = measured(pairs, "en", steps)
        total = sum(columns["word_edits"]) / sum(columns["ref_words"])
        rate = kaldialign.batch_error_rate(*sides, merge_compounds=joined)["err_rate"]
        assert total == pytest.approx(rate, abs=0.003), steps
