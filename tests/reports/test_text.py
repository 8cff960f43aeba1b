"""Numbers, transcripts and alignments, as they read on a page."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from reports import format as show
from reports.align import alignment
from reports.transcripts import CUT, WHOLE, Range, folded, highlighted, marked, transcript, visible


@pytest.mark.parametrize(
    ("formatted", "expected"),
    [
        (show.percent(None), "—"),
        (show.percent(0.0), "0 %"),
        (show.percent(1.0), "100 %"),
        (show.percent(1.00008), "100 %"),
        (show.percent(1.0006), "100.1 %"),
        (show.percent(0.99999), ">99.9 %"),  # not quite all is not all
        (show.percent(0.00001), "<0.1 %"),  # nearly nothing is not nothing
        (show.percent(1.2), "120.0 %"),  # a WER may pass 1
        (show.number(0.0), "0"),
        (show.number(-3.25), "-3.25"),
        (show.number(29.9999), "30"),
        (show.number(1234.5), "1,234"),
        (show.number(1e300), "1e+300"),
        (show.fixed(0.004, 2), "<0.01"),
        (show.hours(0.0), "0 h"),
        (show.hours(0.0069), "24.8 s"),
        (show.share(1, 0), None),
        (show.share(None, 3), None),
        (show.size(None), "—"),
        (show.size(1_500_000_000_000_000), "1.5e+03 TB"),
        (show.plural(1, "row"), "1 row"),
    ],
)
def test_numbers(formatted: str | float | None, expected: str | float | None) -> None:
    assert formatted == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x1b[2J", "␛[2J"),
        ("a\x7fb\x85c", "a␡b‹U+0085›c"),
        ("\u202eevil", "‹U+202E›evil"),
        ("x\u200by\ufeff", "x‹U+200B›y‹U+FEFF›"),
        ("a\u200db", "a‹U+200D›b"),  # a joiner that joins nothing is hiding
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian needs it
        ("क्\u200dष", "क्\u200dष"),  # so does Hindi
        ("👩\u200d👧", "👩\u200d👧"),  # and a family
        ("e\u0301 ñ 漢字 ไทย", "e\u0301 ñ 漢字 ไทย"),
        ("\u3164", "‹U+3164›"),  # a letter by its category, a blank to the eye
        ("\U000e0041", "‹U+E0041›"),  # tag characters spell out hidden words
        ("\ud800", "‹U+D800›"),
    ],
)
def test_hidden_characters_show(text: str, expected: str) -> None:
    assert visible(text) == expected


@given(st.text(st.characters()))
def test_marked_text_is_inert_and_whole(text: str) -> None:
    html = marked(text)
    assert html.startswith("<bdi>")
    assert html.endswith("</bdi>")
    assert html.count("<") == 2 + html.count("<span ") + html.count("</span>")
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in html)
    if text.isprintable() and text.isascii():
        assert Markup(html)[5:-6].unescape() == text


@pytest.mark.parametrize(
    ("lang", "attribute"),
    [("th", ' lang="th"'), ("zh-CN", ' lang="zh-CN"'), ('"><b', ""), (None, ""), ("", "")],
)
def test_language_is_said_where_it_is_one(lang: str | None, attribute: str) -> None:
    assert marked("a", lang) == f"<bdi{attribute}>a</bdi>"


def test_long_transcripts_are_cut_and_kept() -> None:
    assert "<details" not in transcript("a" * CUT)
    html = transcript("word " * 2000)
    assert html.startswith("<details")
    assert "10,000 characters" in html
    assert "and 6,000 more characters" in html
    assert len(html) < CUT + WHOLE + 400


@pytest.mark.parametrize(
    ("text", "parts", "expected"),
    [
        ("a no no", [(2, 7, "loop")], 'a <mark title="repeated over and over">no no</mark>'),
        ("<b>&", [(0, 3, "x")], '<mark title="flagged">&lt;b&gt;</mark>&amp;'),
        (
            "x\u202ey",
            [(0, 2, "word")],
            '<mark title="longest word">x<span class="mark" title="right-to-left override U+202E">'
            "U+202E</span></mark>y",
        ),
        ("می\u200cخو", [(2, 5, "x")], 'می<mark title="flagged">\u200cخو</mark>'),  # still joins
        ("abc", [(2, 3, "x"), (0, 2, "x"), (1, 3, "x")],
         '<mark title="flagged">ab</mark><mark title="flagged">c</mark>'),
        ("abc", [(2, 9, "x"), (-1, 2, "x"), (1, 1, "x"), (3, 2, "x")], "abc"),  # no such parts
    ],
)  # fmt: skip
def test_parts_of_a_transcript_are_marked(
    text: str, parts: list[tuple[int, int, str]], expected: str
) -> None:
    assert highlighted(text, None, [Range(*part) for part in parts]) == f"<bdi>{expected}</bdi>"


SPANS = st.tuples(st.integers(-1, 30), st.integers(-1, 30), st.sampled_from(["loop", "<"]))


@given(st.text(max_size=25), st.lists(SPANS, max_size=5))
def test_any_marks_are_inert(text: str, spans: list[tuple[int, int, str]]) -> None:
    html = highlighted(text, None, [Range(*span) for span in spans])
    assert html.count("<mark ") == html.count("</mark>")
    bare = re.sub(r"</?mark[^>]*>", "", html)
    assert bare == marked(text)


def test_a_long_transcript_begins_near_its_first_mark() -> None:
    text = "word " * 200 + "la " * 20 + "word " * 200
    html = transcript(text, None, [Range(1000, 1059, "loop")])
    summary = html.partition("</summary>")[0]
    assert f'<mark title="repeated over and over">{"la " * 19}la</mark>' in summary
    assert html.count("<mark ") == 2  # once in the stretch, once in the whole
    assert len(summary) < CUT + 300
    cut_short = transcript(text, None, [Range(1000, 1059, "loop")], most=0)
    assert "<details" not in cut_short
    assert "of 2,060 characters" in cut_short


@pytest.mark.parametrize(
    ("remark", "expected"),
    [
        (None, None),
        ("", None),
        ("One sentence.", "<bdi>One sentence.</bdi>"),
        (
            "Too fast. See <a>.",
            '<details class="rest"><summary><bdi>Too fast.</bdi></summary>'
            "<div><bdi>See &lt;a&gt;.</bdi></div></details>",
        ),
    ],
)
def test_remarks_fold_after_their_first_sentence(remark: str | None, expected: str | None) -> None:
    assert folded(remark) == expected


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("a b c", "a b c", "<bdi>a b c</bdi>"),
        ("a b c", "a c", "<bdi>a <del>b</del> c</bdi>"),
        ("a c", "a b c", "<bdi>a <ins>b</ins> c</bdi>"),
        (
            "a b",
            "a x",
            '<bdi>a <span class="swap"><del>b</del> <ins>x</ins></span></bdi>',
        ),
        ("", "a", "<bdi><ins>a</ins></bdi>"),
        ("a", "", "<bdi><del>a</del></bdi>"),
        ("", "", '<span class="none">empty reference, empty hypothesis</span>'),
        (None, "a", '<span class="none">no reference</span>'),
        ("a", None, '<span class="none">no hypothesis</span>'),
        ("<b>", "<b>", "<bdi>&lt;b&gt;</bdi>"),
        (
            "委员会询问第三季",
            "委会询问第三季度",
            "<bdi>委<del>员</del>会询问第三季<ins>度</ins></bdi>",
        ),
    ],
)
def test_alignment(reference: str | None, hypothesis: str | None, expected: str) -> None:
    assert alignment(reference, hypothesis) == expected


def test_a_long_run_of_an_alignment_is_cut() -> None:
    html = alignment("well it is", "well" + " la" * 300 + " it is")
    assert html.count("la ") == 12
    assert "\u2026 288 more</span></ins>" in html
    assert html.endswith(" it is</bdi>")
    assert alignment("well it is", "well" + " la" * 24 + " it is").count("la") == 24


@given(st.lists(st.sampled_from("ab<"), max_size=9), st.lists(st.sampled_from("ab<"), max_size=9))
def test_an_alignment_holds_both_sides(words: list[str], other_words: list[str]) -> None:
    html = alignment(" ".join(words), " ".join(other_words))
    edits = html.count("<del>") + html.count("<ins>")
    assert (edits == 0) == (words == other_words)
