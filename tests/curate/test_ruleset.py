"""Rule files: what is read from them, and what is refused, where."""

from __future__ import annotations

import hashlib
import math
import os
import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.verdicts import VERDICTS
from curate.errors import ConfigError, Fault
from curate.files.entries import FaultCollector
from curate.files.marked_yaml import plain_value, read_tree
from curate.metrics import METRICS
from curate.rules.file import RuleSet, Threshold, known_presets, load_rules, thresholds
from curate.rules.file.condition import Limit
from curate.rules.file.limits import read_limit, superfluous
from curate.rules.file.model import Severity
from curate.rules.file.read import read_rule_file
from curate.text_rules.read import read_text_rules

README = Path(__file__).parents[2] / "rules" / "README.md"

HEAD = "schema: curate.rules/1\nname: mine\n"
TWICE = "{id: char_rate, bad_if: words > 1}"
TYPO = "{id: char_rat, override: true, bad_if: words > 1}"


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rules_of(folder: Path, *entries: str) -> RuleSet:
    return load_rules(
        write(folder, f"{HEAD}rules:\n" + "".join(f"  - {each}\n" for each in entries))
    )


def faults_of(path: Path) -> list[tuple[int, str, str]]:
    """Line, what and hint of each fault; every one must name the file."""
    with pytest.raises(ConfigError) as raised:
        load_rules(path)
    return [_placed(fault, path) for fault in raised.value.faults]


def _placed(fault: Fault, path: Path) -> tuple[int, str, str]:
    file, _, line = fault.where.rpartition(":")
    assert file == str(path)
    return int(line), fault.what, fault.hint


def test_the_users_thresholds_are_the_default() -> None:
    limits = {
        (each.metric, each.severity, each.operator, each.value)
        for each in thresholds(load_rules().of_languages(()))
        if not each.where
    }
    assert limits == {
        ("char_rate", "bad", ">=", 30.0),
        ("char_rate", "borderline", ">=", 22.0),
        ("word_len", "bad", ">=", 25.0),
        ("word_len", "borderline", ">=", 20.0),
        ("repetitions", "bad", ">=", 15.0),
        ("repetitions", "borderline", ">=", 4.0),
        ("duration_s", "bad", "<", 0.1),
        ("duration_s", "borderline", "<", 0.5),
        ("duration_s", "borderline", ">", 30.0),
        ("words", "bad", "==", 0.0),
        ("offset_fault", "bad", "==", 1.0),
        ("translation_ratio", "borderline", ">=", 4.0),
        ("markup_chars", "borderline", ">", 0.0),
        ("damaged_chars", "borderline", ">", 0.0),
        ("remarks_alone", "bad", "==", 1.0),
        ("credit_share", "bad", ">=", 0.8),
        ("credit_share", "borderline", ">", 0.0),
    }, "a limit of the default preset has changed: list it here"


@pytest.mark.parametrize("name", known_presets())
def test_every_preset_gives_its_evidence_and_examples(name: str) -> None:
    rules = load_rules(name)
    assert rules.name == name.rpartition("/")[2]
    assert rules.path == f"rules/{name}.yaml"
    for rule in rules.rules:
        assert rule.why, rule.at
        verdicts = {example.verdict for example in rule.examples}
        assert {severity for severity, _ in rule.conditions()} <= verdicts, rule.at
        assert "clean" in verdicts, rule.at


def test_there_are_presets_and_default_is_one_of_them() -> None:
    assert {"default", "multilingual", "lang/zh", "lang/de"} <= set(known_presets())
    assert load_rules() == load_rules("default")


