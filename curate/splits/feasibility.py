"""What cannot be had at all, and what can be had instead."""

from __future__ import annotations

from collections.abc import Callable, Collection

import polars as pl

from curate.artifacts.columns import VERDICT
from curate.artifacts.split import Split
from curate.errors import Fault, InputError, parameter
from curate.formatting.units import duration, plural
from curate.rules.routes import POOL, TRAIN, route
from curate.splits.targets import (
    DEFAULT_SIZES,
    LARGEST_SHARE,
    OTHER_SHARE,
    Targets,
    size_s,
)

Tags = Callable[[], pl.Series]
"""Reads the tags of all records."""


def refuse_unclean(records: pl.DataFrame, targets: Targets, tags: Tags) -> None:
    """InputError where no record is clean and splits are to be drawn, or where none can be
    trained on: with the rules that took them.
    """
    routes = records.select(route()).to_series()
    clean, usable = int((routes == POOL).sum()), int(routes.is_in([POOL, TRAIN]).sum())
    if clean or (usable and not targets.requested_s):
        return
    rows = f"{records.height:,} row{'s' if records.height > 1 else ''}"
    if usable:
        names = " and ".join(targets.requested_s)
        what = f"none of {rows} is clean, so nothing can go to {names}"
        sizes = f"{parameter('eval')} 0h {parameter('test')} 0h"
        hint = f"`{sizes}` puts all {usable:,} usable in train; {_OTHER_RULES}"
    else:
        what, hint = f"none of {rows} can be trained on", _OTHER_RULES
        if (records[VERDICT.name] == "untranscribed").all():
            hint = _TRANSCRIBE
    verdicts = ("borderline", "unknown") if usable else ("bad", "untranscribed", "malformed")
    raise InputError.of("curate split", f"{what}: {rules_by_rows(tags(), verdicts)}", hint)


_TRANSCRIBE = (
    "write a text into each record: a recogniser can draft it, and `curate review PROFILE` plays "
    "the audio"
)
_OTHER_RULES = "`curate rules what-if PROFILE` shows what other limits would leave"


def rules_by_rows(tags: pl.Series, verdicts: Collection[str], most: int = 3) -> str:
    """The rules that gave most rows one of these verdicts, with how many each; `tags` are lists."""
    each = tags.explode(empty_as_null=False).to_frame("tag")
    mine = each.filter(pl.col("tag").str.split(":").list.first().is_in(list(verdicts)))
    counted = mine.group_by("tag").len().sort("len", "tag", descending=[True, False])
    amounts = []
    for tag, rows in counted.head(most).iter_rows():
        verdict, _, rule = str(tag).partition(":")
        named = f"{rule} ({verdict})" if rule else verdict
        amounts.append(f"{named} took {rows:,} of {tags.len():,}")
    return ", ".join(amounts) or "no rule is named"


def impossible(split: Split, targets: Targets) -> list[Fault]:
    """Sizes that somebody named and that this corpus cannot give, by the certificate.

    The default sizes shrink to what is there. A size that was named is refused where there are
    fewer clean hours in all, and where no record could be in the split within `max_held_out`.
    """
    clean_s = sum(each.clean_s for each in split.strata)
    named = {
        name: size
        for name, size in targets.requested_s.items()
        if size != size_s(DEFAULT_SIZES.get(name, ""))
    }
    if sum(named.values()) > clean_s:
        return [_too_much(name, size, clean_s) for name, size in named.items()]
    return [
        _nothing(name, split, targets) for name in named if clean_s and not split.targets[name].rows
    ]


def _too_much(name: str, requested_s: float, clean_s: float) -> Fault:
    most = LARGEST_SHARE.get(name, OTHER_SHARE) * clean_s
    return Fault(
        _option(name),
        f"{duration(requested_s)} cannot be had: {duration(clean_s)} are clean",
        f"set up to {duration(most)} ({_typed(most)}), or leave the size to the default",
    )


def _nothing(name: str, split: Split, targets: Targets) -> Fault:
    reason = next(
        (what for what in split.gates if what.startswith(f"{name}: 0 s of")),
        f"{name}: no whole group is near that size",
    )
    total, clean_s = split.groups.total, sum(each.clean_s for each in split.strata)
    by = split.grouped_by
    made_by = f"{plural(total, 'group')} by {', '.join(by)}" if by else ""
    if by == ("recording",):
        made_by += ": no field tells speakers apart"
    remedies = [
        f"allow a higher {parameter('max_held_out')} than {targets.allocation.max_held_out:.0%}"
    ]
    most_s = LARGEST_SHARE.get(name, OTHER_SHARE) * clean_s
    usual_s = clean_s / max(total, 1)
    if max(targets.requested_s[name], usual_s) < most_s:
        remedies.append(f"set a size that a whole group fits, up to {duration(most_s)}")
    if by != ("recording",):
        remedies.append(f"name other {parameter('group')} fields")
    what = f"no record can go to {name}: {reason.partition(': ')[2]}"
    return Fault(_option(name), f"{what}; {made_by}" if made_by else what, ", or ".join(remedies))


def _option(name: str) -> str:
    return parameter(name) if name in DEFAULT_SIZES else f"{parameter('split')} {name}"


def _typed(seconds: float) -> str:
    """A size as one types it, not above the given one."""
    return f"{int(seconds // 60)}m" if seconds >= 60 else f"{int(seconds)}s"
