"""Contradictory rules: each refused with one clear message, at its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import ConfigError
from curate.rules.expression import holds, parse
from curate.rules.file import known_presets, load_rules
from curate.rules.file.conflicts import _impossible, conflicts

HEAD = "schema: curate.rules/1\nname: mine\n"

CONTRADICTORY: list[tuple[list[str], int, str]] = [
    # Rules, the line that is named, and the one thing that is said.
    (
        ["{id: a, metric: words, bad: ['< 9', '>= 9']}"],
        4,
        "rule 'a' would reject every record: words < 9 or words >= 9",
    ),
    (["{id: a, metric: words, bad: '>= 0'}"], 4, "rule 'a' would reject every record: words >= 0"),
    (
        ["{id: a, metric: duration_s, bad: '< 5'}", "{id: b, metric: duration_s, bad: '>= 3'}"],
        5,
        "rules 'a' and 'b' together reject every record: duration_s < 5 or duration_s >= 3",
    ),
    (
        ["{id: a, metric: words, bad: '< 5'}", "{id: b, metric: words, bad: '> 9', eval: '> 4'}"],
        5,
        "rules 'a' and 'b' together leave no record clean: words < 5 or words > 4",
    ),
    (
        ["{id: a, metric: words, bad: '> 9'}", "{id: b, metric: words, eval: '> 10'}"],
        5,
        "eval '> 10' can never trigger: rule 'a' (mine.yaml:4) rejects at 'words > 9'",
    ),
    (
        [
            "{id: a, metric: words, bad: '> 9', where: {lang: en}}",
            "{id: b, metric: words, eval: '> 10', where: {lang: en}}",
        ],
        5,
        "eval '> 10' can never trigger: rule 'a'",
    ),
    (
        ["{id: a, metric: words, bad: '> 9', where: words < 3}"],
        4,
        "rule 'a' can never be bad: 'words > 9' does not hold where 'words < 3' does",
    ),
    (
        ["{id: a, bad_if: words > 5 and words < 3}"],
        4,
        "can never be bad: 'words > 5 and words < 3'",
    ),
    (["{id: a, bad_if: words > 5 and words < 6 and words != 5.5}"], 0, ""),
    (["{id: a, eval_if: \"lang == 'a' and lang in ['b', 'c']\"}"], 4, "can never be borderline"),
    (["{id: a, bad_if: \"lang == 'a' and lang != 'a'\"}"], 4, "can never be bad"),
    (['{id: a, bad_if: "words > 1", where: "words < 0 or words == 1"}'], 0, ""),
    (["{id: a, bad_if: words > 1, eval_if: words > 1}"], 4, "it is bad under the same condition"),
    (["{id: a, metric: words, bad: '> 1', where: {lang: en}}"], 0, ""),
    (  # elsewhere than where the other applies
        [
            "{id: a, metric: words, bad: '> 9', where: {lang: en}}",
            "{id: b, metric: words, eval: '> 10', where: {lang: de}}",
            "{id: c, metric: words, eval: '> 10'}",
        ],
        0,
        "",
    ),
    (["{id: a, metric: words, bad: ['< 1', '> 9']}", "{id: b, metric: chars, bad: '< 20'}"], 0, ""),
]


@pytest.mark.parametrize(("entries", "line", "what"), CONTRADICTORY)
def test_contradictions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entries: list[str], line: int, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(f"{HEAD}rules:\n" + "".join(f"  - {each}\n" for each in entries))
    if not what:
        assert len(load_rules("mine.yaml").rules) == len(entries)
        return
    with pytest.raises(ConfigError) as raised:
        load_rules("mine.yaml")
    (fault,) = raised.value.faults
    assert fault.where == f"mine.yaml:{line}"
    assert what in fault.what
    assert fault.hint


def test_a_rule_against_one_of_the_extended_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"{HEAD}extends: default\nrules:\n  - {{id: fast, metric: char_rate, eval: '>= 35'}}\n"
    )
    message = (
        r"mine\.yaml:5: eval '>= 35' can never trigger: rule 'char_rate' \(rules/default\.yaml:"
    )
    with pytest.raises(ConfigError, match=message):
        load_rules(path)


def test_a_limit_that_speaks_in_one_language_only_is_none(tmp_path: Path) -> None:
    """Words of 40 letters are bad in every language but Thai, where that rule is off."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"{HEAD}extends: default\nrules:\n  - {{id: long, metric: word_len, eval: '>= 40'}}\n"
    )
    assert load_rules(path).rules[-1].id == "long"


@pytest.mark.parametrize("name", known_presets())
def test_no_preset_contradicts_itself(name: str) -> None:
    assert list(conflicts(load_rules(name).rules)) == []


comparison = st.builds(
    lambda sign, value: f"words {sign} {value}",
    st.sampled_from([">=", ">", "<=", "<", "==", "!="]),
    st.integers(-3, 3),
)
condition = st.recursive(
    comparison,
    lambda inner: st.builds(
        lambda parts, word: "(" + f" {word} ".join(parts) + ")",
        st.lists(inner, min_size=1, max_size=3),
        st.sampled_from(["and", "or"]),
    ),
    max_leaves=6,
)


@given(condition)
def test_what_is_called_impossible_holds_nowhere(text: str) -> None:
    node = parse(text, "here")
    somewhere = any(holds(node, {"words": value / 2}) for value in range(-9, 10))
    assert not (_impossible(node) and somewhere), text


@given(st.lists(comparison, min_size=1, max_size=4))
def test_what_holds_nowhere_is_found_among_conjunctions(parts: list[str]) -> None:
    text = " and ".join(parts)
    node = parse(text, "here")
    somewhere = any(holds(node, {"words": value / 2}) for value in range(-9, 10))
    assert _impossible(node) is not somewhere, re.escape(text)