def test_the_example_of_the_readme_loads(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    whole, groups, text_rules = blocks
    assert len(read_text_rules(text_rules, "README.md").rules) == 2
    assert len(load_rules(write(tmp_path, f"{HEAD}rules: []\n{groups}")).groups) == 2
    rules = load_rules(write(tmp_path, whole))
    assert [rule.id for rule in rules.rules][-1] == "whisper_loops"
    assert len(rules.rules) == len(load_rules().rules) + 1


def test_the_readme_lists_every_preset() -> None:
    text = README.read_text(encoding="utf-8")
    missing = [name for name in known_presets() if f"`{name}`" not in text]
    assert not missing


def test_sha256_is_of_the_file_and_what_it_extends(tmp_path: Path) -> None:
    base = write(tmp_path, f"{HEAD}rules: []\n", "base.yaml")
    mine = write(tmp_path, f"{HEAD}extends: base.yaml\nrules: []\n")
    assert load_rules(base).sha256 == hashlib.sha256(base.read_bytes()).hexdigest()
    both = mine.read_bytes() + base.read_bytes()
    assert load_rules(mine).sha256 == hashlib.sha256(both).hexdigest()


WHOLE = """\
id: fast
    metric: char_rate
    bad: ['>= 1e2', '< 1e-3']
    eval: '>=22'
    where: {lang: no}
    null: clean
    reason: too fast
    why: |
      so
      it is
    examples:
      - {text: a, duration: 1, pnc: yes, lang: no, ok: true, verdict: bad}"""


def test_a_rule_is_read_whole(tmp_path: Path) -> None:
    (rule,) = rules_of(tmp_path, WHOLE).rules
    assert (rule.id, rule.metric, rule.null) == ("fast", "char_rate", "clean")
    assert (rule.reason, rule.why) == ("too fast", "so it is")
    assert rule.at == f"{tmp_path}/mine.yaml:4"
    assert rule.bad is not None
    assert rule.bad.text == "char_rate >= 100 or char_rate < 0.001"
    assert rule.where is not None
    assert rule.where.text == "lang in ['no']"
    assert rule.names() == ("lang", "char_rate")
    (example,) = rule.examples
    assert example.record == {"text": "a", "duration": 1, "pnc": "yes", "lang": "no", "ok": True}
    assert (example.verdict, example.at) == ("bad", f"{tmp_path}/mine.yaml:15")


def test_thresholds_in_rule_order(tmp_path: Path) -> None:
    rules = rules_of(
        tmp_path,
        "{id: a, metric: words, bad: ['< 1', '> 9'], eval: '> 5', where: {lang: {not: [zh, ~]}}}",
        "{id: b, bad_if: words > 1 and  words < 2, why: w}",
    )
    where = "lang not in ['zh', null]"
    assert thresholds(rules) == [
        Threshold("a", "words", "bad", "<", 1.0, "words < 1", where, ""),
        Threshold("a", "words", "bad", ">", 9.0, "words > 9", where, ""),
        Threshold("a", "words", "borderline", ">", 5.0, "words > 5", where, ""),
        Threshold("b", "", "bad", "", None, "words > 1 and words < 2", "", "w"),
    ]


def test_extending_keeps_places_overrides_and_drops(tmp_path: Path) -> None:
    write(
        tmp_path,
        f"{HEAD}rules:\n"
        "  - {id: a, metric: words, bad: '> 1'}\n"
        "  - {id: b, metric: words, bad: '> 2'}\n"
        "  - {id: c, metric: words, bad: '> 3'}\n",
        "base.yaml",
    )
    mine = write(
        tmp_path,
        f"{HEAD}extends: base.yaml\nrules:\n"
        "  - {id: d, metric: words, bad: '> 4'}\n"
        "  - {id: b, override: true, off: true}\n"
        "  - {id: a, override: true, metric: chars, bad: '> 5'}\n",
    )
    conditions = [(rule.id, rule.bad.text if rule.bad else "") for rule in load_rules(mine).rules]
    assert conditions == [("a", "chars > 5"), ("c", "words > 3"), ("d", "words > 4")]


RULE_FAULTS = [
    # Keys of one rule, the line among them, what is wrong with it, and how to fix it.
    ("id: a; metric: char_rat; bad: '> 1'", 2, "unknown metric 'char_rat'", "mean 'char_rate'?"),
    ("id: a; metric: lang; bad: '> 1'", 2, "unknown metric 'lang'", "known: duration_s, "),
    ("id: a; metric: words", 1, "rule 'a' never triggers", "add bad: "),
    ("id: a; metric: words; bda: '> 1'", 3, "unknown key 'bda'", "did you mean 'bad'?"),
    ("id: a; bad: '> 1'", 1, "'bad' without 'metric'", "name the metric of the limit"),
    ("id: a; metric: words; bad: 30", 3, "'bad' is not a limit: '30'", "write an operator"),
    ("id: a; metric: words; bad: '> x'", 3, "'bad' is not a limit: '> x'", "as in '>= 30'"),
    ("id: a; metric: words; bad: '> 1e999'", 3, "'bad' is not a limit: '> 1e999'", ""),
    ("id: a; metric: words; bad: ~", 3, "'bad' is not a limit: '~'", ""),
    ("id: a; metric: words; bad: []", 3, "'bad' is an empty list", ""),
    ("id: a; metric: words; bad: {x: y}", 3, "'bad' is a value or a list of values", ""),
    ("id: a; metric: words; bad: >= 30", 3, "not YAML: ", "put the value in quotes"),
    ("id: a; metric: words; bad: != 30", 3, "tag '!='", "put the value in quotes"),
    (
        "id: a; metric: words; bad: '> 9'; eval: '> 10'",
        4,
        "eval '> 10' can never trigger",
        "tighter",
    ),
    ("id: a; metric: words; bad: '> 9'; eval: '> 9'", 4, "eval '> 9' can never trigger", "tighter"),
    ("id: a; metric: words; bad: '< 1'; eval: '== 0'", 4, "eval '== 0' can never trigger", ""),
    ("id: a; metric: words; bad: ['< 9', '>= 9']; eval: '!= 3'", 4, "can never trigger", ""),
    ("id: a; metric: words; bad: '> 1'; bad_if: words > 1", 1, "'bad_if' and 'bad' do not", ""),
    ("id: a; metric: words; bad_if: words > 1", 1, "'bad_if' and 'metric' do not go", "not both"),
    ("id: a; bad_if: words >", 2, "expected a number", ""),
    ("id: a; bad_if: char_rat > 1", 2, "unknown metric or field", "mean 'char_rate'?"),
    ("id: a; bad_if: [words > 1]", 2, "'bad_if' is a text", ""),
    ("id: A b; bad_if: words > 1", 1, "'A b' is not an id", "lower-case letters"),
    ("bad_if: words > 1", 1, "a rule without 'id'", ""),
    ("id: a; id: b; bad_if: words > 1", 2, "key 'id' occurs twice, first in line 4", "keep one"),
    ("&x {id: a, bad_if: words > 1}", 1, "anchor '&x'", "write the value out"),
    ("*x", 1, "alias '*x'", "write the value out"),
    ("!!python/object:os.system {id: a}", 1, "tag 'tag:yaml.org,2002:python/object:", ""),
    ("id: a; bad_if: words > 1; where: {long: en}", 3, "unknown key 'long'", "mean 'lang'?"),
    ("id: a; bad_if: words > 1; where: {lang: {nit: en}}", 3, "unknown key 'nit'", "mean 'not'?"),
    ("id: a; bad_if: words > 1; where: {lang: []}", 3, "'lang' is an empty list", ""),
    ("id: a; bad_if: words > 1; where: {lang: {not: {x: y}}}", 3, "'not' is a value or", ""),
    ("id: a; bad_if: words > 1; where: words", 3, "expected a condition", ""),
    ("id: a; bad_if: words > 1; null: bad", 3, "'null' cannot be 'bad'", "unknown, clean"),
    ("id: a; bad_if: words > 1; override: yes", 3, "'override' is true or false", ""),
    ("id: a; bad_if: words > 1; override: true", 1, "no rule 'a' to override", "extends no other"),
    ("id: a; off: true", 1, "only an extended file's rule can be off", "override: true"),
    ("id: a; off: true; override: true; why: x", 1, "a rule that is off has no other keys", ""),
    ("id: a; bad_if: words > 1; why: []", 3, "'why' is a text", ""),
    ("id: a; bad_if: words > 1; examples: {x: y}", 3, "'examples' is a list", ""),
    (
        "id: a; bad_if: words > 1; examples: [{text: x}]",
        3,
        "without a known verdict",
        "add verdict",
    ),
    ("id: a; bad_if: words > 1; examples: [x]", 3, "an example is a record", ""),
    ("x", 1, "a rule is written as keys and values", "known: id, "),
    ("[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]", 1, "nested more than 20 deep", ""),
    ("? [a]; : b", 1, "a key must be a word", ""),
    ("'x", 2, "not YAML: found unexpected end of stream", ""),
]


@pytest.mark.parametrize(("keys", "line", "what", "hint"), RULE_FAULTS)
def test_faults_of_a_rule(tmp_path: Path, keys: str, line: int, what: str, hint: str) -> None:
    body = keys.replace("; ", "\n    ")
    at, message, how = faults_of(write(tmp_path, f"{HEAD}rules:\n  - {body}\n"))[0]
    assert at == 3 + line
    assert what in message
    assert hint in how


FILE_FAULTS = [
    ("name: x\nrules: []", 1, "a rule file without 'schema'"),
    ("schema: curate.rules/1\nrules: []", 1, "a rule file without 'name'"),
    (HEAD, 1, "a rule file without 'rules'"),
    ("schema: curate.rules/2\nname: x\nrules: []", 1, "'schema' cannot be 'curate.rules/2'"),
    (f"{HEAD}rules: x", 3, "'rules' is a list"),
    (f"{HEAD}rules: []\nrulez: []", 4, "unknown key 'rulez'"),
    (f"{HEAD}extends: [default]\nrules: []", 3, "'extends' is a text"),
    (f"{HEAD}extends: defualt\nrules: []", 3, "unknown rules 'defualt'"),
    (f"{HEAD}extends: mine.yaml\nrules: []", 3, "'mine.yaml' extends this file in turn"),
    (f"{HEAD}rules:\n- {TWICE}\n- {TWICE}", 5, "rule 'char_rate' occurs twice, first in line 4"),
    (f"{HEAD}extends: default\nrules: [{TWICE}]", 4, "already exists at rules/default.yaml:"),
    (f"{HEAD}extends: default\nrules: [{TYPO}]", 4, "no rule 'char_rat' to override"),
    ("- x", 1, "a rule file is written as keys and values"),
    ("x", 1, "a rule file is written as keys and values"),
    (f"{HEAD}---\nx", 4, "a second document"),
]


@pytest.mark.parametrize(("text", "line", "what"), FILE_FAULTS)
def test_faults_of_a_file(tmp_path: Path, text: str, line: int, what: str) -> None:
    at, message, _ = faults_of(write(tmp_path, text))[0]
    assert at == line
    assert what in message


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}rulez: []\nrules: []\n", "base.yaml")
    mine = write(
        tmp_path,
        f"{HEAD}extends: base.yaml\nrules:\n"
        "  - {id: a, metric: char_rat, bad: '> 1', evil: x}\n"
        "  - {id: b, bad_if: 'words >', eval_if: wrods > 1 or chras > 1}\n"
        "  - {id: c, metric: words}\n",
    )
    with pytest.raises(ConfigError) as raised:
        load_rules(mine)
    places = sorted(fault.where.rpartition("/")[2] for fault in raised.value.faults)
    assert places == ["base.yaml:3", *["mine.yaml:5"] * 2, *["mine.yaml:6"] * 3, "mine.yaml:7"]


