"""What stands on two sides that must share nothing."""

from __future__ import annotations

from reports.contracts.base import Model


class Leak(Model):
    """Things of one kind that stand on two sides at once; ids of records show where. A count of
    None says that nothing could be compared.
    """

    kind: str | None = None
    between: tuple[str, ...] = ()
    count: int | None = None
    examples: tuple[tuple[str, ...], ...] = ()


class Lacking(Model):
    """A stratum or side in which a key is not known of all rows."""

    by: str | None = None
    value: str | int | float | None = None
    rows: int | None = None
    known: int | None = None


class Coverage(Model):
    """Of how many rows a key (speaker, session, recording) is known; `unchecked` where that leaves
    a check unmade that was asked for.
    """

    key: str | None = None
    rows: int | None = None
    known: int | None = None
    values: int | None = None
    substituted: int | None = None
    lacking: tuple[Lacking, ...] = ()
    unchecked: bool = False
    said: str | None = None
