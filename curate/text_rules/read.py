"""A file of text rules, read: every fault at its line, and the examples inside it tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import polars as pl

from curate.errors import ConfigError, raise_all
from curate.errors.nearest import suggest
from curate.files.entries import Entries, FaultCollector
from curate.files.marked_yaml import Scalar, Table, read_tree
from curate.text.languages import language_code
from curate.text_rules.apply import run_rule
from curate.text_rules.marks import CaseAndPunctuation, Mark, Rejection
from curate.text_rules.model import LANG, Example, TextRule, TextRules
from curate.text_rules.steps import (
    CASES,
    FORMS,
    Casing,
    Normalisation,
    NumbersInWords,
    PaddedSubstitutions,
    RemarksRemoved,
    Step,
    Substitution,
    Substitutions,
)
from curate.text_rules.template import groups_of, known_groups, template_of, why_no_pattern

SCHEMA: Final = "curate.text_rules/1"
_FILE: Final = ("schema", "name", "about", "rules")
_SUBSTITUTION: Final = ("pattern", "repl", "count")
_OF_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    "pattern": ("repl", "count", "ignore_case"),
    "patterns": (),
    "regex_params_list": (),
    "unicode": (),
    "case": (),
    "remarks": (),
    "digits": ("language",),
    "reject": ("ignore_case",),
    "pnc": (),
}
"""The keys that say what a rule does, and those that belong to each."""
_KEYS: Final = (
    "id",
    *_OF_KIND,
    *(key for keys in _OF_KIND.values() for key in keys),
    *("where", "why", "examples"),
)
_ID: Final = re.compile(r"[A-Za-z0-9][\w-]*\Z", re.ASCII)


def read_text_rules(text: str, file: str) -> TextRules:
    """The rules of a file. ConfigError with every fault and its line."""
    notes = FaultCollector(file)
    tree = read_tree(text, file, error=ConfigError)
    entries = Entries(tree, _FILE, "a file of text rules", notes)
    schema = entries.text("schema")
    if isinstance(tree, Table) and schema != SCHEMA:
        notes.add(tree.line, f"schema is not {SCHEMA}", f"begin the file with schema: {SCHEMA}")
    drafts = [_Draft(node, notes) for node in entries.items("rules")]
    rules = [rule for draft in drafts if (rule := draft.rule()) is not None]
    if not drafts and not notes.faults:
        notes.add(
            entries.line, "no rules", "as in rules: [{id: tags, pattern: '<[^<>]*>', repl: ' '}]"
        )
    _note_repeated(rules, notes)
    raise_all(ConfigError, notes.faults)
    _try_examples(rules, notes)
    raise_all(ConfigError, notes.faults)
    return TextRules(entries.text("name"), rules)


def _note_repeated(rules: list[TextRule], notes: FaultCollector) -> None:
    first: dict[str, int] = {}
    for rule in rules:
        if rule.id in first:
            notes.add(
                rule.line, f"a second rule '{rule.id}'", f"the first is in line {first[rule.id]}"
            )
        first.setdefault(rule.id, rule.line)


class _Draft:
    """A rule as its table is read."""

    def __init__(self, node: object, notes: FaultCollector) -> None:
        self._entries = Entries(node, _KEYS, "a text rule", notes)  # type: ignore[arg-type]
        self._notes = notes

    def rule(self) -> TextRule | None:
        """The rule; None where it has a fault that leaves none."""
        entries = self._entries
        entries.require("id")
        id = entries.text("id")
        if id and not _ID.match(id):
            self._add("id", f"'{id}' is no name", "letters, digits, _ and -")
        step = self._step()
        where, examples = self._where(), tuple(self._examples())
        if step is None or not id:
            return None
        return TextRule(id, step, entries.text("why"), where, examples, entries.line)

    def _add(self, key: str, what: str, hint: str = "") -> None:
        node = self._entries.node(key)
        self._notes.add(self._entries.line if node is None else node.line, what, hint)

    def _step(self) -> Step | None:
        entries = self._entries
        kinds = [kind for kind in _OF_KIND if kind in entries]
        if len(kinds) != 1:
            what = (
                f"a text rule with {' and '.join(kinds)}" if kinds else "a text rule without action"
            )
            self._notes.add(entries.line, what, f"give it one of {', '.join(_OF_KIND)}")
            return None
        (kind,) = kinds
        for other, keys in _OF_KIND.items():
            for key in keys:
                if key in entries and key not in _OF_KIND[kind]:
                    self._add(key, f"'{key}' belongs to '{other}'", f"the rule has '{kind}'")
        return _STEPS[kind](self)

    def substitution(self) -> Step | None:
        """`pattern`, `repl`."""
        flags = "(?i)" if self._entries.flag("ignore_case") else ""
        return _substitution(self._entries, self._notes, flags)

    def substitutions(self) -> Step | None:
        """`patterns`."""
        return self._listed("patterns")

    def padded(self) -> Step | None:
        """`regex_params_list`."""
        return PaddedSubstitutions(self._listed("regex_params_list"))

    def _listed(self, key: str) -> Substitutions:
        """The substitutions of a list."""
        nodes = self._entries.items(key)
        tables = [Entries(node, _SUBSTITUTION, f"an entry of {key}", self._notes) for node in nodes]
        if not tables:
            self._add(key, f"'{key}' is empty")
        steps = [_substitution(table, self._notes, "") for table in tables]
        return Substitutions([step for step in steps if step is not None])

    def normalisation(self) -> Step | None:
        """`unicode`."""
        return Normalisation(self._entries.choice("unicode", FORMS))

    def casing(self) -> Step | None:
        """`case`."""
        return Casing(self._entries.choice("case", CASES))

    def remarks(self) -> Step | None:
        """`remarks`."""
        self._entries.choice("remarks", ("remove",))
        return RemarksRemoved()

    def digits(self) -> Step | None:
        """`digits`."""
        self._entries.choice("digits", ("words",))
        language = self._entries.text("language")
        if language and language_code(language) is None:
            self._add("language", f"unknown language '{language}'", "an ISO 639 code, such as de")
        return NumbersInWords(language_code(language) if language else None)

    def rejection(self) -> Step | None:
        """`reject`: a pattern, or a list of them."""
        flags = "(?i)" if self._entries.flag("ignore_case") else ""
        patterns = self._entries.scalars("reject")
        for each in patterns:
            why = why_no_pattern(each.text) if each.text else ("it is empty", "")
            if why is not None:
                self._notes.add(each.line, f"the pattern is not valid: {why[0]}", why[1])
        return Rejection([flags + each.text for each in patterns])

    def case_and_punctuation(self) -> Step | None:
        """`pnc`."""
        self._entries.choice("pnc", ("by_text",))
        return CaseAndPunctuation()

    def _where(self) -> Mapping[str, frozenset[str]]:
        node = self._entries.node("where")
        if node is None:
            return {}
        if not isinstance(node, Table):
            self._add(
                "where", "'where' is written as keys and values", "as in where: {lang: [de, en]}"
            )
            return {}
        fields = Entries(node, [key.text for key, _ in node.entries], "where", self._notes)
        return {name: self._values(name, fields.scalars(name)) for name in fields}

    def _values(self, name: str, values: tuple[Scalar, ...]) -> frozenset[str]:
        """The values that a field may have; languages as their codes."""
        texts = [value.text for value in values]
        if name != LANG:
            return frozenset(texts)
        for value in values:
            if language_code(value.text) is None:
                self._notes.add(value.line, f"unknown language '{value.text}'", "such as de")
        return frozenset(language_code(text) or text for text in texts)

    def _examples(self) -> Iterator[Example]:
        for node in self._entries.items("examples"):
            table = Entries(node, ("text", "becomes", "lang"), "an example", self._notes)
            table.require("text", "becomes")
            texts = [_raw(table, key, self._notes) for key in ("text", "becomes")]
            yield Example(texts[0], texts[1], table.text("lang") or None, table.line)


_STEPS: Final[Mapping[str, Callable[[_Draft], Step | None]]] = {
    "pattern": _Draft.substitution,
    "patterns": _Draft.substitutions,
    "regex_params_list": _Draft.padded,
    "unicode": _Draft.normalisation,
    "case": _Draft.casing,
    "remarks": _Draft.remarks,
    "digits": _Draft.digits,
    "reject": _Draft.rejection,
    "pnc": _Draft.case_and_punctuation,
}


def _raw(entries: Entries, key: str, notes: FaultCollector) -> str:
    """The text under the key as it is, blanks at its ends too, or none."""
    node = entries.node(key)
    if node is None or isinstance(node, Scalar):
        return "" if node is None else node.text
    notes.add(node.line, f"'{key}' is a text")
    return ""


def _substitution(entries: Entries, notes: FaultCollector, flags: str) -> Substitution | None:
    """A pattern and what takes its place; None where either is wrong."""
    entries.require("pattern", "repl")
    pattern, repl = (_raw(entries, key, notes) for key in ("pattern", "repl"))
    if "pattern" not in entries or "repl" not in entries:
        return None
    why = why_no_pattern(pattern) if pattern else ("it is empty", "")
    if why is not None:
        what, hint = why
        notes.add(_line(entries, "pattern"), f"the pattern is not valid: {what}", hint)
        return None
    count = _raw(entries, "count", notes) or "0"
    if count not in ("0", "1"):
        notes.add(_line(entries, "count"), f"count cannot be {count}", "0 (all matches) or 1")
    try:
        template = template_of(repl)
    except ValueError as error:
        hint = r"groups are \1 or \g<name>; a backslash is \\"
        notes.add(
            _line(entries, "repl"), f"the replacement has an escape that is none: {error}", hint
        )
        return None
    for group in sorted(groups_of(template) - known_groups(pattern)):
        hint = suggest(group, sorted(known_groups(pattern) - {"0"}))
        notes.add(_line(entries, "repl"), f"the pattern has no group {group}", hint)
    return Substitution(flags + pattern, template, count == "1")


def _line(entries: Entries, key: str) -> int:
    node = entries.node(key)
    return entries.line if node is None else node.line


def _try_examples(rules: list[TextRule], notes: FaultCollector) -> None:
    """Note examples that become something else, or that the rule would change again."""
    for rule in rules:
        for example in rule.examples:
            given = pl.Series([example.text, example.becomes])
            once, twice = run_rule(rule, given, example.lang).to_list()
            if once != example.becomes:
                what = (
                    f"rule '{rule.id}': {example.text!r} becomes {once!r}, not {example.becomes!r}"
                )
                notes.add(example.line, what)
            elif twice != once and not isinstance(rule.step, Mark):
                what = f"rule '{rule.id}' changes its own result: {once!r} becomes {twice!r}"
                notes.add(example.line, what, "a rule applied twice must change nothing more")