def test_a_circle_of_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}extends: b.yaml\nrules: []\n", "a.yaml")
    write(tmp_path, f"{HEAD}extends: a.yaml\nrules: []\n", "b.yaml")
    with pytest.raises(ConfigError, match=r"'a\.yaml' extends this file in turn"):
        load_rules(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("defualt", "unknown rules 'defualt'\n  hint: did you mean 'default'?"),
        ("../rules/default", "unknown rules"),
        ("/etc/passwd", "unknown rules"),
        ("nowhere.yaml", "nowhere.yaml: there is no such file"),
        (Path("nowhere"), "nowhere: there is no such file"),
    ],
)
def test_rules_that_are_not_there(name: str | Path, what: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(what)):
        load_rules(name)


def test_files_that_cannot_be_text(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "latin.yaml").write_bytes(b"schema: x\nname: caf\xe9\n")
    (tmp_path / "control.yaml").write_bytes(b"schema: \x07\n")
    (tmp_path / "empty.yaml").write_bytes(b"")
    (tmp_path / "large.yaml").write_bytes(b"#" * ((1 << 20) + 1))
    reasons = {
        "pipe": "no such file",
        "folder": "no such file",
        "latin": "latin.yaml:2: not UTF-8: byte 0xe9",
        "control": "not YAML: ",
        "empty": "the file is empty",
        "large": "larger than 1,048,576 bytes",
    }
    for name, what in reasons.items():
        with pytest.raises(ConfigError, match=re.escape(what)):
            load_rules(tmp_path / f"{name}.yaml")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEAD}rules: []\n".encode())
    assert load_rules(path).rules == ()


