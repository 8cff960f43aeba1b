"""What gates of a split may fail on, in words by the name of the figure."""

from __future__ import annotations

from collections.abc import Sequence

from curate.artifacts.leaks import Leak
from curate.formatting.units import plural


def describe_leaks(leaks: Sequence[Leak]) -> tuple[str, ...]:
    """Every leak, in words."""
    return tuple(
        f"{plural(leak.count, f'{leak.kind} leak')} between {' and '.join(leak.between)}"
        for leak in leaks
        if leak.count
    )
