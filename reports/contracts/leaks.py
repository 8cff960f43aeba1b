"""What stands on two sides that must share nothing."""

from __future__ import annotations

from reports.contracts.base import Model


class Leak(Model):
    """Things of one kind that stand on two sides at once; ids of records show where."""

    kind: str | None = None
    between: tuple[str, ...] = ()
    count: int | None = None
    examples: tuple[tuple[str, ...], ...] = ()
