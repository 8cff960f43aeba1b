"""One rule file to its rules: every key known, every fault noted at its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from curate.artifacts.verdicts import VERDICTS
from curate.errors import ConfigError
from curate.errors.nearest import suggest
from curate.files.entries import Entries, FaultCollector
from curate.files.marked_yaml import Scalar, Table, Tree, plain_value
from curate.metrics import METRICS
from curate.rules.expression import BY_SYMBOL, parse
from curate.rules.file.condition import Condition, Limit
from curate.rules.file.groups import GroupRule, read_group
from curate.rules.file.keys import (
    FILE_KEYS,
    GROUP_KEYS,
    ID_PATTERN,
    RULE_KEYS,
    SCHEMA,
    TEXT_FIELDS,
    WHEN_NULL,
)
from curate.rules.file.limits import all_of, field_in, read_limit, superfluous
from curate.rules.file.model import Example, Rule
from curate.rules.file.stored import tree_of
from curate.text.languages import language_code

_ID = re.compile(ID_PATTERN)
_LIMITS = f"write an operator ({' '.join(BY_SYMBOL)}) and a number in quotes, as in '>= 30'"


class Draft(NamedTuple):
    """One entry under `rules` or `groups`: a rule, or the word that an extended file's is off."""

    id: str
    line: int
    override: bool
    rule: Rule | GroupRule | None


class RuleFile(NamedTuple):
    """Content of one file, before the file that it extends is read."""

    name: str
    extends: str
    extends_line: int
    drafts: tuple[Draft, ...]
    groups: tuple[Draft, ...] = ()
    max_rejected: float | None = None
    max_borderline: float | None = None
    languages: tuple[str, ...] = ()
    by_language: tuple[tuple[str, int], ...] = ()


def read_rule_file(text: str, notes: FaultCollector) -> RuleFile:
    """The file's content; what is wrong with it is in `notes`."""
    try:
        tree = tree_of(text, notes.file)
    except ConfigError as error:
        notes.take(error)
        return RuleFile("", "", 1, ())
    entries = Entries(tree, FILE_KEYS, "a rule file", notes)
    if isinstance(tree, Table):
        entries.require("schema", "name", "rules")
        entries.choice("schema", (SCHEMA,))
    extends = entries.node("extends")
    extended = not (extends is None or (isinstance(extends, Scalar) and extends.is_null()))
    return RuleFile(
        entries.text("name"),
        entries.text("extends") if extended else "",
        extends.line if extends else 1,
        *_all_drafts(entries, notes),
        _share("max_rejected", entries, notes),
        _share("max_borderline", entries, notes),
        tuple(_languages(entries, notes)),
        tuple((each.text, each.line) for each in entries.scalars("by_language")),
    )


def _languages(entries: Entries, notes: FaultCollector) -> Iterator[str]:
    """The codes under `languages`, as rows have them in `lang_code`."""
    for each in entries.scalars("languages"):
        code = language_code(each.text)
        if code is None:
            notes.add(
                each.line, f"'{each.text}' is not a language", "name an ISO 639 code, as in hy"
            )
        else:
            yield code


def _all_drafts(
    entries: Entries, notes: FaultCollector
) -> tuple[tuple[Draft, ...], tuple[Draft, ...]]:
    """The entries under `rules` and `groups`; no id occurs twice among both."""
    seen: dict[str, int] = {}
    rules = _drafts(entries.items("rules"), RULE_KEYS, _rule, seen, notes)
    groups = _drafts(entries.items("groups"), GROUP_KEYS, read_group, seen, notes)
    return tuple(rules), tuple(groups)


def _share(key: str, entries: Entries, notes: FaultCollector) -> float | None:
    node = entries.node(key)
    number = node.number() if isinstance(node, Scalar) else None
    if node is not None and (number is None or not 0 < number <= 1):
        notes.add(node.line, f"'{key}' is a share of hours, above 0 and up to 1", "as in 0.1")
    return number


def _drafts(
    trees: Sequence[Tree],
    known: Iterable[str],
    read: Callable[[str, Entries, FaultCollector], Rule | GroupRule | None],
    seen: dict[str, int],
    notes: FaultCollector,
) -> Iterator[Draft]:
    for tree in trees:
        entries = Entries(tree, known, "a rule", notes)
        name = _id(entries, notes) if isinstance(tree, Table) else ""
        if name in seen:
            first = seen[name]
            notes.add(tree.line, f"rule '{name}' occurs twice, first in line {first}")
        elif name:
            seen[name] = tree.line
            off = entries.flag("off")
            if off:
                _refuse_more(entries, notes)
            rule = None if off else read(name, entries, notes)
            yield Draft(name, tree.line, entries.flag("override"), rule)


def _id(entries: Entries, notes: FaultCollector) -> str:
    entries.require("id")
    name = entries.text("id")
    if name and not _ID.fullmatch(name):
        what = f"'{name}' is not an id"
        notes.add(entries.line, what, "use lower-case letters, digits and _, a letter first")
    return name


def _refuse_more(entries: Entries, notes: FaultCollector) -> None:
    if set(entries) - {"id", "override", "off"}:
        notes.add(entries.line, "a rule that is off has no other keys than 'id' and 'override'")


