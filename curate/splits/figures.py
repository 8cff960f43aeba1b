"""What gates of a split may fail on, in words by the name of the figure."""

from __future__ import annotations

from collections.abc import Sequence

from curate.artifacts.leaks import Leak


def describe_leaks(leaks: Sequence[Leak]) -> tuple[str, ...]:
    """Every leak, in words."""
    return tuple(
        f"{leak.count} {leak.kind} leak(s) between {' and '.join(leak.between)}"
        for leak in leaks
        if leak.count
    )
