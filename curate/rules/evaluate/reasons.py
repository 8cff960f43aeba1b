"""Why a rule triggered, in words: the value beside the limit that it broke.

Plain Python over the few rows that need words: faster than string expressions, whose many small
steps each pass over all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from curate.rules.expression import Member, Name, names_in
from curate.rules.file import Condition, Limit, Rule


def reason_words(
    rule: Rule, condition: Condition, columns: Sequence[Sequence[Any]]
) -> Sequence[str]:
    """The words for rows on which the condition holds; `columns` are those of `operands`.

    `char_rate 34.2 >= 30`, or for an expression `repetitions >= 8 and words > 40 (repetitions 12,
    words 55)`; then the rule's own reason, if it gives one.
    """
    because = f": {rule.reason}" if rule.reason else ""
    if condition.limits and columns[0]:
        every = tuple(limit for _, on in rule.conditions() for limit in on.limits)
        kind = type(columns[0][0]).__name__
        words = _limit_words(rule.metric, condition.limits, every, because, kind)
        return [*map(words.__getitem__, columns[0])]
    return [*free_words(condition, columns, rule.reason)]


def unknown_words(rule: Rule) -> str:
    """The words where the rule cannot be decided."""
    return f"{rule.metric or rule.id} unknown"


def operands(condition: Condition) -> tuple[str, ...]:
    """The names whose values the words tell."""
    return names_in(condition.node)


class _LimitWords(dict[float, str]):
    """The words of a rule on a metric, by the value that breaks a limit: made when first needed,
    and kept for the rows that come, of which many have the same values.
    """

    def __init__(
        self, metric: str, limits: Sequence[Limit], every: Sequence[Limit], because: str
    ) -> None:
        """`limits` are those that the value may break, `every` is a limit of the rule."""
        self._metric = metric
        self._tails = [(each.operator.compare, each.value, f" {each}{because}") for each in limits]
        self._every = [(each.operator.compare, each.value) for each in every]
        # Only a value that reads like a limit can read as if it were on the limit's other side; all
        # others that read alike are on the same side of every limit, and so have the same words.
        self._unclear = {_shown(bound) for _, bound in self._every}
        self._by_shown: dict[str, str] = {}

    def __missing__(self, value: float) -> str:
        shown = _shown(value)
        words = self._by_shown.get(shown)
        if words is None:
            words = self._words(shown, value)
            if shown not in self._unclear:
                self._by_shown[shown] = words
        if value or isinstance(value, int):  # of floats, -0 equals 0 and reads otherwise
            if len(self) >= _MOST_WORDS:
                self.clear()
                self._by_shown.clear()
            self[value] = words
        return words

    def _words(self, shown: str, value: float) -> str:
        tail = self._tails[0][2]
        if len(self._tails) > 1:
            tail = next(tail for compare, bound, tail in self._tails if compare(value, bound))
        short = float(shown)
        for compare, bound in self._every if shown in self._unclear and short != value else ():
            # 29.99996 must read neither "30 < 30" nor "30 >= 22": more digits where four would
            # put it on another side of any limit.
            if compare(short, bound) != compare(value, bound):
                shown = repr(value)
        return f"{self._metric} {shown}{tail}"


@lru_cache(maxsize=128)
def _limit_words(
    metric: str, limits: tuple[Limit, ...], every: tuple[Limit, ...], because: str, _: str
) -> _LimitWords:
    """Those of values of one type: 1 and 1.0 are equal and may read otherwise."""
    return _LimitWords(metric, limits, every, because)


def free_words(
    condition: Condition, columns: Sequence[Sequence[object]], reason: str
) -> Iterator[str]:
    """The words of an expression, `columns` being those of `operands`: itself, and its values; of
    one that compares with many values (all faults of audio, for example) only the value.
    """
    because = f": {reason}" if reason else ""
    names = operands(condition)
    if isinstance(condition.node, Member) and isinstance(condition.node.of, Name):
        for value in columns[0]:
            yield f"{names[0]} {_shown(value)}{because}"
        return
    for values in zip(*columns, strict=True):
        named = zip(names, values, strict=True)
        facts = ", ".join(f"{name} {_shown(value)}" for name, value in named)
        yield f"{condition.text} ({facts}){because}"


_FOUR_DIGITS = "{:.4g}".format
_MORE_DIGITS = 9999.5
"""From here on whole numbers are shown as they are."""
_MOST_WORDS = 8192
"""Values of which a rule keeps its words."""


def _shown(value: object) -> str:
    """The value with at most four significant digits behind whole numbers; counts are exact."""
    if isinstance(value, float):
        is_short = abs(value) < _MORE_DIGITS or abs(value) >= 1e15
        return _FOUR_DIGITS(value) if is_short else f"{value:.0f}"
    return "unknown" if value is None else str(value)
