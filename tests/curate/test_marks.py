"""Where in a text the fault is, held to the metrics that count it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.artifacts.records import Mark
from curate.rules.file import load_rules
from curate.text.define import measure_text
from curate.text.marks import (
    MOST_CHARS,
    Span,
    longest_loop,
    longest_streak,
    longest_token,
    longest_word,
    marks_of,
)
from tests.profiling import write_profile

TEXTS = st.text(st.sampled_from("aAbé-_/ .,\t漢字ก‐\U0001f600"), max_size=40) | st.text(max_size=60)


def cut(text: str, span: Span | None) -> str | None:
    return span and text[span[0] : span[1]]


@pytest.mark.parametrize(
    ("text", "word", "loop"),
    [
        ("", None, None),
        ("so it was", "was", None),
        ("well-known wörter here", "wörter", None),
        ("oh no no no it was", "was", "no no no"),
        ("we go We go, we go now", "go,", "We go We go, we go"),
        ("la la", "la", "la la"),
        ("a b c d e a b c d e", "a", "a b c d e a b c d e"),
        ("-- -- --", None, "-- -- --"),
        ("it's a-a AA its", "it's", "a-a AA"),
        (
            "好的好的好的吧",
            "好的好的好的吧",
            "好的好的好的",
        ),  # characters, where no spaces are written
    ],
)
def test_where_the_fault_is(text: str, word: str | None, loop: str | None) -> None:
    assert cut(text, longest_word(text)) == word
    assert (cut(text, longest_loop(text)) or "").casefold() == (loop or "").casefold()


@pytest.mark.parametrize(
    ("text", "metrics", "expected"),
    [
        ("oh no no no", {"repetitions"}, [("loop", "no no no")]),
        ("oh no no no", {"char_rate", "wer", ""}, []),  # they speak of no part of a text
        ("nooooo, well", {"char_run"}, [("letters", "ooooo")]),
        ("a b", {"char_run"}, []),
        ("(well-known) so", {"longest_token"}, [("token", "(well-known)")]),
        ("é <b>hé</b> [x]", {"markup_chars"}, [("signs", s) for s in ("<b>", "</b>", "[x]")]),
        ("tu lab?k", {"damaged_chars"}, [("damage", "?")]),
        ("\ud800 &amp;", {"markup_chars"}, [("signs", "&amp;")]),
        (" Thank you. ", {"hallucination"}, [("phrase", "Thank you.")]),
        (  # in reading order; the longest word lies in the loop, which goes first
            "xx xx aa yyyyyyyy yyyyyyyy yyyyyyyy",
            {"word_len", "repetitions", "hallucination"},
            [("loop", "yyyyyyyy yyyyyyyy yyyyyyyy")],
        ),
        (
            "unbelievable no no no",
            {"word_len", "repetitions"},
            [("word", "unbelievable"), ("loop", "no no no")],
        ),
        ("", {"hallucination", "word_len", "repetitions", "char_run", "markup_chars"}, []),
    ],
)
def test_what_a_metric_marks(text: str, metrics: set[str], expected: list[tuple[str, str]]) -> None:
    assert [(mark["what"], cut(text, mark["span"])) for mark in marks_of(text, metrics)] == expected


@given(TEXTS)
def test_what_is_marked_is_what_is_counted(text: str) -> None:
    counted = measure_text(text)
    for span, length in (
        (longest_word(text), counted.word_len),
        (longest_token(text), counted.longest_token),
        (longest_streak(text), counted.char_run if counted.char_run > 1 else 0),
    ):
        if length is not None:
            assert len(cut(text, span) or "") == length
    assert (longest_loop(text) is not None) == (counted.repetitions > 1)


EVERY = {"repetitions", "char_run", "word_len", "longest_token", "markup_chars", "hallucination"}


@given(TEXTS)
def test_marks_of_any_text_lie_in_it(text: str) -> None:
    at = 0
    for mark in marks_of(text, EVERY):
        first, last = mark["span"]
        assert at <= first < last <= len(text)
        at = last


def test_a_profile_marks_what_its_rules_and_metrics_speak_of(tmp_path: Path) -> None:
    rows = [
        ("no no no no no no no no no", "no no"),
        ("Thank you.", None),  # the rule hallucination asks for it in its `where`
        *[(f"these are words number {n}", None) for n in range(8)],
    ]
    lines = [
        json.dumps(
            {"audio_filepath": f"{n}.wav", "duration": 9.0, "text": text, "pred_text": hypothesis}
        )
        for n, (text, hypothesis) in enumerate(rows)
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(lines))
    (tmp_path / "profile").mkdir()
    content = write_profile([str(tmp_path / "m.jsonl")], tmp_path / "profile", load_rules(None))
    worst = {each.name: each.worst for each in content.metrics}
    loop, thanks = (
        next(each for each in worst["char_rate"] if each.text == rows[at][0]) for at in (0, 1)
    )
    assert loop.marks == (Mark(what="loop", span=(0, 26)),)
    assert loop.pred_text == "no no"
    assert thanks.marks == (Mark(what="phrase", span=(0, 10)),)
    assert thanks.pred_text is None
    (sound,) = (each for each in worst["word_len"] if each.text == rows[2][0])
    assert sound.marks == (Mark(what="word", span=(16, 22)),)  # its metric alone speaks of it


def test_a_text_of_thousands_of_words_is_not_searched_for_loops() -> None:
    long = "w " * (MOST_CHARS + 1)
    assert longest_loop(long) is None
