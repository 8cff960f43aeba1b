"""Known ASR hallucination phrases and remarks in place of words, wherever they stand in a text."""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate.api.frames import apply_rules, measure
from curate.artifacts.frames import Spans
from curate.errors import ConfigError
from curate.metrics.compute.phrases import KINDS, known_phrases
from tests.lines import lines_of

LISTS = Path(__file__).parents[2] / "rules" / "phrases"
CANARY = {
    "bg", "hr", "cs", "da", "nl", "en", "et", "fi", "fr", "de", "el", "hu", "it",
    "lv", "lt", "mt", "pl", "pt", "ro", "sk", "sl", "es", "sv", "ru", "uk",
}  # fmt: skip
SLOW, FAST = 12.0, 3.0

CREDITS = [
    # text, declared language: all bad at any rate
    ("Subtitles by the Amara.org community", "en"),
    ("SUBTITLES BY THE AMARA.ORG COMMUNITY", "en"),
    ("Subtitles by the Amara. org community.", None),
    ("Ｓｕｂｔｉｔｌｅｓ ｂｙ ｔｈｅ Ａｍａｒａ．ｏｒｇ ｃｏｍｍｕｎｉｔｙ", None),
    ("Transcription by CastingWords", "en"),
    ("Translated by Marion de Groot", "en"),
    ("Untertitel der Amara.org-Community", "de"),
    ("Untertitel im Auftrag des ZDF für funk, 2017", "de"),
    ("Untertitel im Auftrag des ZDF, 2021", "de"),
    ("Untertitelung des ZDF, 2020", "de"),
    ("Untertitel von Stephanie Geiges", "de"),
    ("Copyright WDR 2021", "de"),
    ("Sous-titrage Société Radio-Canada", "fr"),
    ("Sous-titrage ST' 501", "fr"),
    ("Sous-titrage FR 2021", "fr"),
    ("Sous-titres réalisés para la communauté d'Amara.org", "fr"),
    ("Subtítulos realizados por la comunidad de Amara.org", "es"),
    ("CC por Antarctica Films Argentina", "es"),
    ("Sottotitoli e revisione a cura di QTSS", "it"),
    ("Legendas pela comunidade Amara.org", "pt"),
    ("Napisy stworzone przez społeczność Amara.org", "pl"),
    ("Titulky vytvořil JohnyX", "cs"),
    ("titulky vytvořil johnyx http://johnyxcz.blogspot.com", "cs"),
    ("Titulky preložil Peter Novák", "sk"),
    ("Ondertiteld door de Amara.org gemeenschap", "nl"),
    ("TV GELDERLAND 2021", "nl"),
    ("Danske tekster af Jesper Buhl Scandinavian Text Service 2018", "da"),
    ("Undertekster av Ai-Media", "no"),
    ("Teksting av Nicolai Winther", "no"),
    ("Textning Stina Hedin www.btistudios.com", "sv"),
    ("Υπότιτλοι AUTHORWAVE", "el"),
    ("A feliratot készítette Kovács János", "hu"),
    ("Субтитры сделал DimaTorzok", "ru"),
    ("субтитры создавал dimatorzok", "ru"),
    ("Редактор субтитров А.Семкин Корректор А.Егорова", "ru"),
    ("Редактор субтитров Н.Новикова", "ru"),
    ("Субтитрувальниця Оля Шор", "uk"),
    ("Altyazı M.K.", "tr"),
    ("ALTYAZI M.K.", "tr"),
    ("ترجمة نانسي قنقر", "ar"),
    ("字幕由 Amara.org 社区提供", "zh"),
    ("字幕 由 Amara.org 社区 提供", "zh"),
    ("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", "zh"),
    ("한국어 자막 제공 배달의민족", "ko"),
]  # fmt: skip


@pytest.mark.parametrize("seconds", [2.0, FAST, SLOW])
def test_credits_of_subtitles_are_bad_at_any_rate(seconds: float) -> None:
    texts, langs = zip(*CREDITS, strict=True)
    rows = {"text": texts, "duration": [seconds] * len(texts), "lang": langs}
    tagged = apply_rules(measure(rows))
    missed = tagged.filter(pl.col("verdict") != "bad").select("verdict", "credit_share", "lang")
    assert not missed.height, missed
    hit = tagged["tags"].list.contains("bad:subtitle_credit")
    assert hit.all()
    assert tagged.height == len(CREDITS) > 40


