"""Characters and words of a corpus, against the plain definition."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import curate
from curate.arrays import Bytes, Int64s
from curate.artifacts.base import read_artifact
from curate.artifacts.words import Alphabet, WordCounts
from curate.errors import ConfigError, InputError
from curate.text import align
from curate.text.align import DELETIONS, SUBSTITUTIONS
from curate.text.edits import PairEdits, count_normalised
from curate.text.normaliser import BASIC, COMPOUNDS, Normaliser

TEXTS = [
    ("en", "Hello, hello world"),
    ("en", "caf\u00e9 \u043c\u043eney"),  # two Cyrillic letters in an English word
    ("zh", "\u4f60\u597d \U00020000"),  # beyond the basic plane
    (None, "x"),
    ("en", ""),
]


@pytest.fixture
def profiled(tmp_path: Path, manifest: Callable[..., Path]) -> Path:
    rows = [
        {"audio_filepath": f"{n}.wav", "duration": 1.0, "text": text, "lang": lang}
        for n, (lang, text) in enumerate(TEXTS)
    ]
    path = manifest(*map(json.dumps, rows), "{broken")
    curate.profile(path, out=tmp_path / "out")
    return path


def test_characters_and_words(tmp_path: Path, profiled: Path) -> None:
    counted: Any = curate.count_words(tmp_path / "out").as_json()
    by_lang = {each["lang"]: each for each in counted["languages"]}
    assert set(by_lang) == {"en", "zh", None}
    for lang, each in by_lang.items():
        counts = Counter("".join(text for code, text in TEXTS if code == lang))
        assert each["characters"] == counts.total()
        assert {entry["character"]: entry["count"] for entry in each["rarest"]} == dict(
            sorted(counts.items(), key=lambda pair: (pair[1], -ord(pair[0])))[:20]
        )
    outside = [(letter["character"], letter["example"]) for letter in by_lang["en"]["outside"]]
    assert outside == [("\u043c", f"{profiled}:2"), ("\u043e", f"{profiled}:2")]
    assert by_lang["zh"]["script"] == "Hani"
    words = {each["word"]: each["count"] for each in counted["vocabulary"]["frequent"]}
    assert words == {
        "hello": 2, "world": 1, "caf\u00e9": 1, "\u043c\u043eney": 1,
        "\u4f60\u597d": 1, "\U00020000": 1, "x": 1,
    }  # fmt: skip
    assert counted["vocabulary"]["hapaxes"] == sorted(words.keys() - {"hello"})
    assert counted["vocabulary"]["longest"][0]["word"] in {"hello", "world", "\u043c\u043eney"}


def test_a_changed_manifest_is_refused(tmp_path: Path, profiled: Path) -> None:
    profiled.write_text(profiled.read_text().replace("Hello", "Jello"))
    with pytest.raises(InputError, match="has changed since it was profiled"):
        curate.count_words(tmp_path / "out")


def counted(tmp_path: Path, texts: Mapping[str, str]) -> Mapping[str, Alphabet]:
    """Alphabets of a corpus with one text in each language."""
    rows = [
        {"audio_filepath": f"{lang}.wav", "duration": 1.0, "text": text, "lang": lang}
        for lang, text in texts.items()
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    curate.profile(tmp_path / "m.jsonl", out=tmp_path / "p")
    return {each.lang or "": each for each in curate.count_words(tmp_path / "p").languages}


@pytest.mark.parametrize(
    ("lang", "text", "outside"),
    [
        ("ja", "\u732b\u304c\u30ab\u30bf \u0436", "\u0436"),  # kanji, hiragana, katakana
        ("ko", "\ud55c\uae00 \u6f22 \u3042", "\u3042"),  # Hangul and Hanja
        ("sr", "\u0434\u0430 da", ""),  # in both
        ("sr-Latn", "da \u0434\u0430", "\u0434\u0430"),  # the subtag decides
        ("xx", "abc \u0434", "\u0434"),  # not known: the script of most letters
        ("en", "abc 123 !", ""),
    ],
)
def test_letters_belong_to_the_scripts_of_their_language(
    lang: str, text: str, outside: str, tmp_path: Path
) -> None:
    alphabet = counted(tmp_path, {lang: text})[lang]
    assert {each.character for each in alphabet.outside} == set(outside)
    assert alphabet.outside_characters == len(outside)
    letters = sum(each.letters for each in alphabet.scripts)
    assert letters == sum(map(str.isalpha, text))


def test_how_few_words_make_up_most_of_the_texts(tmp_path: Path) -> None:
    text = " ".join(["the"] * 50 + ["a"] * 40 + ["of"] * 9 + ["once"])
    counted(tmp_path, {"en": text})
    known = curate.count_words(tmp_path / "p").vocabulary
    assert [(each.share, each.words) for each in known.covering] == [(0.5, 1), (0.9, 2), (0.99, 3)]
    assert (known.tokens, known.words, known.once) == (100, 4, 1)


def test_all_words_are_written_beside_the_page(tmp_path: Path) -> None:
    counted(tmp_path, {"en": "so it was so"})
    made = curate.count_words(tmp_path / "p", out=tmp_path / "w")
    assert made.errors is None
    assert {path.name for path in (tmp_path / "w").iterdir()} == {"words.json", "words.parquet"}
    words = pl.read_parquet(tmp_path / "w" / "words.parquet")
    assert words.rows() == [("so", 2), ("it", 1), ("was", 1)]
    assert read_artifact(tmp_path / "w", WordCounts) == made


# --- what predictions have wrong --------------------------------------------------------------

WORD = st.sampled_from(["a", "b", "ab", "ba", "\u00e9", "\u732b", "\u72ac\u732b"])
SENTENCES = st.lists(WORD, max_size=9).map(" ".join)
PAIRS = st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=6)


def spans(texts: Sequence[str]) -> tuple[Bytes, Int64s, Int64s]:
    encoded = [text.encode() for text in texts]
    lengths = np.array([len(each) for each in encoded], np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), lengths.cumsum() - lengths, lengths


def marked(pairs: Sequence[tuple[str, str]], steps: Sequence[str]) -> PairEdits:
    texts, others = (spans([pair[side] for pair in pairs]) for side in (0, 1))
    zeros = np.zeros(len(pairs), np.int64)
    return count_normalised(texts, others, Normaliser(tuple(steps)), [None], zeros, mark_words=True)


def wrong_words(words: Sequence[str], others: Sequence[str]) -> list[int]:
    """A mark for each word, by jiwer's alignment."""
    if not words or not others:
        return [1] * len(words)
    marks = [1] * len(words)
    for chunk in jiwer.process_words(" ".join(words), " ".join(others)).alignments[0]:
        if chunk.type == "equal":
            marks[chunk.ref_start_idx : chunk.ref_end_idx] = [0] * (
                chunk.ref_end_idx - chunk.ref_start_idx
            )
    return marks


