"""From lines to metrics: what the frame says beside the text measures, and the opt-in groups."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.frames import Spans
from curate.errors import ConfigError
from curate.manifest.examples import clips_of
from curate.metrics import METRICS, OPT_IN, chosen, groups_of
from curate.metrics.compute.phrases import known_phrases
from curate.metrics.measure import Settings, measure
from curate.profiles.request import MeasureOptions
from curate.rules.file import load_rules
from curate.text import normalise
from curate.text.define import measure_text
from curate.text.phrases import Phrasebook
from curate.text.scripts import SCRIPTS
from tests.profiling import write_profile


def measured(*records: Mapping[str, object], groups: Sequence[str] = ()) -> pl.DataFrame:
    rows = [{"duration": 2.0, **record} for record in records]
    return measure(clips_of(rows), Settings(frozenset(groups)))


DE_EN = {"source_lang": "de", "target_lang": "en"}
WORDS = (
    {"word": "so", "start": 0.5, "end": 1.0, "probability": 1.0},
    {"word": "it", "start": 1.5, "end": 1.75, "score": 0.6},
    {"word": "is", "start": 1.75, "end": 2.1, "confidence": 0.2},
)
# A record, a column, and its value.
CASES: list[tuple[Mapping[str, object], str, object]] = [
    ({"text": "one two three"}, "second_longest_ratio", pytest.approx(2 / 3)),
    ({"text": "alone"}, "second_longest_ratio", None),
    ({"text": "\u8c22\u8c22 \u4f60"}, "second_longest_ratio", None),  # no words, no ratio of them
    ({"text": "so no no no"}, "loop_share", 0.75),
    ({"text": "\u8c22\u8c22\u4f60"}, "loop_share", pytest.approx(2 / 3)),
    ({"text": ""}, "loop_share", None),
    ({"text": "No no NO yes"}, "distinct_words", 0.5),
    ({"text": "\u8c22\u8c22"}, "distinct_words", None),
    ({"text": "ab 12"}, "digits_share", 0.5),
    ({"text": " "}, "digits_share", None),
    ({"text": "AbC \u4f60"}, "upper_share", pytest.approx(2 / 3)),
    ({"text": "\u4f60"}, "upper_share", None),
    ({"text": "no"}, "has_punctuation", 0),
    ({"text": "no."}, "has_punctuation", 1),
    ({"text": "abc", "lang": "ru"}, "foreign_share", 1.0),
    ({"text": "abc", "lang": "en-US"}, "foreign_share", 0.0),
    ({"text": "abc"}, "foreign_share", None),
    ({"text": "123", "lang": "en"}, "foreign_share", None),
    ({"text": "\u043f\u0440\u0438 abc\u043f\u0440"}, "script", "Cyrl"),
    ({"text": "..."}, "script", "Zyyy"),
    ({"text": "Thanks for watching!"}, "hallucination", 1),
    ({"text": "Thanks for watching it"}, "hallucination", 0),
    ({"text": ""}, "hallucination", 0),
    ({"text": "so <b>this</b> is it"}, "markup_chars", 7),
    ({"text": "tu lab?k"}, "damaged_chars", 1),
    ({"text": "x", "source_lang": "de", "target_lang": "en"}, "translation", True),
    ({"text": "x", "source_lang": "de", "target_lang": "de"}, "translation", False),
    ({"text": "x", "source_lang": "d\u00e9", "target_lang": "d\u00e9"}, "translation", False),
    ({"text": "x", "source_lang": "de", "target_lang": None}, "translation", False),
    ({"text": "x", "source_lang": "de", "target_lang": 3}, "translation", False),
    ({"text": "a b", "pred_text": "a c"}, "wer", 0.5),
    ({"text": "a b", "pred_text": "a\\c \u00e9"}, "char_edits", 3),
    ({"text": "a b", "pred_text": ""}, "length_ratio", 0.0),
    ({"text": "a b", "pred_text": None}, "wer", None),
    ({"text": "a b", "pred_text": 7}, "wer", None),
    ({"text": "", "pred_text": "a"}, "wer", None),
    ({"text": "", "pred_text": "a"}, "word_edits", 1),
    ({"text": "a b", "pred_text_2": "a c"}, "wer_2", 0.5),
    ({"text": "a b", "pred_text_2": "a c"}, "wer", None),
    ({"text": "a b", "pred_text_2": "a c"}, "cer_models", None),  # the first says nothing
    ({"text": "abcd", "pred_text_2": "ab\u00e9d"}, "cer_2", 0.25),
    ({"text": "", "pred_text_2": "a"}, "cer_2", None),
    ({"text": "a", "pred_text": "b", "pred_text_2": None}, "cer_models", None),
    ({"text": "a", "pred_text": None, "pred_text_2": "b"}, "cer_models", None),
    ({"text": "a", "pred_text": "abcd", "pred_text_2": "ab"}, "cer_models", 0.5),
    ({"text": "a", "pred_text": "ab", "pred_text_2": "abcd"}, "cer_models", 0.5),
    ({"text": "a", "pred_text": "x y", "pred_text_2": "x y z w"}, "wer_models", 0.5),
    ({"text": "a", "pred_text": "", "pred_text_2": "b"}, "cer_models", 1.0),
    ({"text": "a", "pred_text": "", "pred_text_2": "..."}, "cer_models", 0.0),  # both are silent
    ({"text": "\u4eca\u5929", "pred_text_2": "\u4eca\u65e5"}, "wer_2", 0.5),  # characters as words
    ({"text": "a", "_score": {"confidence": 0.5}}, "confidence", 0.5),
    ({"text": "a", "_score": {"confidence": 0.5}}, "token_loss", None),
    ({"text": "a", "_score": {"align_edge": -3, "reason": '\n " }'}}, "align_edge", -3.0),
    ({"text": "a", "_score": {"token_loss": None}}, "token_loss", None),
    ({"text": "a", "_score": {"token_loss": "1"}}, "token_loss", None),
    ({"text": "a", "_score": {"token_loss": 10**400}}, "token_loss", None),  # past every double
    ({"text": "a", "_score": {"x": {"token_loss": 1.0}}}, "token_loss", None),
    ({"text": "a", "_score": 0.5}, "confidence", None),
    ({"text": "a", "_score": []}, "confidence", None),
    ({"text": "a", "_score": {}}, "confidence", None),
    ({"text": "a"}, "confidence", None),
    ({"text": "a", "words": [*WORDS]}, "word_confidence", 0.6),  # Whisper and WhisperX
    ({"text": "a", "words": [*WORDS]}, "word_confidence_min", 0.2),
    ({"text": "a", "words": [*WORDS]}, "word_gap_s", 0.5),
    ({"text": "a", "words": [*WORDS]}, "word_time_s", 1.1),
    ({"text": "a", "words": ["a", "b"], "word_confidence": [1, 0.5]}, "word_confidence", 0.75),
    ({"text": "a", "word": [{"start": 0, "end": 1}], "words": ["a"]}, "word_gap_s", 0.0),  # NeMo
    ({"text": "a", "word": [{"start": 2, "end": 1}]}, "word_time_s", None),
    ({"text": "a", "words": [], "word_confidence": []}, "word_confidence", None),
    ({"text": "a", "words": "a b"}, "word_confidence", None),
    ({"text": "a", "words": [{"score": True}, {"score": "1"}, None]}, "word_confidence", None),
    ({"text": "a", "word_confidence": [10**400, 0.5]}, "word_confidence", 0.5),
    ({"text": "a", "words": [[{"score": 1}], None]}, "word_confidence", None),
    ({"text": "a", "_score": {"word_gap_s": 3}, "words": [*WORDS]}, "word_gap_s", 3.0),
    ({"text": "a", "_score": {"word_gap_s": 3}, "words": [*WORDS]}, "word_time_s", 1.1),
    ({"text": "a"}, "offset_fault", 0),
    ({"text": "a", "offset": None}, "offset_fault", 0),
    ({"text": "a", "offset": 0}, "offset_fault", 0),
    ({"text": "a", "offset": 12.5}, "offset_fault", 0),
    ({"text": "a", "offset": -0.01}, "offset_fault", 1),
    ({"text": "a", "offset": 10**400}, "offset_fault", 1),  # past every double
    ({"text": "a", "offset": "3"}, "offset_fault", 1),
    ({"text": "a", "offset": True}, "offset_fault", 1),
    ({"text": "a", "offset": 5.0}, "rate_beside_offset", 0),
    ({"text": "a", "sampling_rate": 16000}, "rate_beside_offset", 0),
    ({"text": "a", "offset": None, "sampling_rate": 16000}, "rate_beside_offset", 0),
    ({"text": "a", "offset": 5.0, "sampling_rate": None}, "rate_beside_offset", 0),
    ({"text": "a", "offset": 5.0, "sampling_rate": 16000}, "rate_beside_offset", 1),
    ({"text": "a", "offset": 0, "sample_rate": 16000}, "rate_beside_offset", 1),  # a file's head
    ({"text": "a", "offset": 5, "sampling_rate": None, "sample_rate": 8}, "rate_beside_offset", 1),
    ({"text": "abcd", "source_text": "ab", **DE_EN}, "translation_ratio", 2.0),
    ({"text": "ab", "answer": "grün", **DE_EN}, "translation_ratio", 2.0),
    ({"text": "ab", "source_text": "a", "answer": "abcd", **DE_EN}, "translation_ratio", 2.0),
    ({"text": "ab", "source_text": "", **DE_EN}, "translation_ratio", None),
    ({"text": "", "source_text": "a", **DE_EN}, "translation_ratio", None),
    ({"text": "ab", "source_text": 5, **DE_EN}, "translation_ratio", None),
    ({"text": "ab", "source_text": "a"}, "translation_ratio", None),  # no translation
    ({"text": "ab", **DE_EN}, "translation_ratio", None),
]


@pytest.mark.parametrize(("record", "column", "value"), CASES)
def test_case(record: Mapping[str, object], column: str, value: object) -> None:
    single = measured(record)
    beside = measured({"text": "b\u00fc", "pred_text": "c", "lang": "xx"}, record, {"text": 1})
    assert single[column].to_list() == [value]
    assert beside[column].to_list()[1] == value


def test_nothing_is_known_of_a_malformed_row() -> None:
    row = measured({"text": "a", "pred_text": "b"}, {"text": "a", "duration": 0}).row(1, named=True)
    known = [m.name for m in METRICS if row.get(m.name) is not None]
    assert (known, row["script"], row["translation"]) == ([], None, None)


TEXTS = st.one_of(st.text(max_size=30), st.sampled_from(["no no NO", "Thank you.", "\u8c22\u8c22"]))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.sampled_from([None, "en", "ja", "xx"])), min_size=1))
def test_shares_are_those_of_the_definition(rows: list[tuple[str, str | None]]) -> None:
    frame = measured(*({"text": text, "lang": lang} for text, lang in rows))
    book = known_phrases().book
    phrases = set(book.keys.tolist())
    for (text, lang), row in zip(rows, frame.iter_rows(named=True), strict=True):
        counts, spaceless = measure_text(text, lang), row["word_len"] is None
        tokens = counts.chars_nospace if spaceless else counts.words
        distinct = None if spaceless else counts.distinct
        second = 0 if spaceless else counts.second_token
        assert {
            "loop_share": share(counts.loop_tokens, tokens),
            "distinct_words": share(distinct, counts.words),
            "digits_share": share(counts.digits, counts.chars_nospace),
            "upper_share": share(counts.uppers, counts.cased),
            "foreign_share": share(counts.foreign, counts.letters),
            "second_longest_ratio": share(counts.longest_token - second, second),
            "char_rate": counts.chars / 2.0,
            "has_punctuation": counts.has_stop,
            "hidden_chars": counts.hidden_chars,
            "char_run": counts.char_run,
            "script": SCRIPTS[counts.script],
            "hallucination": int(row["normal_key"] in phrases or composed(book, text)),
        }.items() <= row.items()


def composed(book: Phrasebook, text: str) -> bool:
    """Whether the text is made of phrases, and has a word by which to find them."""
    spans, cover = Spans.of([text]), book.cover(text)
    candidates = book.anchors.rows(spans.data, spans.start, spans.length)
    return bool(candidates.size and cover.total and cover.phrases == cover.total)


def share(part: int | None, whole: int) -> float | None:
    return part / whole if whole and part is not None else None


def test_phrases_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("# counted\nBuffering please 136\n\n42\n", encoding="utf-8")
    both = Settings(phrases=known_phrases([tmp_path / "mine.txt"]))
    records = [{"text": text, "duration": 1} for text in ("buffering, PLEASE", "", "42", "Thanks")]
    assert measure(clips_of(records), both)["hallucination"].to_list() == [1, 0, 0, 1]
    with pytest.raises(ConfigError, match="no such file"):
        known_phrases([tmp_path / "none.txt"])


def test_compression_is_whispers() -> None:
    texts = ["no " * 40, "hello", "", "gr\u00fc\u00df"]
    columns = measured(*({"text": text} for text in texts), groups=["compression"])
    whisper = [
        len(text.encode()) / len(zlib.compress(text.encode())) if text else None for text in texts
    ]
    assert columns["compression_ratio"].to_list() == whisper


def test_groups() -> None:
    text = {"compression", "duplicates", "lid", "near_duplicates", "ngrams", "tokens"}
    assert text | {"audio", "signal", "vad"} == OPT_IN
    assert groups_of(["text_duplicates", "words", "lang"]) == {"duplicates"}
    assert {m.group for m in chosen()} == {
        "",
        "agreement",
        "consensus",
        "scores",
        "voices",
        "translation",
        "words",
    }
    assert "compression_ratio" not in measured({"text": "a"}).columns


def profiled(rows: Sequence[Mapping[str, Any]], folder: Path, **options: Any) -> pl.DataFrame:
    lines = [
        json.dumps({"audio_filepath": "a.wav", "duration": 2.0, **row}, ensure_ascii=False)
        for row in rows
    ]
    (folder / "m.jsonl").write_text("\n".join(lines), encoding="utf-8")
    rules = load_rules(options.pop("rules", None))
    measured_settings = MeasureOptions(metrics=options.pop("groups", ()))
    write_profile([str(folder / "m.jsonl")], folder, rules, measure=measured_settings, **options)
    return pl.read_parquet(folder / "records.parquet")


COPIED: list[tuple[Mapping[str, Any], int | None, int | None]] = [
    ({"text": "No, no!"}, 3, 2),
    ({"text": "no NO", "offset": 1.0}, 3, 1),
    ({"text": "no no", "audio_filepath": "b.wav"}, 3, 1),
    ({"text": "other", "duration": 3.0}, 1, 2),
    ({"text": "...", "offset": 2.0}, None, 1),  # nothing to compare
    ({"text": "", "offset": 3.0}, None, 1),
    ({"text": "no no", "duration": 0}, None, None),  # malformed
]


def test_copies_are_counted_over_the_whole_input(tmp_path: Path) -> None:
    rows = [row for row, *_ in COPIED]
    plain = profiled(rows, tmp_path)
    rows_with_copies = profiled(rows, tmp_path, groups=["duplicates"])
    assert rows_with_copies.select("text_duplicates", "audio_duplicates").rows() == [
        tuple(n) for _, *n in COPIED
    ]
    assert rows_with_copies.drop("text_duplicates", "audio_duplicates").equals(plain), (
        "nothing else is another"
    )
    assert normalise("No, no!") == "no no"
    assert [path.name for path in tmp_path.glob("records*")] == ["records.parquet"]


def test_a_rule_that_names_copies_has_them_counted(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "schema: curate.rules/1\nname: mine\nrules:\n"
        "  - {id: often, metric: text_duplicates, bad: '>= 3', 'null': clean}\n"
    )
    tagged = profiled([row for row, *_ in COPIED], tmp_path, rules=tmp_path / "mine.yaml")
    assert tagged["verdict"].to_list() == [*["bad"] * 3, *["clean"] * 3, "malformed"]


def test_an_unknown_group_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown group 'copy'"):
        profiled([{"text": "a"}], tmp_path, groups=["copy"])


def test_agreement_is_left_out_of_a_profile_where_nothing_was_heard(tmp_path: Path) -> None:
    for record, is_listed in (({"text": "a"}, False), ({"text": "a", "pred_text": "a"}, True)):
        profiled([record], tmp_path)
        content = json.loads((tmp_path / "profile.json").read_text())
        assert ("wer" in [metric["name"] for metric in content["metrics"]]) == is_listed