ROWS = [
    # text, seconds, declared language, what the rules of phrases say
    ("Thank you for watching! Please subscribe to our channel!", SLOW, "en", "bad:hallucination"),
    ("Thank you for watching! Please subscribe to our channel!", FAST, "en", ""),
    ("Thanks for watching. Thanks for watching. Thanks for watching.", 30.0, "en",
     "bad:hallucination"),
    ("Okay, thank you for watching!", SLOW, "en", "bad:hallucination_within"),
    ("THANK YOU FOR WATCHING", SLOW, None, "bad:hallucination"),
    ("Ｔｈａｎｋ　ｙｏｕ　ｆｏｒ　ｗａｔｃｈｉｎｇ！", SLOW, None, "bad:hallucination"),
    ("ご視聴ありがとうございました。ご視聴ありがとうございました。", 20.0, "ja",
     "bad:hallucination"),
    ("ご視聴 ありがとう ございました", SLOW, "ja", "bad:hallucination"),
    ("시청해 주셔서 감사합니다. 구독과 좋아요 부탁드립니다.", SLOW, "ko", "bad:hallucination"),
    ("谢谢观看，我们下期再见。", SLOW, "zh", "bad:hallucination"),
    ("شكراً للمشاهدة", SLOW, "ar", "bad:hallucination"),
    ("شكرا للمشاهدة اشتركوا في القناة", SLOW, "ar", "bad:hallucination"),
    ("İzlediğiniz için teşekkür ederim.", SLOW, "tr", "bad:hallucination"),
    ("Дякую за перегляд!", SLOW, "uk", "bad:hallucination"),
    ("Takk for at du så på!", SLOW, "no", "bad:hallucination"),
    ("Tack till elever och personer som hjälpte med videon.", SLOW, "sv", "bad:hallucination"),
    ("Hvala što pratite kanal.", SLOW, "hr", "bad:hallucination"),
    ("Mulțumesc pentru vizionare!", SLOW, "ro", "bad:hallucination"),
    ("Bedankt voor het kijken!", SLOW, "nl", "bad:hallucination"),
    ("Grazzi talli rajtu!", SLOW, "mt", "bad:hallucination"),
    # what was said
    ("we thank you for watching over the children while we were away", 4.0, "en", ""),
    ("she reads the subtitles by herself", FAST, "en", ""),
    ("Untertitel helfen beim Lernen einer Sprache", FAST, "de", ""),
    ("subtitles by and large are fine", FAST, "en", ""),
    ("Titulky byly vytvořeny později", FAST, "cs", ""),
    ("and that is all. Subtitles by John Smith", FAST, "en", "borderline:subtitle_credit"),
    # remarks
    ("<MUSIC>", 4.0, None, "bad:only_remarks"),
    ("[BLANK_AUDIO]", 4.0, "en", "bad:only_remarks"),
    ("[ Silence ]", 4.0, "en", "bad:only_remarks"),
    ("(speaking in foreign language)", 4.0, "en", "bad:only_remarks"),
    ("(Speaking Spanish)", 4.0, "en", "bad:only_remarks"),
    ("*sighs* (music)", 4.0, "en", "bad:only_remarks"),
    ("♪ Music ♪", 4.0, "en", "bad:only_remarks"),
    ("（音楽）", 4.0, "ja", "bad:only_remarks"),
    ("[Müzik]", 4.0, "tr", "bad:only_remarks"),
    ("(музика)", 4.0, "uk", "bad:only_remarks"),
    ("*تصفيق*", 4.0, "ar", "bad:only_remarks"),
    ("(muziek)", 4.0, "nl", "bad:only_remarks"),
    ("[musikk] (applaus)", 4.0, "no", "bad:only_remarks"),
    ("(hudba)", 4.0, "cs", "bad:only_remarks"),
    ("and then (laughter) we went home", FAST, "en", "borderline:remarks"),
    ("♪ happy birthday to you ♪", FAST, "en", "borderline:remarks"),
    ("(he laughed out loud)", FAST, "en", ""),
    ("it was (you know) a long day", FAST, "en", ""),
    ("three * four is twelve * one", FAST, "en", ""),
]  # fmt: skip
OF_PHRASES = {
    "hallucination", "hallucination_short", "hallucination_within", "subtitle_credit",
    "only_remarks", "remarks",
}  # fmt: skip


def of_phrases(tags: list[str]) -> list[str]:
    return [tag for tag in tags if tag.partition(":")[2] in OF_PHRASES]


def test_phrases_in_context() -> None:
    texts, durations, langs, expected = zip(*ROWS, strict=True)
    tagged = apply_rules({"text": texts, "duration": durations, "lang": langs})
    phrase_tags = ["".join(of_phrases(tags)) for tags in tagged["tags"].to_list()]
    wrong = [
        row[0] for row, tags, due in zip(ROWS, phrase_tags, expected, strict=True) if tags != due
    ]
    assert not wrong, [
        (row, tags) for row, tags in zip(ROWS, phrase_tags, strict=True) if row[0] in wrong
    ]


