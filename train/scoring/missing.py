"""Why rows lack something, counted by the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable

from train.artifacts.scores import Missing
from train.data.rows import Row


def count_reasons(reasons: Iterable[tuple[Row, str]]) -> tuple[Missing, ...]:
    """The reasons, most frequent first; those that differ in figures or paths only are one. Rows
    whose reason is empty lack nothing.
    """
    by_kind: dict[str, list[Row]] = {}
    for row, reason in reasons:
        if reason:
            kind = re.sub(r"\d+(?:\.\d+)?", "N", reason.partition(": ")[0])
            by_kind.setdefault(kind, []).append(row)
    ordered = sorted(by_kind.items(), key=lambda each: (-len(each[1]), each[0]))
    return tuple(
        Missing(reason=kind, rows=len(alike), first=alike[0].place) for kind, alike in ordered
    )
