"""What is known of a profile's records once their verdicts stand, before they are summed up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from curate.rules.file import RuleSet


class Decided(NamedTuple):
    """A records table that is not written again; the rules as its records can trigger them."""

    records: Path
    rows: int
    rules: RuleSet
    failed: bool
    """Whether a group failed by a rule for groups."""


OnDecided = Callable[[Decided], None]
