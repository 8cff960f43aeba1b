"""What a file of text rules says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from curate.text_rules.marks import Mark
from curate.text_rules.steps import Step

LANG = "lang"
"""The field that `where` compares by the language it names: `de` is de-DE, deu and German too."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text, in a language or none, and what it becomes by the rule that it belongs to."""

    text: str
    becomes: str
    lang: str | None
    line: int


@dataclass(frozen=True, slots=True)
class TextRule:
    """One change of texts, or mark by them, and its name, of records whose fields have one of the
    values of `where` (all records without it). `line` is where the file says so.
    """

    id: str
    step: Step
    why: str = ""
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    examples: Sequence[Example] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class TextRules:
    """The rules of a file, in the order in which they are applied."""

    name: str
    rules: Sequence[TextRule]

    @property
    def fields(self) -> Sequence[str]:
        """The fields beside the text that they look at."""
        of_rules = [name for rule in self.rules for name in rule.where]
        of_rules += [rule.step.member for rule in self.rules if isinstance(rule.step, Mark)]
        by_language = [LANG for rule in self.rules if rule.step.by_language]
        return tuple(dict.fromkeys([*of_rules, *by_language]))
