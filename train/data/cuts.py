"""One cut of a shard, as its line of JSON has it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def cut_key(shard: object, cut_id: object) -> str:
    """What names a cut among all directories: the path of its shard's cuts, and its id.

    Two directories may hold cuts of one id.
    """
    return f"{shard}:{cut_id}"


def duration_of(cut: Mapping[str, Any]) -> float | None:
    """The cut's duration in seconds, 0 or more; None where it is no such number."""
    value = cut.get("duration")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None
