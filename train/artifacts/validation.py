"""What a run validates on: a part of plan.json and run.json."""

from __future__ import annotations

from curate.artifacts.base import Model

EVAL = "eval"
"""The validation set that decides which weights are best."""

FULL = "full"
"""All of `eval`, where validation takes a sample of it."""


class ValidationStratum(Model):
    """Rows of a stratum that are decoded, of all that it has: its language, the values of the
    columns that the shards were divided by, its tags.
    """

    stratum: tuple[str, ...]
    rows: int
    hours: float
    of_rows: int
    of_hours: float


class ValidationSet(Model):
    """The rows of one set. `padding` is the audio in its batches over the audio of its rows, and
    `padding_in_order` what that would be in the order of the manifest.
    """

    name: str
    rows: int
    hours: float
    padding: float
    padding_in_order: float
    strata: tuple[ValidationStratum, ...]
