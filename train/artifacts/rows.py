"""Rows that a run does not use, by set and kind: a part of plan.json and run.json."""

from __future__ import annotations

from typing import Literal

from curate.artifacts.base import Model

Action = Literal["refused", "set aside"]


class RowProblem(Model):
    """Rows of one kind: the first in words, and the places (`file:line`) of the first ones."""

    code: str
    action: Action
    rows: int
    hours: float
    what: str
    places: tuple[str, ...]


class CheckedSet(Model):
    """A set of rows, all of which were checked: `train`, `eval`, or the name of a further one.

    The used rows are those that are not set aside.
    """

    name: str
    source: str
    rows: int
    hours: float
    used_rows: int
    used_hours: float
    problems: tuple[RowProblem, ...]
