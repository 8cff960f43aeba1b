"""What cannot be had at all, and what can be had instead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import polars as pl

from curate.artifacts.columns import VERDICT
from curate.artifacts.split import Allocation, Feasible, Split
from curate.errors import Fault, InputError, parameter
from curate.formatting.commands import Option, with_options
from curate.formatting.units import duration, plural
from curate.rules.routes import POOL, TRAIN, route
from curate.splits.achieved import Achieved
from curate.splits.targets import DEFAULT_SIZES, Targets, is_default

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


def impossible(
    split: Split, targets: Targets, command: str = "", resplit: bool = False
) -> list[Fault]:
    """Sizes that somebody named and that this corpus cannot give, by the certificate; the last
    fault has the `command` with sizes that it can (which has to `resplit` an old split).

    The default sizes shrink to what is there. A size that was named is refused where there are
    fewer clean hours in all, and where no record could be in the split within `max_held_out`.
    """
    clean_s = sum(each.clean_s for each in split.strata)
    named = [name for name, size in targets.requested_s.items() if not is_default(name, size)]
    if sum(targets.requested_s[name] for name in named) > clean_s:
        faults = [_too_much(name, targets.requested_s[name], clean_s) for name in named]
    else:
        faults = [
            _nothing(name, split) for name in named if clean_s and not split.targets[name].rows
        ]
    hint = ""
    if split.feasible is not None and split.allocation is not None:
        hint = feasible_hint(split.feasible, split.allocation, command, resplit)
    return [*faults[:-1], *(each._replace(hint=hint) for each in faults[-1:])]


def _too_much(name: str, requested_s: float, clean_s: float) -> Fault:
    what = f"{duration(requested_s)} cannot be had: {duration(clean_s)} are clean"
    return Fault(_option(name), what)


def _nothing(name: str, split: Split) -> Fault:
    (reason,) = (
        what.removeprefix(start)
        for what in split.gates
        if what.startswith(start := f"{name}: 0 s of ")
    )
    by = split.grouped_by
    made_by = f"; {plural(split.groups.total, 'group')} by {', '.join(by)}" if by else ""
    if by == ("recording",):
        made_by += ": no field tells speakers apart"
    size, _, why = reason.partition(": ")
    return Fault(_option(name), f"no record can go to {name} ({size}): {why}{made_by}")


def _option(name: str) -> str:
    return parameter(name) if name in DEFAULT_SIZES else f"{parameter('split')} {name}"


def feasible_warning(achieved: Achieved, command: str) -> Iterator[str]:
    """The command for what can be drawn instead of what was; none where nothing can."""
    feasible, allocation = achieved.feasible, achieved.allocation
    if feasible is None or allocation is None or set(feasible.sizes.values()) == {NONE}:
        return
    resplit = any(each.rows for each in achieved.targets.values())
    yield feasible_hint(feasible, allocation, command, resplit)


NONE = "0h"
"""The size of a split that is not drawn."""


def feasible_hint(
    feasible: Feasible, allocation: Allocation, command: str, resplit: bool = False
) -> str:
    """What can be drawn, and the whole command for it, or its parameters where there is none.

    With `resplit` the command lets records of an earlier split change to another.
    """
    names = [name for name, size in feasible.sizes.items() if size != NONE]
    if not names:
        what = "no split can be drawn; for all in train"
    else:
        one = "size that fits" if len(names) == 1 else "sizes that fit"
        what = f"{one} {' and '.join(names)}"
    values = [*_sizes(feasible), *_changed(feasible, allocation)]
    if not command:
        return f"{what}: {', '.join(map(str, values))}"
    again = [Option(parameter("resplit"))] if resplit and parameter("lock") not in command else []
    return f"{what}: {with_options(command, [*values, *again])}"


def _sizes(feasible: Feasible) -> list[Option]:
    return [
        Option(parameter(name), size)
        if name in DEFAULT_SIZES
        else Option(parameter("split"), f"{name}={size}", f"{name}=")
        for name, size in feasible.sizes.items()
    ]


def _changed(feasible: Feasible, allocation: Allocation) -> Iterator[Option]:
    """The options of the allocation that have to be others than they were."""
    if feasible.cap != allocation.cap:
        yield Option(parameter("cap"), f"{feasible.cap:g}")
    if feasible.max_held_out != allocation.max_held_out:
        yield Option(parameter("max_held_out"), f"{100 * feasible.max_held_out:g}%")
