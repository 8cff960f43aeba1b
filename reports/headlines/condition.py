"""The limit of a rule in words, beside its name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup

from curate.artifacts.profile import RuleHit
from reports.transcripts import visible

_LIMIT = re.compile(r"(\w+) (<|<=|>|>=) (\d+(?:\.\d+)?)")
_WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "char_rate": (
        "characters per second",
        {"<": "fewer than", "<=": "at most", ">": "more than", ">=": "at least"},
    ),
    "word_rate": (
        "words per second",
        {"<": "fewer than", "<=": "at most", ">": "more than", ">=": "at least"},
    ),
    "duration_s": (
        "s",
        {"<": "shorter than", "<=": "at most", ">": "longer than", ">=": "at least"},
    ),
}
"""Metrics whose limits read as plain words: the unit, and what each operator says."""


def in_words(hit: RuleHit) -> Markup:
    """What a rule flags: in words and its name where its limit has words, else name and limit.

    A rule for groups flags the clean rows of those that fail it.
    """
    if not hit.metric:
        what = "clean rows of each <b>{} that fails</b> <code>{}</code>"
        return Markup(what).format(visible(hit.condition.partition(":")[0]), visible(hit.rule))  # noqa: S704 - a constant
    limit = _LIMIT.fullmatch(hit.condition)
    unit, operators = _WORDS.get(limit[1] if limit else "", ("", {}))
    name = visible(hit.rule)
    if limit is None or limit[2] not in operators:
        return Markup("<b>{}</b> (<code>{}</code>)").format(name, visible(hit.condition))
    if limit[3] == "1":
        unit = unit.replace("characters", "character").replace("words", "word")
    words = Markup("<b>{} {}\u00a0{}</b> (<code>{}</code>)")
    return words.format(operators[limit[2]], limit[3], unit, name)
