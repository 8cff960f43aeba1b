"""What cannot be had at all, and what can be had instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.errors import Fault
from curate.splits.targets import (
    DEFAULT_SIZES,
    LARGEST_SHARE,
    OTHER_SHARE,
    Targets,
    in_words,
    size_s,
)


def impossible(found: Mapping[str, Any], targets: Targets) -> list[Fault]:
    """Sizes that somebody named and that this corpus cannot give, by split.json's content.

    The default sizes shrink to what is there. A size that was named is refused where there are
    fewer clean hours in all, and where no record could stand in the split within the price.
    """
    clean_s = sum(each["clean_s"] for each in found["strata"])
    named = {
        name: asked
        for name, asked in targets.asked_s.items()
        if asked != size_s(DEFAULT_SIZES.get(name, ""))
    }
    if sum(named.values()) > clean_s:
        return [_too_much(name, asked, clean_s) for name, asked in named.items()]
    return [
        _nothing(name, found, targets)
        for name in named
        if clean_s and not found["targets"][name]["rows"]
    ]


def _too_much(name: str, asked: float, clean_s: float) -> Fault:
    most = LARGEST_SHARE.get(name, OTHER_SHARE) * clean_s
    return Fault(
        _option(name),
        f"{in_words(asked)} cannot be had: {in_words(clean_s)} are clean",
        f"ask for up to {in_words(most)} ({_typed(most)}), or leave the size to the default",
    )


def _nothing(name: str, found: Mapping[str, Any], targets: Targets) -> Fault:
    reason = next(
        (what for what in found["gates"] if what.startswith(f"{name}: 0 s of")), f"{name}: nothing"
    )
    return Fault(
        _option(name),
        f"no record can stand in {name}: {reason.partition(': ')[2]}",
        f"allow a higher --max-held-out than {targets.terms.max_held_out:.0%}, name other "
        "--group fields, or ask for a size that a whole group fits",
    )


def _option(name: str) -> str:
    return f"--{name}" if name in DEFAULT_SIZES else f"--split {name}"


def _typed(seconds: float) -> str:
    """A size as one types it, not above the given one."""
    return f"{int(seconds // 60)}m" if seconds >= 60 else f"{int(seconds)}s"
