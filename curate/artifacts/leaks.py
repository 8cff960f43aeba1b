"""What split.json and audit.json state of leaks: what was counted, and which rows it covers."""

from __future__ import annotations

from curate.artifacts.base import Model

Value = str | int | float | bool | None
"""A value of a stratum, or of a field of a manifest."""


class Leak(Model):
    """Values of one kind that are in two splits (or sides) at once. `count` is null where the rows
    of one of them have no value at all, so that nothing could be compared.
    """

    kind: str
    between: tuple[str, str]
    count: int | None


class Lacking(Model):
    """A stratum or side in which a key is not known of all rows; a null `value` is the stratum of
    the rows that name none.
    """

    by: str
    value: Value
    rows: int
    known: int


class Coverage(Model):
    """Of how many rows a key (speaker, session, recording) is known, and in a sentence.

    `unchecked` where a check that was requested could not be made of all rows; `substituted` rows
    have a group key from their audio path in the key's place.
    """

    key: str
    rows: int
    known: int
    values: int
    substituted: int
    lacking: tuple[Lacking, ...]
    unchecked: bool
    message: str


class Proposal(Model):
    """A pattern that would make group keys of audio paths: `groups` of them for `rows` of the `of`
    rows whose speaker is unknown, the largest with so many rows.
    """

    what: str
    pattern: str
    groups: int
    rows: int
    of: int
    largest: int
    example: str
    message: str
