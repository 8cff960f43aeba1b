"""Text rules: what a file may say, and what becomes of texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import ConfigError
from curate.nemo.canary_prompt import plain_pnc
from curate.text_rules import apply, known_text_presets, load_text_rules, stages
from curate.text_rules.marks import CaseAndPunctuation
from curate.text_rules.read import read_text_rules
from curate.text_rules.template import template_of

HEAD = "schema: curate.text_rules/1\nname: mine\nrules:\n"


def changed(rules: str, texts: Sequence[str], **fields: Sequence[str | None]) -> list[str]:
    """What the rules make of the texts."""
    read = read_text_rules(HEAD + rules, "mine.yaml")
    columns = {name: pl.Series(values, dtype=pl.String) for name, values in fields.items()}
    return apply(read, pl.Series(texts), columns).texts.to_list()


# (a rule, a text, what becomes of it)
RULES = [
    ("{id: a, pattern: '<[^<>]*>', repl: ''}", "so <b>it</b> is", "so it is"),
    (r"{id: a, pattern: '(\w+)-(\w+)', repl: '\2 \1'}", "one-two", "two one"),
    (r"{id: a, pattern: '(?P<n>\d)', repl: '<\g<n>>'}", "a1", "a<1>"),
    ("{id: a, pattern: euro, repl: $5}", "euro", "$5"),  # a dollar names no group, as in re.sub
    ("{id: a, pattern: a, repl: b, count: 1}", "aaa", "baa"),
    ("{id: a, pattern: ABC, repl: x, ignore_case: true}", "abc", "x"),
    ("{id: a, patterns: [{pattern: a, repl: b}, {pattern: b, repl: c}]}", " ab ", " cc "),
    ("{id: a, regex_params_list: [{pattern: ' um ', repl: ' '}]}", "um so  um", "so"),
    ("{id: a, unicode: NFC}", "cafe\u0301", "caf\u00e9"),
    ("{id: a, unicode: NFKC}", "\uff21\ufb01", "Afi"),
    ("{id: a, case: lower}", "NASA \u0130I", "nasa i\u0307i"),
    ("{id: a, case: upper}", "straße", "STRASSE"),
    ("{id: a, remarks: remove}", "so (laughter) it (you know)", "so   it (you know)"),
    ("{id: a, digits: words, language: en}", "21 days, 2.5", "twenty-one days, two point five"),
    ("{id: a, digits: words, language: de}", "3,5 und 12", "drei Komma fünf und zwölf"),
    ("{id: a, digits: words}", "in 21 days", "in 21 days"),  # no language is known
    ("{id: a, digits: words, language: en}", "B2B 1,000 $5 10:30", "B2B 1,000 $5 10:30"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text", "expected"), RULES)
def test_a_rule_changes_a_text(rule: str, text: str, expected: str) -> None:
    texts = ["nothing here", text, "nor here"]
    lang: Mapping[str, Sequence[None]] = {"lang": [None] * 3}
    assert changed(f"  - {rule}\n", texts, **lang)[1] == expected
    assert texts == ["nothing here", text, "nor here"]


# (rule, text, the field before, the field after)
MARKS = [
    ("{id: a, reject: '[<>]'}", "so <b>", None, "text rule a"),
    ("{id: a, reject: [x, Y]}", "YES", None, "text rule a"),
    ("{id: a, reject: yes, ignore_case: true}", "YES", None, "text rule a"),
    ("{id: a, reject: '[<>]'}", "so it is", None, None),
    ("{id: a, reject: '[<>]'}", "so <b>", "noise", "noise"),  # the first reason counts
    ("{id: a, reject: '[<>]'}", "so <b>", "false", "text rule a"),
    ("{id: a, pnc: by_text}", "So it is.", None, "yes"),
    ("{id: a, pnc: by_text}", "so it is", "yes", "no"),
    ("{id: a, pnc: by_text}", "\u597d\u7684\u3002", None, "yes"),
    ("{id: a, pnc: by_text}", "", None, "no"),
]


@pytest.mark.parametrize(("rule", "text", "before", "after"), MARKS)
def test_a_mark_sets_a_field_and_leaves_the_text(
    rule: str, text: str, before: str | None, after: str | None
) -> None:
    rules = read_text_rules(f"{HEAD}  - {rule}\n", "mine.yaml")
    (name,) = rules.fields
    fields = {name: pl.Series([None, before], dtype=pl.String)}
    applied = apply(rules, pl.Series(["nothing", text]), fields)
    assert applied.texts.to_list() == ["nothing", text]
    assert applied.fields[name][1] == after
    assert applied.by_rule[0, 1] == (before != after)


@settings(deadline=None)
@given(st.text())
def test_pnc_is_what_canary_prompts_take_for_it(text: str) -> None:
    (shown,) = CaseAndPunctuation().outcome(pl.Series([text]))
    assert shown == plain_pnc(None, text)


def test_later_rules_see_the_field() -> None:
    rules = "  - {id: a, pnc: by_text}\n  - {id: b, pattern: e, repl: E, where: {pnc: 'no'}}\n"
    assert changed(rules, ["he is", "He is."], pnc=[None, None]) == ["hE is", "He is."]


def test_the_texts_before_stay_as_they_were() -> None:
    rules = read_text_rules(f"{HEAD}  - {{id: a, pattern: b, repl: c}}\n", "mine.yaml")
    before = pl.Series(["a", "b", "a", "a"])
    applied = apply(rules, before, {})
    assert before.to_list() == ["a", "b", "a", "a"]
    assert applied.by_rule.tolist() == [[False, True, False, False]]


def test_where_chooses_records_by_their_fields() -> None:
    rule = "  - {id: a, case: lower, where: {lang: de, pnc: ['no', nopnc]}}\n"
    lang = ["de-AT", "German", "en", None, "deu"]
    pnc = ["no", "nopnc", "no", "no", "yes"]
    assert changed(rule, ["A"] * 5, lang=lang, pnc=pnc) == ["a", "a", "A", "A", "A"]


def test_turkish_keeps_its_letters_apart() -> None:
    rule = "  - {id: a, case: lower}\n"
    assert changed(rule, ["ISPARTA", "ISPARTA"], lang=["tr", "en"]) == ["ısparta", "isparta"]


def test_a_rule_that_another_undoes_changes_nothing() -> None:
    rules = read_text_rules(
        f"{HEAD}  - {{id: a, pattern: x, repl: y}}\n  - {{id: b, pattern: y, repl: x}}\n", "m.yaml"
    )
    applied = apply(rules, pl.Series(["x", "y"]), {})
    assert applied.by_rule.tolist() == [[False, False], [False, True]]
    assert [each.to_list() for each in stages(rules, pl.Series(["x"]), {})] == [["x"], ["y"], ["x"]]


# (a file after its head, line and beginning of the fault)
FAULTS = [
    ("  - {pattern: a, repl: b}", 4, "a text rule without 'id'"),
    ("  - {id: a b, pattern: a, repl: b}", 4, "'a b' is no name"),
    ("  - {id: a}", 4, "a text rule without action"),
    ("  - {id: a, pattern: a, case: lower}", 4, "a text rule with pattern and case"),
    ("  - {id: a, case: lower, repl: x}", 4, "'repl' belongs to 'pattern'"),
    ("  - {id: a, pattern: a}", 4, "a text rule without 'repl'"),
    ("  - {id: a, pattern: 'a(?=b)', repl: b}", 4, "the pattern is not valid: look-around"),
    (r"  - {id: a, pattern: '(a)\1', repl: b}", 4, "the pattern is not valid: backreferences"),
    (r"  - {id: a, pattern: 'a\Z', repl: b}", 4, "the pattern is not valid: unrecognized escape"),
    ("  - {id: a, pattern: '', repl: b}", 4, "the pattern is not valid: it is empty"),
    (r"  - {id: a, pattern: a, repl: '\1'}", 4, "the pattern has no group 1"),
    (r"  - {id: a, pattern: a, repl: '\q'}", 4, "the replacement has an escape that is none: \\q"),
    ("  - {id: a, pattern: a, repl: b, count: 2}", 4, "count cannot be 2"),
    ("  - {id: a, case: title}", 4, "'case' cannot be 'title'"),
    ("  - {id: a, digits: words, language: klingonese}", 4, "unknown language 'klingonese'"),
    ("  - {id: a, regex_params_list: []}", 4, "'regex_params_list' is empty"),
    ("  - {id: a, regex_params_list: [{pattern: a}]}", 4, "an entry of regex_params_list without"),
    ("  - {id: a, reject: ['x', 'a(?=b)']}", 4, "the pattern is not valid: look-around"),
    ("  - {id: a, reject: ''}", 4, "the pattern is not valid: it is empty"),
    ("  - {id: a, pnc: always}", 4, "'pnc' cannot be 'always'"),
    (
        "  - {id: a, reject: x, examples: [{text: y, becomes: rejected}]}",
        4, "rule 'a': 'y' becomes 'kept', not 'rejected'",
    ),
    ("  - {id: a, case: lower, where: de}", 4, "'where' is written as keys and values"),
    ("  - {id: a, case: lower, wher: {lang: de}}", 4, "unknown key 'wher'"),
    ("  - {id: a, case: lower}\n  - {id: a, case: upper}", 5, "a second rule 'a'"),
    (
        "  - {id: a, case: lower, examples: [{text: A, becomes: b}]}",
        4, "rule 'a': 'A' becomes 'a', not 'b'",
    ),
    (
        "  - {id: a, pattern: a, repl: aa, examples: [{text: a, becomes: aa}]}",
        4, "rule 'a' changes its own result: 'aa' becomes 'aaaa'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "line", "what"), FAULTS)
def test_a_fault_is_named_with_its_line(rules: str, line: int, what: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_text_rules(f"{HEAD}{rules}\n", "mine.yaml")
    (fault, *_) = error.value.faults
    assert fault.where == f"mine.yaml:{line}"
    assert fault.what.startswith(what)


def test_all_faults_come_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        read_text_rules(f"{HEAD}  - {{id: a}}\n  - {{id: b, pattern: '(', repl: x}}\n", "m.yaml")
    assert [fault.where for fault in error.value.faults] == ["m.yaml:4", "m.yaml:5"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("rules: [{id: a, case: lower}]", "schema is not curate.text_rules/1"),
        ("schema: curate.text_rules/1", "no rules"),
        ("- a", "a file of text rules is written as keys and values"),
    ],
)
def test_a_file_that_holds_no_text_rules(content: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        read_text_rules(content, "mine.yaml")


def test_a_name_is_a_preset_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + f"{HEAD}  - {{id: a, case: lower}}\n".encode())
    assert [rule.id for rule in load_text_rules(str(file)).rules().rules] == ["a"]
    with pytest.raises(ConfigError, match="did you mean 'clean'"):
        load_text_rules("claen")
    with pytest.raises(ConfigError, match=r"missing\.yaml"):
        load_text_rules(str(tmp_path / "missing.yaml"))
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_text_rules(str(file))


def sub_regex(text: str, params: Sequence[tuple[str, str]]) -> str:
    """SubRegex of NVIDIA's Speech Data Processor, as its documentation defines it."""
    text = f" {text} "
    for pattern, repl in params:
        text = re.sub(pattern, repl, text)
    return re.sub(" +", " ", text).strip(" ")