def _rule(name: str, entries: Entries, notes: FaultCollector) -> Rule:
    metric = _metric(entries, notes)
    bad, borderline = _conditions(metric, entries, notes)
    if not (bad or borderline) and not {"bad", "eval", "bad_if", "eval_if"} & set(entries):
        hint = "add bad: '>= 30' and eval: '>= 22', or bad_if and eval_if"
        notes.add(entries.line, f"rule '{name}' never triggers", hint)
    return Rule(
        id=name,
        metric=metric,
        bad=bad,
        borderline=borderline,
        where=_where(entries, notes),
        null="clean" if entries.choice("null", WHEN_NULL) == "clean" else "unknown",
        reason=entries.text("reason"),
        why=" ".join(entries.text("why").split()),
        examples=tuple(_examples(entries, notes)),
        at=notes.at(entries.line),
        convention=entries.flag("convention"),
        remedy=" ".join(entries.text("remedy").split()),
        in_groups="in_groups" not in entries or entries.flag("in_groups"),
    )


def _metric(entries: Entries, notes: FaultCollector) -> str:
    metric = entries.text("metric")
    names = tuple(each.name for each in METRICS)
    if metric and metric not in names:
        line = entries.node("metric")
        assert line is not None, "it has a text"
        notes.add(line.line, f"unknown metric '{metric}'", suggest(metric, names))
    return metric


def _conditions(
    metric: str, entries: Entries, notes: FaultCollector
) -> tuple[Condition | None, Condition | None]:
    limited = [key for key in ("bad", "eval") if key in entries]
    free = [key for key in ("bad_if", "eval_if") if key in entries]
    if free and (limited or metric):
        extra = (limited or ["metric"])[0]
        hint = "use either metric with bad and eval, or bad_if and eval_if, not both"
        notes.add(entries.line, f"'{free[0]}' and '{extra}' do not go together", hint)
    elif limited and "metric" not in entries:
        notes.add(entries.line, f"'{limited[0]}' without 'metric'", "name the metric of the limit")
    if free:
        return _free("bad_if", entries, notes), _free("eval_if", entries, notes)
    bad, borderline = _limits("bad", entries, notes), _limits("eval", entries, notes)
    _refuse_loose(bad, borderline, entries, notes)
    return (
        Condition.beyond(metric, bad) if bad else None,
        Condition.beyond(metric, borderline) if borderline else None,
    )


def _free(key: str, entries: Entries, notes: FaultCollector) -> Condition | None:
    text, node = entries.text(key), entries.node(key)
    return _parsed(text, node.line, notes) if text and node else None


def _parsed(text: str, line: int, notes: FaultCollector) -> Condition | None:
    try:
        return Condition(" ".join(text.split()), parse(text, notes.at(line)))
    except ConfigError as error:
        notes.take(error)
        return None


def _limits(key: str, entries: Entries, notes: FaultCollector) -> tuple[Limit, ...]:
    limits = []
    for scalar in entries.scalars(key):
        limit = read_limit(scalar.text)
        if limit is None:
            notes.add(scalar.line, f"'{key}' is not a limit: '{scalar.text}'", _LIMITS)
        else:
            limits.append(limit)
    return tuple(limits)


def _refuse_loose(
    bad: Sequence[Limit], borderline: Sequence[Limit], entries: Entries, notes: FaultCollector
) -> None:
    node = entries.node("eval")
    for limit in borderline if node else ():
        if superfluous(limit, bad):
            assert node is not None, "it has limits"
            shown = " or ".join(f"'{each}'" for each in bad)
            what = f"eval '{limit}' can never trigger: bad {shown} covers it"
            notes.add(node.line, what, "eval is the tighter limit; between the two is borderline")


def _where(entries: Entries, notes: FaultCollector) -> Condition | None:
    node = entries.node("where")
    if isinstance(node, Table):
        fields = Entries(node, TEXT_FIELDS, "'where'", notes)
        parsed = [_field(key, fields, notes) for key in fields if key in TEXT_FIELDS]
        conditions = [condition for condition in parsed if condition]
        return all_of(conditions) if conditions else None
    text = entries.text("where")
    return _parsed(text, node.line, notes) if text and node else None


def _field(field: str, fields: Entries, notes: FaultCollector) -> Condition | None:
    node = fields.node(field)
    negated = isinstance(node, Table)
    if node and negated:
        fields, key = Entries(node, ("not",), f"'{field}'", notes), "not"
        fields.require("not")
    else:
        key = field
    values = fields.scalars(key)
    return field_in(field, values, negated) if values else None


def _examples(entries: Entries, notes: FaultCollector) -> Iterator[Example]:
    for tree in entries.items("examples"):
        record = plain_value(tree)
        if not isinstance(record, dict):
            notes.add(tree.line, "an example is a record with its verdict")
            continue
        verdict = record.pop("verdict", None)
        if verdict not in VERDICTS:
            hint = f"add verdict: {', '.join(VERDICTS[:-1])} or {VERDICTS[-1]}"
            notes.add(tree.line, "an example without a known verdict", hint)
        else:
            yield Example(record, str(verdict), notes.at(tree.line))
