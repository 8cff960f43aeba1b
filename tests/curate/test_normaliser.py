"""The normaliser of error rates: many texts at once as one by one, and English as English."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.artifacts.frames import Spans
from curate.errors import ConfigError
from curate.text.english import triggers
from curate.text.english_numbers import digits_for_words
from curate.text.normaliser import BASIC, DEFAULT, NUMBER_WORDS, STEPS, Normaliser, steps_of
from curate.text.spelling import american

WORDS = st.sampled_from(
    ["he'll", "don\u2019t", "n't", "won't", "'cause", "gonna", "mr", "uh", "colour", "organised",
     "one", "two", "twenty", "hundred", "first", "and", "a", "half", "point", "oh", "$20", "$",
     "50%", "%", "5k", "b2b", "10th", "1", "1s", "1,250", "3.5", "been", "it's", "dollars", "the",
     "[noise]", "<unk>", "[", "x", "\u00e9", "caf\u00e9", "well-known", "\u20ac5", "1980s",
     "double"]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(WORDS, max_size=8).map(" ".join), st.lists(WORDS, max_size=4).map("".join), st.text()
)
STEP_SETS = st.lists(st.sampled_from([step for step in STEPS if step != NUMBER_WORDS]), unique=True)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.tuples(TEXTS, st.sampled_from(["en", "en-GB", "de", "tr", None])), min_size=1),
    STEP_SETS,
)
@example([("twenty", "en"), ("it's", "en"), ("5%", "en"), ("1", "en"), ("[x", "en")], [*DEFAULT])
def test_many_texts_are_as_one(rows: list[tuple[str, str | None]], steps: list[str]) -> None:
    normaliser = Normaliser((BASIC, *steps))
    spans = Spans.of([text for text, _ in rows])
    langs = list(dict.fromkeys(lang for _, lang in rows))
    numbers = np.array([langs.index(lang) for _, lang in rows])
    normalised = Spans(*normaliser.spans(spans.data, spans.start, spans.length, langs, numbers))
    expected = [normaliser.text(text, lang) for text, lang in rows]
    assert [normalised.decode(row) for row in range(len(rows))] == expected


NUMBERS = [
    ("two thousand and five", "2005"),
    ("nineteen ninety five", "1995"),
    ("one oh one", "101"),
    ("five million three hundred thousand", "5300000"),
    ("2.5 million", "2500000"),
    ("three point one four", "3.14"),
    ("two and a half", "2.5"),
    ("seventeen point three billion dollars", "$17300000000"),
    ("20 per cent", "20%"),
    ("the twenties", "the 20s"),
    ("one thousand two hundred and thirty fourth", "1234th"),
    ("double five two", "552"),
    ("one of us", "one of us"),
    ("1", "one"),
    ("1 2 3", "one 2 3"),
    ("oh yes", "oh yes"),
    ("a hundred and", "a 100 and"),
]


@pytest.mark.parametrize(("words", "digits"), NUMBERS)
def test_numbers(words: str, digits: str) -> None:
    assert " ".join(digits_for_words(words.split())) == digits


def test_every_number_below_ten_thousand_is_read_back() -> None:
    ones = "zero one two three four five six seven eight nine ten eleven twelve thirteen".split()  # noqa: SIM905
    ones += ["fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905

    def say(number: int) -> list[str]:
        if number < 20:
            return [ones[number]]
        for size, name in ((1000, "thousand"), (100, "hundred")):
            if number >= size:
                rest = number % size
                rest_words = say(rest) if rest else []
                return [
                    *say(number // size),
                    name,
                    *(["and"] if 0 < rest < 100 else []),
                    *rest_words,
                ]
        return [tens[number // 10 - 2], *(say(number % 10) if number % 10 else [])]

    for number in (*range(2, 10_000), 12_345, 987_654):
        assert digits_for_words(say(number)) == [str(number)]


def test_spellings_are_those_of_the_leaderboards() -> None:
    english = pytest.importorskip("whisper_normalizer.english", reason="comes with nemo_toolkit")
    leaderboard_spellings = english.EnglishSpellingNormalizer().mapping
    both = american().keys() & leaderboard_spellings.keys()
    assert len(both) > 900
    apart = {word: (american()[word], leaderboard_spellings[word]) for word in both}
    assert {word: pair for word, pair in apart.items() if pair[0] != pair[1]}.keys() <= {
        "archaeology"  # theirs ends in markup
    }
    again = [word for word, form in american().items() if form in american()]
    assert not again, "an American spelling is nobody's British one"


def test_names_of_steps() -> None:
    assert steps_of([]) == steps_of(["default"]) == DEFAULT
    assert steps_of(["compounds"]) == ("basic", "compounds")
    with pytest.raises(ConfigError, match=r"(?s)unknown step 'numbrs'.*unknown step 'x'"):
        steps_of(["numbrs", "x"])


def test_triggers_are_normal_forms() -> None:
    plain = Normaliser((BASIC,))
    assert [word for word in sorted(triggers()) if plain.text(word, "en") != word] == []


WITH_WORDS = [
    ("ich habe 21 Katzen", "de", "ich habe einundzwanzig katzen"),
    ("1.250 Euro", "de", "eintausendzweihundertf\u00fcnfzig euro"),
    ("21 cats", "en", "21 cats"),  # numbers in English are digits
    ("3,5 kg", "de", "3.5 kg"),  # whole numbers alone
    ("5 x", "tlh", "5 x"),  # no words known
]


@pytest.mark.parametrize(("text", "lang", "normal"), WITH_WORDS)
def test_number_words(text: str, lang: str, normal: str) -> None:
    pytest.importorskip("num2words", reason="the extra norm is not installed")
    normaliser = Normaliser((*DEFAULT, NUMBER_WORDS))
    assert normaliser.text(text, lang) == normal
    spans = Spans.of([text])
    normalised = normaliser.spans(
        spans.data, spans.start, spans.length, [lang], np.zeros(1, np.int64)
    )
    assert Spans(*normalised).decode(0) == normal


def test_number_words_need_their_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "num2words", None)
    with pytest.raises(ConfigError, match=r"asr-curate\[norm\]"):
        steps_of([NUMBER_WORDS])


def test_the_steps_are_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "concepts.md").read_text(encoding="utf-8")
    rows = [f"| `{name}` |" for name in STEPS]
    assert [row for row in rows if row not in page] == []
