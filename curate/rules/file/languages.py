"""Presets of languages within a rule file: each replaces rules for the rows that declare its own.

A preset's rule gets an id of its own (`word_len_hy`) and applies only to its languages; the rule
that it overrides applies to all others, rows that declare none included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from curate.artifacts.columns import LANG_CODE
from curate.rules.file.condition import Condition
from curate.rules.file.limits import all_of, text_in

if TYPE_CHECKING:
    from curate.rules.file.model import Rule


class LanguagePreset(NamedTuple):
    """What one preset says of its languages (codes): rules that replace others (None: none does),
    by the id of those, and rules that it adds.
    """

    name: str
    languages: tuple[str, ...]
    overrides: tuple[tuple[str, Rule | None], ...]
    additions: tuple[Rule, ...]


def compose(rules: Sequence[Rule], presets: Sequence[LanguagePreset]) -> tuple[Rule, ...]:
    """The rules with those of each preset behind the rule that it overrides, and its own last."""
    composed: list[Rule] = []
    for rule in _relieved(rules, presets):
        overriding = [
            (preset, new) for preset in presets for id, new in preset.overrides if id == rule.id
        ]
        others = [code for preset, _ in overriding for code in preset.languages]
        composed.append(_outside(rule, (*rule.other_than, *others)) if others else rule)
        composed += [
            _inside(new, preset.languages, preset.name) for preset, new in overriding if new
        ]
    added = [(preset, rule) for preset in presets for rule in preset.additions]
    composed += [_inside(rule, preset.languages, preset.name) for preset, rule in added]
    return tuple(composed)


def _relieved(rules: Sequence[Rule], presets: Sequence[LanguagePreset]) -> Iterator[Rule]:
    """The rules without an earlier preset's for a language that one of these covers."""
    for rule in rules:
        again = {
            code for preset in presets for id, _ in preset.overrides for code in preset.languages
            if id == rule.family
        }  # fmt: skip
        remaining = tuple(code for code in rule.languages if code not in again)
        if remaining == rule.languages:
            yield rule
        elif remaining:
            own = rule._replace(where=rule.own_where)
            yield own._replace(
                languages=remaining, where=_confined(own, text_in(LANG_CODE.name, remaining))
            )


def of_languages(rules: Sequence[Rule], present: frozenset[str]) -> tuple[Rule, ...]:
    """The rules that rows of these languages can trigger."""
    applicable = [
        rule for rule in rules if not rule.languages or not present.isdisjoint(rule.languages)
    ]
    return tuple(
        _outside(rule, tuple(code for code in rule.other_than if code in present))
        if rule.other_than
        else rule
        for rule in applicable
    )


def in_place_of(old: Rule, new: Rule) -> Rule:
    """The new rule in the place of one that applies to some languages: it applies to those."""
    if not old.languages:
        return new
    return _inside(new, old.languages, "")._replace(id=new.id, family=old.family)


def narrowed(rule: Rule, to: Condition) -> Rule:
    """The rule where it applies, and `to` holds."""
    if not rule.other_than:
        return rule._replace(where=_confined(rule, to))
    own = all_of([to, rule.own_where]) if rule.own_where else to
    return _outside(rule._replace(own_where=own), rule.other_than)


def _inside(rule: Rule, languages: tuple[str, ...], name: str) -> Rule:
    where = _confined(rule, text_in(LANG_CODE.name, languages))
    return rule._replace(
        id=f"{rule.id}_{name}", family=rule.id, languages=languages,
        where=where, own_where=rule.where,
    )  # fmt: skip


def _outside(rule: Rule, others: tuple[str, ...]) -> Rule:
    own = rule.own_where if rule.other_than else rule.where
    plain = rule._replace(other_than=others, where=own, own_where=own)
    if not others:
        return plain
    return plain._replace(where=_confined(plain, text_in(LANG_CODE.name, others, negated=True)))


def _confined(rule: Rule, to: Condition) -> Condition:
    return all_of([to, rule.where]) if rule.where else to