YAML_VALUES = [
    ("no", "no"), ("yes", "yes"), ("12:30:45", "12:30:45"), ("2026-11-23", "2026-11-23"),
    ("1e-3", 0.001), ("1e5", 1e5), ("12", 12), ("-1.5", -1.5), ("0x10", "0x10"), ("1_000", "1_000"),
    (".inf", math.inf), ("nan", "nan"), ("'12'", "12"), ("true", True), ("True", True),
    ("null", None), ("~", None), ("''", ""), ("[1, [a]]", [1, ["a"]]), ("{a: no}", {"a": "no"}),
    ("12345678901234567890123", 12345678901234567890123),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), YAML_VALUES)
def test_yaml_guesses_no_types(text: str, value: object) -> None:
    values = plain_value(read_tree(f"- {text}", "f"))
    assert values == [value]
    assert isinstance(values, list)
    assert type(values[0]) is type(value)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab: -[]{},#&*!|>'\"%@`\n?\t0~"), max_size=40))
def test_any_yaml_is_read_or_noted(text: str) -> None:
    for body in (text, f"{HEAD}rules:\n  - id: a\n    bad_if: words > 1\n    {text}"):
        notes = FaultCollector("f")
        file = read_rule_file(body, notes)
        assert file.drafts or notes.faults


limit = st.builds(
    lambda symbol, value: read_limit(f"{symbol} {value}"),
    st.sampled_from([">=", ">", "<=", "<", "==", "!="]),
    st.integers(-3, 3),
)


@settings(deadline=None)
@given(limit, st.lists(limit, max_size=3))
def test_superfluous_means_never_alone(one: Limit, others: list[Limit]) -> None:
    only_covered = [
        value / 2
        for value in range(-20, 21)
        if one.covers(value / 2) and not any(other.covers(value / 2) for other in others)
    ]
    assert superfluous(one, others) is not bool(only_covered)


def test_severities_are_verdicts() -> None:
    assert set(get_args(Severity)) < set(VERDICTS)
    assert len(METRICS) > 10
