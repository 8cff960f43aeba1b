"""Tagging: verdicts, tags and reasons; and that rule files' own examples hold."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.columns import (
    DESCRIBED,
    LANG,
    MALFORMED,
    OFFSET_S,
    SOURCE,
    SPEAKER,
    VERDICT_COLUMNS,
    schema,
)
from curate.artifacts.verdicts import VERDICTS
from curate.errors import ConfigError
from curate.manifest.chunks import Chunk
from curate.manifest.examples import clips_of
from curate.manifest.nemo import read_batch
from curate.metrics import METRICS, groups_of
from curate.metrics.measure import Settings, measure
from curate.rules.evaluate import check_examples, explain, tag, tag_batch, verdict_of
from curate.rules.file import RuleSet, known_presets, load_rules

RULES = """\
schema: curate.rules/1
name: mine
rules:
  - {id: fast, metric: char_rate, bad: ">= 30", eval: ">= 22"}
  - {id: length, metric: duration_s, bad: ["< 0.1", "> 3600"], eval: ["< 0.5", "> 30"]}
  - {id: long_word, metric: word_len, bad: ">= 25", eval: ">= 20", null: clean}
  - {id: en_words, metric: words, bad: "== 0", where: {lang: [en, null]}, reason: no words}
  - {id: loops, bad_if: repetitions / words > 0.5 and words > 4, eval_if: repetitions > 2}
  - {id: odd, eval_if: "speaker == 'x' or offset_s > 9"}
