"""Why a rule triggered, in words: the value beside the limit that it broke.

Plain Python over the few rows that need words: faster than string expressions, whose many small
steps each pass over all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curate.rules.expression import Member, Name, names_in
from curate.rules.file import Condition, Limit, Rule


def reason_words(
    rule: Rule, condition: Condition, columns: Sequence[Sequence[object]]
) -> Sequence[str]:
    """The words for rows on which the condition holds; `columns` are those of `operands`.

    `char_rate 34.2 >= 30`, or for an expression `repetitions >= 8 and words > 40 (repetitions 12,
    words 55)`; then the rule's own reason, if it gives one.
    """
    because = f": {rule.reason}" if rule.reason else ""
    if condition.limits:
        return _limit_words(rule, condition.limits, columns[0], because)
    return [*free_words(condition, columns, rule.reason)]


def unknown_words(rule: Rule) -> str:
    """The words where the rule cannot be decided."""
    return f"{rule.metric or rule.id} unknown"


def operands(condition: Condition) -> tuple[str, ...]:
    """The names whose values the words tell."""
    return names_in(condition.node)


def _limit_words(
    rule: Rule, limits: Sequence[Limit], values: Sequence[object], because: str
) -> Sequence[str]:
    tails = [(limit.operator.compare, limit.value, f" {limit}{because}") for limit in limits]
    every = [
        (each.operator.compare, each.value) for _, on in rule.conditions() for each in on.limits
    ]
    # Only a value that reads like a limit can read as if it were on the limit's other side; all
    # others that read alike are on the same side of every limit, and so have the same words.
    unclear = {_shown(bound) for _, bound in every}

    def words(shown: str, value: object) -> str:
        tail = tails[0][2]
        if len(tails) > 1:
            tail = next(tail for compare, bound, tail in tails if compare(value, bound))
        short = float(shown)
        for compare, bound in every if shown in unclear and short != value else ():
            # 29.99996 must read neither "30 < 30" nor "30 >= 22": more digits where four would
            # put it on another side of any limit.
            if compare(short, bound) != compare(value, bound):
                shown = repr(value)
        return f"{rule.metric} {shown}{tail}"

    all_shown = _all_shown(values)
    one_of = dict(zip(all_shown, values, strict=True))
    known = {shown: words(shown, value) for shown, value in one_of.items()}
    if unclear.isdisjoint(known):
        return [*map(known.__getitem__, all_shown)]
    return [
        words(shown, value) if shown in unclear else known[shown]
        for shown, value in zip(all_shown, values, strict=True)
    ]


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


def _all_shown(values: Sequence[object]) -> Sequence[str]:
    """Each value of a column as `_shown` has it; none is null."""
    if all(isinstance(value, float) and abs(value) < _MORE_DIGITS for value in values):
        return [*map(_FOUR_DIGITS, values)]
    return [*map(_shown, values)]


def _shown(value: object) -> str:
    """The value with at most four significant digits behind whole numbers; counts are exact."""
    if isinstance(value, float):
        is_short = abs(value) < _MORE_DIGITS or abs(value) >= 1e15
        return _FOUR_DIGITS(value) if is_short else f"{value:.0f}"
    return "unknown" if value is None else str(value)
