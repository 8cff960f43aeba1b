"""YAML without surprises: what a scalar means, and which line a value stands on."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import ConfigError, InputError
from curate.files.marked_yaml import line_of, plain_value, read_tree


def values_of(text: str, *, aliases: bool = False) -> Any:
    return plain_value(read_tree(text, "f.yaml", aliases=aliases))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),  # a language, not False
        ("on", "on"),
        ("true", True),
        ("1e-3", 1e-3),  # a text in YAML 1.1
        ("1.", 1.0),
        (".5", 0.5),
        ("12:30:45", "12:30:45"),  # 45045 in YAML 1.1
        ("2026-01-02", "2026-01-02"),
        ("007", 7),
        ("'7'", "7"),
        ("~", None),
        ("", None),
        ("-.inf", -math.inf),
        ("1_000", "1_000"),
        ("<|pnc|>", "<|pnc|>"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: Any) -> None:
    parsed = values_of(f"key: {text}")["key"]
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: 2\na: 3", 3, "key 'a' occurs twice, first in line 1"),
        ("a: &x 1\nb: *x", 1, "anchor '&x'"),
        ("a: &x 1\nb: *x", 2, "alias '*x'"),
        ("a: !!python/object:os.system x", 1, "tag"),
        ("a: !own x", 1, "tag"),
        ("a: [1", 1, "expected"),
        ("a: 1\n---\nb: 2", 3, "a second document"),
        ("? [1]\n: 2", 1, "a key must be a word"),
        ("a: 1\n<<: {b: 2}", 2, "a key must be a word"),
        (f"a:\n  {'[' * 5000}", 2, "nested more than 20 deep"),
        ("a:\n\t- 1", 2, "a tab, where YAML has spaces"),
    ],
)
def test_what_is_not_ours_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_tree(text, "f.yaml")
    where = f"f.yaml:{line}"
    assert any(each.where == where and what in each.what for each in raised.value.faults)


def test_all_faults_are_reported_at_once_as_the_caller_has_them() -> None:
    with pytest.raises(InputError) as raised:
        read_tree("a: &x 1\na: !own *x\n", "f.yaml", error=InputError)
    assert len(raised.value.faults) > 1


def test_aliases_are_copied_where_they_are_allowed() -> None:
    assert values_of("a: &x [1]\nb: *x", aliases=True) == {"a": [1], "b": [1]}


def test_aliases_of_aliases_are_bounded() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 8)]
    with pytest.raises(ConfigError, match="more than"):
        values_of("\n".join(["l0: &l0 [1]", *levels]), aliases=True)


def test_an_alias_within_itself_ends() -> None:
    with pytest.raises(ConfigError, match="within"):
        values_of("a: &a [*a]", aliases=True)


def test_lines_of_nested_values() -> None:
    tree = read_tree("# comment\na:\n  b: 1\n  c:\n    - x\n    - y\n", "f.yaml")
    assert [line_of(tree, steps) for steps in [("a",), ("a", "b"), ("a", "c", 1)]] == [2, 3, 6]
    assert line_of(tree, ("a", "missing")) == 2  # the closest parent that is there


# PyYAML writes the text 0E0 without quotes; what stands there then is a number, as 1e-3 has to be.
NUMBER = re.compile(r"[-+]?[0-9_]+[eE][-+]?[0-9]+\Z")
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(
        st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\x85\ufeff")
    ).filter(lambda text: not NUMBER.match(text)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abno", min_size=1), inner),
    max_leaves=10,
)


@given(PLAIN)
def test_what_omegaconf_writes_is_read_back(value: Any) -> None:
    text = yaml.dump({"key": value}, Dumper=_NoAliases, allow_unicode=True)
    assert values_of(text) == {"key": value}


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