def test_notes_alone_are_bad() -> None:
    tagged = apply_rules({"text": ["♪♪", "♪ ♪ ♪", "..."], "duration": [4.0] * 3})
    assert tagged["verdict"].to_list() == ["bad"] * 3


def test_every_line_has_a_kind_and_a_source_that_is_explained() -> None:
    readme = (LISTS / "README.md").read_text(encoding="utf-8")
    files = sorted(LISTS.glob("*.txt"))
    assert len(CANARY) == 25
    assert {*CANARY, "ja", "ko", "zh", "tr", "no", "ar"} <= {file.stem for file in files}
    lines = 0
    for file in files:
        for line in lines_of(file.read_text(encoding="utf-8")):
            if line.startswith("#"):
                continue
            phrase, kind, source = line.split("\t")
            assert phrase == phrase.strip() != ""
            assert kind in KINDS, line
            assert f"| {source} |" in readme, line
            lines += 1
    assert lines > 400


def test_a_phrase_is_found_wherever_it_stands() -> None:
    """The pass over bytes finds every text that the definition has to read."""
    book = known_phrases().book
    long = [
        each.text for each in book.phrases
        if any(len(word) > 4 for word in re.findall(r"\w+", each.text))
    ]  # fmt: skip
    shapes = [
        shape(f"so {text}, and")
        for text in long
        for shape in (str, str.lower, str.upper, partial(unicodedata.normalize, "NFD"))
    ]
    spans = Spans.of(shapes)
    candidates = set(book.anchors.rows(spans.data, spans.start, spans.length).tolist())
    lost = [shapes[row] for row in range(len(shapes)) if row not in candidates]
    assert len(shapes) > 1_500
    assert not [each for each in lost if not re.search("[\u3040-\u30ff]", each)], lost


WORDS = st.sampled_from(
    ["a", "so", "subtitles", "Subtitlesx", "by", "Amara", "AMARA", "amar", "12", "m\u00e4nner",
     "\u8c22\u8c22", "-", "untertitel", "x" * 61, "watching"]
)  # fmt: skip
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", "", ", "])).map("".join), max_size=30)


@settings(deadline=None)
@given(st.lists(TEXTS.map("".join), min_size=1, max_size=5))
def test_a_text_may_hold_a_phrase_whatever_stands_behind_it(texts: list[str]) -> None:
    """Loops that take many bytes at once find what they find who take one at a time, at the end."""
    anchors = known_phrases().book.anchors
    spans = Spans.of([*texts, "x" * 80])
    rows = anchors.rows(spans.data, spans.start[:-1], spans.length[:-1]).tolist()
    alone = []
    for row, text in enumerate(texts):
        words = [Spans.of([word]) for word in re.split("(?<=[ ,-])", text)]
        if any(anchors.rows(each.data, each.start, each.length).size for each in words):
            alone.append(row)
    assert rows == alone


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("# ours\nsee you on friday 120\nCaptions from *\tcredit\tour archive\n")
    book = known_phrases([mine]).book
    assert book.cover("See you on Friday!").phrases == 14
    assert book.cover("Captions from Ann Lee").credits == len("captionsfromannlee")
    assert known_phrases([mine]).name != known_phrases().name
    mine.write_text("one two\nthree four\tsung\tx\n")
    with pytest.raises(ConfigError, match=r"mine\.txt:2: 'sung' is not a kind of phrase"):
        known_phrases([mine])


CONFIRMED = [
    "cv_id", "cv61_dev_all", "cv19_hy", "cv_tw", "librispeech_devclean_part",
    "kaldi_mini_librispeech",
]  # fmt: skip


@pytest.mark.parametrize("name", CONFIRMED)
def test_nothing_that_people_confirmed_is_hit(name: str, real_data: Path, tmp_path: Path) -> None:
    made = curate.profile(real_data / "manifests" / f"{name}.jsonl", out=tmp_path / "p")
    counted = made.records().select(pl.col("tags").explode()).collect()["tags"].drop_nulls()
    by_rule = dict(sorted(counted.value_counts().iter_rows()))
    print(f"\n{name}, {made.totals.rows:,} rows:", by_rule)  # noqa: T201 - shown by pytest -s
    assert not of_phrases(list(by_rule))


def test_whisper_over_broadcasts(real_data: Path, tmp_path: Path) -> None:
    """The figures that the rules' evidence names."""
    made = curate.profile(real_data / "manifests" / "whisper_aapb_dev.jsonl", out=tmp_path / "p")
    tags = made.records().select(pl.col("tags").explode()).collect()["tags"].drop_nulls()
    assert (tags == "bad:hallucination").sum() == 19
    assert not tags.str.contains("within|credit|remarks").any()