"""

NAMES = tuple(metric.name for metric in METRICS)
FRAME = {
    **schema((MALFORMED, SOURCE, LANG, SPEAKER, OFFSET_S, *DESCRIBED)),
    **{metric.name: metric.dtype for metric in METRICS},
}
SOUND: Mapping[str, object] = {
    **dict.fromkeys(NAMES, 5),
    "duration_s": 2.0,
    "char_rate": 12.0,
    "char_rate_nospace": 10.0,
    "word_rate": 2.5,
    "repetitions": 1,
    "loop_share": 0.0,
    "hidden_chars": 0,
    "markup_chars": 0,
    "damaged_chars": 0,
    "foreign_share": 0.0,
    "hallucination": 0,
    "hallucination_share": 0.0,
    "credit_share": 0.0,
    "remarks_alone": 0,
    "remark_chars": 0,
    "offset_fault": 0,
    "translation_ratio": None,
    "script": "Latn",
    "translation": False,
    "source": "a.jsonl",
    "lang": "de",
    "speaker": "anna",
    "offset_s": 0.0,
    "malformed": None,
}


def frame_of(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    return pl.DataFrame([{**SOUND, **row} for row in rows], schema=FRAME)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    path = tmp_path_factory.mktemp("rules") / "mine.yaml"
    path.write_text(RULES, encoding="utf-8")
    return load_rules(path)


VERDICTS_OF: list[tuple[Mapping[str, object], str, list[str], str | None]] = [
    ({}, "clean", [], None),
    ({"char_rate": 34.2}, "bad", ["bad:fast"], "char_rate 34.2 >= 30"),
    ({"char_rate": 30.0}, "bad", ["bad:fast"], "char_rate 30 >= 30"),
    ({"char_rate": 29.9999}, "borderline", ["borderline:fast"], "char_rate 29.9999 >= 22"),
    ({"char_rate": 21.99999}, "clean", [], None),  # compared unrounded
    ({"char_rate": None}, "unknown", ["unknown:fast"], "char_rate unknown"),
    ({"char_rate": float("inf")}, "unknown", ["unknown:fast"], "char_rate unknown"),
    ({"word_len": None}, "clean", [], None),  # its rule says so
    ({"duration_s": 0.05}, "bad", ["bad:length"], "duration_s 0.05 < 0.1"),
    ({"duration_s": 0.09999999}, "bad", ["bad:length"], "duration_s 0.09999999 < 0.1"),
    ({"duration_s": 3600.0}, "borderline", ["borderline:length"], "duration_s 3600 > 30"),
    ({"duration_s": 30.00001}, "borderline", ["borderline:length"], "duration_s 30.00001 > 30"),
    ({"duration_s": 86400.0}, "bad", ["bad:length"], "duration_s 86400 > 3600"),
    ({"duration_s": 123456.7}, "bad", ["bad:length"], "duration_s 123457 > 3600"),
    ({"word_len": 123456}, "bad", ["bad:long_word"], "word_len 123456 >= 25"),  # a count is exact
    ({"words": 0, "lang": "en"}, "bad", ["bad:en_words"], "words 0 == 0: no words"),
    ({"words": 0, "lang": None}, "bad", ["bad:en_words"], "words 0 == 0: no words"),
    ({"words": 0}, "clean", [], None),  # the rule is not for German
    (
        {"repetitions": 4},
        "bad",
        ["bad:loops"],
        "repetitions / words > 0.5 and words > 4 (repetitions 4, words 5)",
    ),
    (
        {"repetitions": 4, "words": None},
        "unknown",
        ["unknown:loops"],
        "loops unknown",
    ),
    ({"repetitions": None, "words": 3}, "unknown", ["unknown:loops"], "loops unknown"),
    (
        {"speaker": None, "offset_s": 10.5},
        "borderline",
        ["borderline:odd"],
        "speaker == 'x' or offset_s > 9 (speaker unknown, offset_s 10.5)",
    ),
    (
        {"char_rate": 25, "duration_s": 0.01, "word_len": 22, "words": None},
        "bad",
        ["borderline:fast", "bad:length", "borderline:long_word", "unknown:loops"],
        "char_rate 25 >= 22; duration_s 0.01 < 0.1; word_len 22 >= 20; loops unknown",
    ),
    (
        {"char_rate": None, "word_len": 22},
        "unknown",  # worse than borderline
        ["unknown:fast", "borderline:long_word"],
        "char_rate unknown; word_len 22 >= 20",
    ),
    ({**dict.fromkeys(NAMES), "malformed": "not JSON"}, "malformed", ["malformed"], "not JSON"),
    ({"malformed": "not JSON", "char_rate": 99}, "malformed", ["malformed"], "not JSON"),
]


def test_verdicts(rules: RuleSet) -> None:
    tagged = tag_batch(frame_of([row for row, *_ in VERDICTS_OF]), rules)
    verdict_rows = tagged.select("verdict", "tags", "reason").rows()
    assert verdict_rows == [tuple(expected) for _, *expected in VERDICTS_OF]


@pytest.mark.parametrize("row", [row for row, *_ in VERDICTS_OF])
def test_judgement_of_a_row_alone(rules: RuleSet, row: Mapping[str, object]) -> None:
    single = tag(frame_of([row]).lazy(), rules).collect()
    together = tag_batch(frame_of([row for row, *_ in VERDICTS_OF] + [row]), rules).tail(1)
    assert single.equals(together)


def test_the_frame_keeps_its_columns_and_gains_the_verdicts(rules: RuleSet) -> None:
    frame = frame_of([{}])
    for tagged in (tag(frame.lazy(), rules).collect(), tag_batch(frame, rules)):
        assert tagged.schema == {**frame.schema, **schema(VERDICT_COLUMNS)}
    promised = tag(frame.lazy(), rules).collect_schema()
    assert promised == {**frame.schema, **schema(VERDICT_COLUMNS)}


@pytest.mark.parametrize("rows", [[], [{}], [{"char_rate": 99.0}]])
def test_few_rows(rules: RuleSet, rows: list[Mapping[str, object]]) -> None:
    tagged = tag(frame_of(rows).lazy(), rules).collect()
    assert tagged.height == len(rows)
    assert tagged.equals(tag_batch(frame_of(rows), rules))


def test_tagging_again_replaces_the_verdicts(rules: RuleSet) -> None:
    once = tag_batch(frame_of([{"char_rate": 99.0}]), load_rules())
    again = tag(once.lazy(), rules).collect()
    assert again.equals(tag_batch(frame_of([{"char_rate": 99.0}]), rules))
    assert tag_batch(once, rules).equals(again)


def test_no_rules_leave_only_clean_and_malformed(rules: RuleSet) -> None:
    tagged = tag_batch(frame_of([{"char_rate": 99.0}, {"malformed": "x"}]), rules.only())
    assert tagged["verdict"].to_list() == ["clean", "malformed"]


def test_a_column_that_is_not_there_is_said(rules: RuleSet) -> None:
    frame = frame_of([{}]).drop("word_len", "speaker")
    for apply in (lambda: tag(frame.lazy(), rules), lambda: tag_batch(frame, rules)):
        with pytest.raises(ConfigError, match="what the records lack: word_len, speaker"):
            apply()


def test_lazy_plans_may_push_through(rules: RuleSet) -> None:
    rows = [row for row, *_ in VERDICTS_OF]
    lazy, whole = tag(frame_of(rows).lazy(), rules), tag_batch(frame_of(rows), rules)
    assert lazy.select("verdict").collect()["verdict"].equals(whole["verdict"])
    bad = lazy.filter(pl.col("verdict") == "bad").select("tags", "words").collect()
    assert bad.equals(whole.filter(pl.col("verdict") == "bad").select("tags", "words"))
    assert lazy.collect(engine="streaming").equals(whole)


def test_a_hundred_rules(tmp_path: Path) -> None:
    entries = [
        f"  - {{id: r{at}, metric: words, bad: '== {at}', eval: '> {at}', where: duration_s > 0}}"
        for at in range(100)
    ]
    path = tmp_path / "many.yaml"
    path.write_text("schema: curate.rules/1\nname: many\nrules:\n" + "\n".join(entries))
    tagged = tag_batch(frame_of([{"words": 99}, {"words": 3}, {"words": 0}]), load_rules(path))
    expected = [
        [*(f"borderline:r{at}" for at in range(words)), f"bad:r{words}"] for words in (99, 3, 0)
    ]
    assert tagged["tags"].to_list() == expected


floats = st.one_of(
    st.none(), st.floats(), st.sampled_from([0.1, 0.5, 22.0, 30.0, 29.99999, 3600.0])
)  # fmt: skip
counts = st.one_of(st.none(), st.integers(0, 30))
rows = st.fixed_dictionaries(
    {
        "char_rate": floats,
        "duration_s": floats,
        "offset_s": floats,
        "words": counts,
        "word_len": counts,
        "letters": counts,
        "repetitions": counts,
        "lang": st.sampled_from([None, "en", "zh-CN", "no"]),
        "speaker": st.sampled_from([None, "x", "[/b]"]),
        "malformed": st.sampled_from([None, None, None, "not JSON"]),
    }
)


@pytest.mark.parametrize("name", ["mine", "default", "multilingual"])
@settings(deadline=None)
@given(some=st.lists(rows, max_size=6), seed=st.integers(0, 99))
def test_batches_and_rows_agree_in_any_order(
    rules: RuleSet, name: str, some: list[dict[str, object]], seed: int
) -> None:
    rule_options = rules if name == "mine" else PRESETS[name]
    mixed = random.Random(seed).sample(some, len(some))
    for each, tagged in zip(
        mixed, tag_batch(frame_of(mixed), rule_options).to_dicts(), strict=True
    ):
        findings = explain({**SOUND, **each}, rule_options)
        assert tagged["tags"] == [finding.tag for finding in findings]
        assert tagged["verdict"] == verdict_of(findings)
        assert (tagged["reason"] is None) == (tagged["verdict"] == "clean")


PRESETS = {name: load_rules(name) for name in ("default", "multilingual")}


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_words_never_contradict_the_limit(value: float) -> None:
    only = PRESETS["default"].only("char_rate")
    row = tag_batch(frame_of([{"char_rate": value}]), only).row(0, named=True)
    if row["verdict"] != "clean":
        _, shown, symbol, bound = row["reason"].split()
        assert symbol == ">="
        assert float(shown) >= float(bound)
    else:
        assert value < 22


def test_equal_values_of_two_types_keep_their_own_words(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.partition("rules:")[0] + "rules:\n- {id: a, metric: words, bad: '< 9'}\n")
    rules = load_rules(path)
    for values, shown in (
        ([1.0, 0.0, -0.0], ["1", "0", "-0"]),
        ([1, 0, 0], ["1", "0", "0"]),
        ([0.0, -0.0, 1.0], ["0", "-0", "1"]),
    ):
        rows = frame_of([{}] * 3).with_columns(pl.Series("words", values))
        assert tag_batch(rows, rules)["reason"].to_list() == [f"words {each} < 9" for each in shown]


def test_explain_tells_values_limits_and_evidence() -> None:
    row = {**SOUND, "char_rate": 0.5, "word_len": 4, "words": 2, "duration_s": 14.0}
    (finding,) = explain(row, PRESETS["default"])
    assert (finding.tag, finding.condition) == ("bad:char_rate_low", "char_rate < 1")
    assert (
        finding.where
        == "translation == 0 and words > 0 and word_len is not null and duration_s >= 4"
    )
    assert finding.values == {
        "translation": False, "words": 2, "word_len": 4, "duration_s": 14.0, "char_rate": 0.5
    }  # fmt: skip
    assert finding.why.startswith("A text far shorter than its audio")
    assert explain(SOUND, PRESETS["default"]) == []


def measured(records: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    return measure(read_batch(Chunk("examples", 0, lines.encode())))


@pytest.mark.parametrize("name", known_presets())
def test_every_example_of_a_preset_holds(name: str) -> None:
    rules = load_rules(name)
    settings = Settings(groups_of(rules.names))
    checked = check_examples(rules, lambda records: measure(clips_of(records), settings))
    assert not checked.faults
    assert checked.run == sum(len(rule.examples) for rule in rules.rules) >= 30


def test_an_example_that_does_not_hold_is_told_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "schema: curate.rules/1\nname: mine\nrules:\n"
        "  - id: none\n    metric: words\n    bad: '> 99'\n"
        "  - id: loops\n    metric: repetitions\n    bad: '>= 3'\n    examples:\n"
        "      - {text: a a a, duration: 1, verdict: bad}\n"
        "      - {text: a a, duration: 1, verdict: bad}\n"
        "  - id: fast\n    metric: char_rate\n    bad: '>= 3'\n    examples:\n"
        "      - {text: a a a, duration: 1, verdict: clean}\n"
        "      - {text: a a a, verdict: malformed}\n"
    )
    checked = check_examples(load_rules(path), measured)
    assert checked.run == 4
    assert [(fault.where.rpartition(":")[2], fault.what) for fault in checked.faults] == [
        ("12", "rule 'loops' finds this example clean, not bad"),
        ("17", "rule 'fast' finds this example bad (char_rate 5 >= 3), not clean"),
    ]


def test_rules_without_examples_need_no_measure(rules: RuleSet) -> None:
    def never(_: Sequence[Mapping[str, object]]) -> pl.DataFrame:
        raise AssertionError("nothing to measure")

    assert check_examples(rules, never).run == 0


def test_said_levels_are_ordered_as_verdicts() -> None:
    assert VERDICTS == (
        "clean", "borderline", "unknown", "bad", "untranscribed", "skipped", "malformed"
    )  # fmt: skip
