"""The rules of a file and of the one that it extends, as one list; presets of languages as such."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from curate.errors.nearest import suggest
from curate.files.entries import FaultCollector
from curate.rules.file.groups import GroupRule
from curate.rules.file.languages import LanguagePreset, in_place_of
from curate.rules.file.model import Rule
from curate.rules.file.read import Draft, RuleFile

AnyRule = TypeVar("AnyRule", Rule, GroupRule)


def merge(
    base: Sequence[AnyRule], drafts: Sequence[Draft], notes: FaultCollector
) -> tuple[AnyRule, ...]:
    """The base's rules with those overridden in their place, then the new ones."""
    merged: dict[str, AnyRule | None] = {rule.id: rule for rule in base}
    for draft in drafts:
        overridden = merged.get(draft.id)
        if draft.override and overridden is None:
            known = tuple(rule.id for rule in base)
            hint = suggest(draft.id, known) if known else "this file extends no other"
            notes.add(draft.line, f"no rule '{draft.id}' to override", hint)
        elif overridden and not draft.override:
            what = f"rule '{draft.id}' already exists at {overridden.at}"
            notes.add(draft.line, what, "add override: true, or choose another id")
        elif draft.rule is None and not draft.override:
            notes.add(draft.line, "only an extended file's rule can be off", "add override: true")
        if isinstance(overridden, Rule):
            merged = {id: rule for id, rule in merged.items() if not _is_of(rule, draft.id)}
        merged[draft.id] = _placed(overridden, draft.rule)  # type: ignore[assignment]
    return tuple(rule for rule in merged.values() if rule)


def _is_of(rule: Rule | GroupRule | None, family: str) -> bool:
    """Whether a preset of a language put the rule beside this one."""
    return isinstance(rule, Rule) and rule.family == family


def _placed(old: object, new: Rule | GroupRule | None) -> Rule | GroupRule | None:
    return in_place_of(old, new) if isinstance(old, Rule) and isinstance(new, Rule) else new


def read_preset(file: RuleFile, rules: Sequence[Rule], notes: FaultCollector) -> LanguagePreset:
    """What a file says of its languages, beside `rules`."""
    known = {rule.id for rule in rules}
    merge(rules, file.drafts, notes)  # for the faults: what is overridden must be there
    drafts = [(draft.id, draft.rule) for draft in file.drafts if not _of_groups(draft)]
    return LanguagePreset(
        file.name,
        file.languages,
        tuple((id, rule) for id, rule in drafts if id in known),  # type: ignore[misc]
        tuple(rule for id, rule in drafts if id not in known and isinstance(rule, Rule)),
    )


def _of_groups(draft: Draft) -> bool:
    return isinstance(draft.rule, GroupRule)


def refuse_shared(
    rules: Sequence[Rule], groups: Sequence[GroupRule], notes: FaultCollector
) -> None:
    """Tags are named by ids: those of rules for rows and of rules for groups must differ."""
    first = {rule.id: rule for rule in rules}
    for group in groups:
        if group.id in first:
            line = int(group.at.rpartition(":")[2])
            notes.add(line, f"rule '{group.id}' already exists at {first[group.id].at}")


def refuse_unfit(file: RuleFile, fits: bool, shown: str, notes: FaultCollector) -> None:
    """What keeps a file from being a preset of languages within the file `shown`."""
    if not file.languages:
        notes.add(1, "is not a language preset", "for example, languages: [hy]")
    if not fits:
        notes.add(file.extends_line, f"does not extend {shown}, which names it in by_language")
    for draft in file.groups:
        notes.add(draft.line, "a preset of a language has no rules for groups")