@settings(max_examples=300, deadline=None)
@given(PAIRS, st.booleans())
def test_the_marked_words_are_those_that_jiwer_aligns_with_no_equal_one(
    pairs: list[tuple[str, str]], long: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if long:  # the way of pairs that outgrow the table
            patch.setattr(align, "LARGEST_TABLE", 1)
        edits = marked(pairs, [BASIC])
    expected: list[int] = []
    for row, (text, other) in enumerate(pairs):
        sides = [
            list(each.replace(" ", "")) if edits.spaceless[row] else each.split()
            for each in (text, other)
        ]
        expected += wrong_words(*sides)
    assert edits.wrong is not None
    if not long:  # rapidfuzz chooses another of equally short alignments
        assert edits.wrong.tolist() == expected
    assert edits.wrong.sum() == sum(expected)


@settings(max_examples=300, deadline=None)
@given(PAIRS, st.booleans())
@example([("white paper x", "whitepaper x y"), ("a b c", "a abc")], False)
@example([("\u732b\u72ac", "\u732b"), ("a b c", "a bc")], False)
def test_as_many_words_are_marked_as_the_error_rate_counts(
    pairs: list[tuple[str, str]], long: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if long:
            patch.setattr(align, "LARGEST_TABLE", 1)
        edits = marked(pairs, [BASIC, COMPOUNDS])
    assert edits.wrong is not None
    ends = edits.ref_words.cumsum()
    for row, end in enumerate(ends.tolist()):
        own = edits.wrong[end - edits.ref_words[row] : end]
        assert own.sum() == edits.edits[row, [SUBSTITUTIONS, DELETIONS]].sum()


def test_words_that_pred_text_has_wrong(tmp_path: Path) -> None:
    pairs = [
        *[("Monro is here.", "monroe is here")] * 6,
        *[("Is it", "it")] * 3,
        ("all right", "all right"),
        ("\u732b\u72ac", "\u732b\u732b"),  # characters are words
        ("nobody says", None),
    ]
    rows = [
        {"audio_filepath": f"{n}.wav", "duration": 2.0, "text": text, "pred_text": other}
        for n, (text, other) in enumerate(pairs)
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    curate.profile(tmp_path / "m.jsonl", out=tmp_path / "p")
    made = curate.count_words(tmp_path / "p", out=tmp_path / "w")
    assert made.errors is not None
    assert (made.errors.rows, made.errors.words, made.errors.wrong) == (11, 28, 10)
    most = [(each.word, each.count, each.wrong) for each in made.errors.most]
    assert most == [("monro", 6, 6), ("is", 9, 3), ("\u72ac", 1, 1)]
    assert [each.word for each in made.errors.worst] == ["monro", "is"]
    words = pl.read_parquet(tmp_path / "w" / "word_errors.parquet")
    assert words["count"].sum() == 28
    assert dict(words.select("word", "wrong").rows())["monro"] == 6


# --- what a tokenizer lacks -------------------------------------------------------------------


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SentencePiece of the letters a to e."""
    sentencepiece = pytest.importorskip("sentencepiece", reason="comes with nemo_toolkit")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["abc dea", "bad cab", "dad bed", "ace bead"] * 20),
        model_writer=model, vocab_size=12, model_type="bpe", minloglevel=2,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("pieces") / "tokenizer.model"
    path.write_bytes(model.getvalue())
    return path


def test_characters_without_a_piece(pieces: Path, tmp_path: Path) -> None:
    counted(tmp_path, {"en": "bad zebra Zebra cab zz", "de": "fade"})
    made = curate.count_words(tmp_path / "p", tokenizer=pieces)
    unknown = {
        each.lang: {one.character: one.count for one in each.unknown} for each in made.languages
    }
    assert unknown == {"en": {"z": 3, "r": 2, "Z": 1}, "de": {"f": 1}}
    assert made.tokenizer is not None
    assert (made.tokenizer.characters, made.tokenizer.tokens) == (7, 4)
    words = {each.word: each.count for each in made.tokenizer.words}
    assert words == {"zebra": 1, "Zebra": 1, "zz": 1, "fade": 1}
    assert curate.count_words(tmp_path / "p").tokenizer is None


def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    counted(tmp_path, {"en": "so"})
    with pytest.raises(ConfigError, match="not a SentencePiece model"):
        curate.count_words(tmp_path / "p", tokenizer=tmp_path / "m.jsonl")