@given(
    st.text("ab umUM-,.'’$\\1 é", max_size=30),
    st.lists(
        st.sampled_from([
            (" um ", " "), ("’", "'"), (r"([ab])-([ab])", r"\1 \2"), ("[,.]", ""), (r"\$", "$1"),
            ("(?i)UM", r"\\"), (r"\s", " "), ("é", "e"), ("^ ", "a"), ("b+", r"\g<0>b"),
        ]),
        min_size=1, max_size=4,
    ),
)  # fmt: skip
def test_a_list_of_speech_data_processor_gives_the_same(
    text: str, params: list[tuple[str, str]]
) -> None:
    entries = "".join(
        f"      - {{pattern: {quoted(pattern)}, repl: {quoted(repl)}}}\n"
        for pattern, repl in params
    )
    rules = f"  - id: a\n    regex_params_list:\n{entries}"
    assert changed(rules, [text]) == [sub_regex(text, params)]


def quoted(text: str) -> str:
    """A text as YAML quotes it, every character as it is."""
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("name", known_text_presets())
@settings(deadline=None)  # the first run compiles the patterns
@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_presets_change_nothing_more_the_second_time(name: str, texts: list[str]) -> None:
    rules = load_text_rules(name).rules()
    fields = {"lang": pl.Series([None] * len(texts), dtype=pl.String)}
    fields = fields if rules.fields else {}
    once = apply(rules, pl.Series(texts, dtype=pl.String), fields).texts
    assert apply(rules, once, fields).texts.to_list() == once.to_list()


def test_presets_have_examples_and_reasons() -> None:
    assert set(known_text_presets()) == {"clean", "clean-english", "no-pnc"}
    for name in known_text_presets():
        for rule in load_text_rules(name).rules().rules:
            assert rule.why, (name, rule.id)
            assert rule.examples, (name, rule.id)


def test_no_pattern_can_hang() -> None:
    rule = "  - {id: a, pattern: '(a+)+b', repl: ''}\n"
    assert changed(rule, ["a" * 50_000]) == ["a" * 50_000]


@pytest.mark.parametrize(
    ("repl", "expected"), [(r"\1", "${1}"), (r"\g<a>", "${a}"), ("$", "$$"), (r"\n", "\n")]
)
def test_replacements_are_those_of_python(repl: str, expected: str) -> None:
    assert template_of(repl) == expected
