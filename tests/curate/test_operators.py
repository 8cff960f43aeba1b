"""The expression language: what it accepts, how it refuses, and that its two readings agree."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.errors import ConfigError
from curate.native.wide import plain_loops
from curate.rules.expression import FIELDS, OPERATORS, Batch, holds, names_in, parse, vocabulary
from tests.lines import lines_of

NUMBERS = ("char_rate", "words", "word_len")
TEXTS = ("lang", "speaker")
SCHEMA = {
    "char_rate": pl.Float64,
    "words": pl.Int32,
    "word_len": pl.Int32,
    "lang": pl.String,
    "speaker": pl.String,
}

ROW: Mapping[str, object] = {"char_rate": 12.5, "words": 4, "word_len": None, "lang": "no"}

MEANING = [
    ("char_rate >= 12.5", True),
    ("char_rate > 12.5", False),
    ("char_rate < 1e3", True),
    ("char_rate != 12.5", False),
    ("words == 4", True),
    ("words <= 3.9", False),
    ("12 < char_rate", True),
    ("word_len >= 25", None),  # nobody knows
    ("not word_len >= 25", None),
    ("word_len >= 25 and words > 9", False),  # false whatever word_len is
    ("word_len >= 25 and words > 1", None),
    ("word_len >= 25 or words > 1", True),
    ("word_len >= 25 or words > 9", None),
    ("word_len is null", True),
    ("word_len is not null", False),
    ("words is null", False),
    ("words / 0 > 1", None),  # neither infinite nor false
    ("(words - 4) / (words - 4) == 1", None),
    ("words / (words - 4) is null", True),
    ("words * 1e308 * 10 > 1", None),  # an infinite number is no number
    ("words + 2 * 3 == 10", True),
    ("(words + 2) * 3 == 18", True),
    ("words - 2 - 1 == 1", True),  # from the left
    ("words / 2 / 2 == 1", True),
    ("-words == -4", True),
    ("--words == 4", True),
    ("words in [1, 4.0, -2]", True),
    ("words not in [1, 2]", True),
    ("word_len in [1]", None),
    ("word_len not in [1]", None),
    ("lang == 'no'", True),  # YAML 1.1 would have made it False
    ('lang != "no"', False),
    ("lang in ['en', 'no']", True),
    ("speaker == 'anna'", None),
    ("speaker in ['anna']", None),
    ("speaker is null and lang is not null", True),
    ("speaker == lang", None),
    ("lang == lang", True),
    ("not not words == 4", True),
    ("not words == 4 or words == 4", True),  # not binds tighter than or
    ("words == 4 or words == 5 and words == 6", True),  # and binds tighter than or
    ("(words == 4 or words == 5) and words == 6", False),
    ("1 < 2 and words == 4", True),
    ("\twords\n>\n3 ", True),
]


@pytest.mark.parametrize(("text", "expected"), MEANING)
def test_meaning(text: str, expected: bool | None) -> None:
    tree = parse(text, "rules.yaml:1")
    assert holds(tree, ROW) is expected
    assert decide(text, [ROW]) == [expected]


def decide(text: str, rows: Sequence[Mapping[str, object]]) -> list[bool | None]:
    frame = pl.DataFrame([{name: row.get(name) for name in SCHEMA} for row in rows], schema=SCHEMA)
    truth = Batch(frame).decide(parse(text, "rules.yaml:1"))
    assert not (truth.yes & truth.no).any()
    return [True if yes else False if no else None for yes, no in zip(*truth, strict=True)]


ODD_NUMBERS: Mapping[str, Sequence[float | None]] = {
    "char_rate": (None, math.nan, math.inf, -math.inf, 0.0, -1.5, 12.5, 1e308),
    "words": (None, 0, 4, -4, 2**31 - 1),
    "word_len": (None, 1, 25),
}
ODD_ROWS = [
    {**ROW, name: value, "lang": lang, "speaker": speaker}
    for name, values in ODD_NUMBERS.items()
    for value in values
    for lang in ("no", "en", None)
    for speaker in ("anna", "no", None)
]


@pytest.mark.parametrize("text", [text for text, _ in MEANING])
def test_a_batch_is_decided_as_its_rows_are(text: str) -> None:
    """More rows than are decided at a time, with numbers that are none."""
    tree = parse(text, "rules.yaml:1")
    rows = ODD_ROWS * (1 + 1_200 // len(ODD_ROWS))
    expected = [holds(tree, row) for row in ODD_ROWS]
    assert decide(text, rows) == expected * (len(rows) // len(ODD_ROWS))


REFUSED = [
    ("", "expected a number, a text, a name or '('", 0, ""),
    ("words", "expected a condition, found a number", 0, ""),
    ("words >", "before the end of the expression", 7, ""),
    ("words > > 3", "before '>'", 8, ""),
    ("3 > 2", "names no metric and no field", 0, ""),
    ("char_rat > 3", "unknown metric or field 'char_rat'", 0, "did you mean 'char_rate'?"),
    ("zzz > 3", "unknown metric or field 'zzz'", 0, "known: duration_s, "),
    ("words = 3", "'=' has no meaning here", 6, "write '=='"),
    ("words >= 3 && words < 9", "'&' has no meaning here", 11, "write 'and'"),
    ("words >= 3 AND words < 9", "'AND' has no meaning here", 11, "write 'and'"),
    ("words ≥ 3", "'≥' has no meaning here", 6, "write '>='"),
    ("1 < words < 3", "unexpected '<'", 10, "do not chain"),
    ("words > 3 words", "unexpected 'words'", 10, "join conditions"),
    ("lang > 'a'", "texts have no order", 5, ""),
    ("lang == 3", "expected a text, found a number", 8, ""),
    ("words == 'a'", "expected a number, found a text", 9, ""),
    ("lang + 1 > 2", "expected a number, found a text", 0, ""),
    ("words + lang > 2", "expected a number, found a text", 8, ""),
    ("(words > 3) > 2", "expected a number or a text, found a condition", 0, ""),
    ("(words > 3) + 1 > 2", "expected a number, found a condition", 0, ""),
    ("not words", "expected a condition, found a number", 4, ""),
    ("words and words > 1", "expected a condition, found a number", 0, ""),
    ("words > 1 or words", "expected a condition, found a number", 13, ""),
    ("words in []", "expected a number in the list, found ']'", 10, ""),
    ("words in [1, 'a']", "expected a number in the list, found ''a''", 13, ""),
    ("lang in 'en'", "expected '[' before ''en''", 8, ""),
    ("words is 3", "expected 'null' before '3'", 9, ""),
    ("words not 3", "expected 'in' before '3'", 10, ""),
    ("(words > 3", "expected ')' before the end", 10, ""),
    ("lang == 'x", "''' has no meaning here", 8, "close the quotation mark"),
    ("words > 1e999", "too large for a number", 8, ""),
    ("__import__('os') > 1", "unknown metric or field '__import__'", 0, ""),
    ("words.real > 1", "'.' has no meaning here", 5, ""),
    ("words > 1; words < 2", "';' has no meaning here", 9, ""),
    ("(" * 41 + "words", "nested more than 40 deep", 41, ""),
    ("not " * 41 + "words > 1", "nested more than 40 deep", 164, ""),
    ("words > 1" + " or words > 1" * 90, "more than 300 words and signs", 975, ""),
]


@pytest.mark.parametrize(("text", "what", "caret", "hint"), REFUSED)
def test_refusals_point_at_their_place(text: str, what: str, caret: int, hint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(text, "rules.yaml:7")
    fault = raised.value.faults[0]
    message, shown, pointer = fault.what.split("\n")
    assert fault.where == "rules.yaml:7"
    assert what in f"{message}\n"
    assert shown == f"    {text}"
    assert pointer == f"    {' ' * caret}^"
    assert fault.hint.startswith(hint) if hint.startswith("did") else hint in fault.hint


def test_a_long_expression_is_refused_before_it_is_scanned() -> None:
    with pytest.raises(ConfigError, match="more than 2,000 characters"):
        parse("words > 1 or " * 200, "rules.yaml:7")


def test_all_unknown_names_come_at_once() -> None:
    with pytest.raises(ConfigError) as raised:
        parse("char_rat > 3 or wrods < 2", "rules.yaml:7")
    named = [lines_of(fault.what)[0] for fault in raised.value.faults]
    assert named == ["unknown metric or field 'char_rat'", "unknown metric or field 'wrods'"]


def test_names_come_once_and_in_order() -> None:
    tree = parse("words > 1 and not (lang == 'a' or words + char_rate > -word_len)", "r:1")
    assert names_in(tree, None, tree) == ("words", "lang", "char_rate", "word_len")


def test_a_symbol_that_begins_another_stands_after_it() -> None:
    symbols = [each.symbol for each in OPERATORS]
    for at, symbol in enumerate(symbols):
        assert not any(later.startswith(symbol) for later in symbols[at + 1 :])
    assert len(symbols) == 6


def test_the_vocabulary_is_metrics_and_fields() -> None:
    assert {"char_rate", "word_len", "repetitions", "words", "letters"} < set(vocabulary())
    assert set(FIELDS) < set(vocabulary())


@settings(deadline=None)
@given(st.text(max_size=60))
@example("words in [")
@example("'")
@example("1.")
@example("٣ > words")  # digits, but none of ours
def test_any_text_parses_or_is_refused(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse(text, "rules.yaml:1")


WORDS = [
    *NUMBERS, *TEXTS, "and", "or", "not", "in", "is", "null", "(", ")", "[", "]", ",", "+", "-",
    "*", "/", ">=", "<", "==", "!=", "3", "0.5", "'no'", "nonsense",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_any_mixture_of_its_own_words_parses_or_is_refused(text: str) -> None:
    try:
        tree = parse(text, "rules.yaml:1")
    except ConfigError:
        return
    assert decide(text, [ROW]) == [holds(tree, ROW)]


literals = st.sampled_from(["0", "1", "2.5", "1e308", "4", "0.1"])
numbers = st.recursive(
    st.one_of(st.sampled_from(NUMBERS), literals),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda x: f"({' '.join(x)})"),
        inner.map(lambda x: f"-{x}"),
    ),
    max_leaves=5,
)
symbols = st.sampled_from([each.symbol for each in OPERATORS])
comparisons = st.one_of(
    st.tuples(numbers, symbols, numbers).map(" ".join),
    numbers.map(lambda x: f"{x} in [0, 1, 4, -2.5]"),
    numbers.map(lambda x: f"{x} not in [0]"),
    numbers.map(lambda x: f"{x} is null"),
    st.tuples(st.sampled_from(TEXTS), st.sampled_from(["== 'no'", "!= speaker"])).map(" ".join),
    st.sampled_from(TEXTS).map(lambda x: f"{x} in ['no', 'en']"),
    st.sampled_from(TEXTS).map(lambda x: f"{x} is not null"),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda x: f"({' '.join(x)})"),
        inner.map(lambda x: f"not ({x})"),
    ),
    max_leaves=5,
)
floats = st.one_of(
    st.none(), st.sampled_from([0.0, -0.0, 1.0, 2.5, 4.0, math.nan, math.inf, -math.inf]),
    st.floats(),
)  # fmt: skip
integers = st.one_of(st.none(), st.integers(-5, 5), st.sampled_from([2**31 - 1, -(2**31)]))
languages = st.one_of(st.none(), st.sampled_from(["no", "en", "", "zh-CN"]))
rows = st.fixed_dictionaries(
    {
        "char_rate": floats,
        "words": integers,
        "word_len": integers,
        "lang": languages,
        "speaker": languages,
    }
)


@settings(deadline=None)
@given(conditions, st.lists(rows, max_size=4))
def test_a_batch_is_decided_as_each_row_is(condition: str, some: list[dict[str, object]]) -> None:
    text = f"({condition}) and (words is null or words is not null)"  # so that it names a metric
    tree = parse(text, "rules.yaml:1")
    assert decide(text, some) == [holds(tree, row) for row in some]


@pytest.mark.parametrize("plain", [False, True])
@settings(max_examples=40, deadline=None)
@given(
    conditions,
    st.lists(rows, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([1, 7, 300, 600])), max_size=4),
)
def test_blocks_of_rows_are_decided_as_each_row_is(
    plain: bool,
    condition: str,
    some: list[dict[str, object]],
    runs: list[tuple[int, int]],
) -> None:
    text = f"({condition}) and (words is null or words is not null)"
    tree = parse(text, "rules.yaml:1")
    each = [holds(tree, row) for row in some]
    places = [at % len(some) for at, count in runs for _ in range(count)]
    with plain_loops(plain):
        assert decide(text, [some[at] for at in places]) == [each[at] for at in places]
