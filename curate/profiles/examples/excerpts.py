"""How artefacts show records to people: the text, where its fault is, and what a model heard."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from curate.text.marks import MOST_CHARS, marks_of

_COMPARED = re.compile(r"([a-z]\w*) *(?:[<>]=?|==)")


def metrics_of_rules(hits: Sequence[Mapping[str, Any]]) -> Mapping[str, set[str]]:
    """What each rule of a profile's `rules_hit` compares with something, by the rule's id."""
    found: dict[str, set[str]] = {}
    for hit in hits:
        texts = f"{hit['condition']} {hit['where']}"
        found.setdefault(hit["rule"], {hit["metric"]}).update(_COMPARED.findall(texts))
    return found


def spoken_of(tags: Sequence[str], counts: Mapping[str, set[str]]) -> set[str]:
    """The metrics that the rules behind these tags look at; `counts` has them by rule."""
    return {name for tag in tags for name in counts.get(tag.partition(":")[2], ())}


def shown_texts(record: Mapping[str, object], metrics: Collection[str]) -> dict[str, object]:
    """A record's text with marks where these metrics find what they count, and `pred_text` where
    it has one.
    """
    heard = record.get("pred_text")
    text = str(record.get("text", ""))
    return {
        "text": text,
        "marks": marks_of(text[:MOST_CHARS], metrics),
        "pred_text": heard[:MOST_CHARS] if isinstance(heard, str) else None,
    }
