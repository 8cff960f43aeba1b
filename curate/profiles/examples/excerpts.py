"""How artefacts show records to people: the text, where its fault is, and the hypothesis of a
model.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from curate.artifacts.records import Mark
from curate.text.marks import MOST_CHARS, marks_of

_COMPARED = re.compile(r"([a-z]\w*) *(?:[<>]=?|==)")


class Excerpt(NamedTuple):
    """What an artifact shows of a record's texts."""

    text: str
    marks: tuple[Mark, ...]
    pred_text: str | None


class AppliedRule(Protocol):
    """A condition of a rule, as a profile's `rules_hit` has it."""

    @property
    def rule(self) -> str:
        """The rule's id."""

    @property
    def metric(self) -> str:
        """The metric that it is about; empty for none."""

    @property
    def condition(self) -> str:
        """The condition as text."""

    @property
    def where(self) -> str:
        """What narrows it to some rows; empty for all."""


def metrics_of_rules(hits: Iterable[AppliedRule]) -> Mapping[str, set[str]]:
    """The metrics that each rule compares with something, by the rule's id."""
    metrics: dict[str, set[str]] = {}
    for hit in hits:
        compared = _COMPARED.findall(f"{hit.condition} {hit.where}")
        metrics.setdefault(hit.rule, {hit.metric}).update(compared)
    return metrics


def metrics_of_tags(tags: Sequence[str], counts: Mapping[str, set[str]]) -> set[str]:
    """The metrics that the rules behind these tags look at; `counts` has them by rule."""
    return {name for tag in tags for name in counts.get(tag.partition(":")[2], ())}


def shown_texts(record: Mapping[str, object], metrics: Collection[str]) -> Excerpt:
    """A record's text with marks where these metrics find what they count, and `pred_text` where
    it has one.
    """
    predicted = record.get("pred_text")
    text = str(record.get("text", ""))
    marks = (Mark(what=it["what"], span=it["span"]) for it in marks_of(text[:MOST_CHARS], metrics))
    pred_text = predicted[:MOST_CHARS] if isinstance(predicted, str) else None
    return Excerpt(text, tuple(marks), pred_text)


def audio_filepath_of(record: Mapping[str, object]) -> str | None:
    """The path that a record states; None where it states none."""
    path = record.get("audio_filepath")
    return path if isinstance(path, str) else None
