"""The strategy that draws splits of the requested sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import polars as pl

from curate.artifacts.columns import DURATION_US
from curate.artifacts.split import Allocation, HeldOut, Widest
from curate.artifacts.split import Target as AchievedTarget
from curate.environment.execution import Progress, no_progress
from curate.errors import parameter
from curate.formatting.units import duration
from curate.rules.routes import POOL
from curate.splits.achieved import Achieved, compute_achieved
from curate.splits.assign import Assignment, assign
from curate.splits.feasibility import Tags, refuse_unclean
from curate.splits.near_duplicates import Near, part_near
from curate.splits.shared_texts import shared_texts
from curate.splits.targets import DEFAULT_CAP, Target, Targets, share_of


@dataclass(frozen=True, slots=True)
class Searched:
    """Draws whole groups for each target, and holds out what would leak.

    `on_draw` is called with how many of how many draws are made.
    """

    targets: Targets
    by_source: bool = True
    on_draw: Progress = no_progress

    def refuse(self, records: pl.DataFrame, tags: Tags) -> None:
        """InputError where no record can be drawn, or none be trained on."""
        refuse_unclean(records, self.targets, tags)

    def assign(
        self, records: pl.DataFrame, seed: int, by: Sequence[str], group: Sequence[str]
    ) -> Assignment:
        """Search (see `curate.splits.search`); records that a lock has keep their split."""
        return assign(records, self.targets, seed, by, group, self.on_draw)

    def separate(
        self, done: Assignment, rows: pl.DataFrame, near: Near
    ) -> tuple[pl.DataFrame, Near]:
        """Hold out near-duplicates, for as many hours as `max_held_out` leaves."""
        most_us = int(self.targets.allocation.max_held_out * done.usable_us)
        slack_us = {aim.name: round(aim.target_s * 5000) for aim in done.targets}  # half of 1 %
        names = [aim.name for aim in done.targets]
        return part_near(rows, near, names, max(0, most_us - done.held_us), slack_us)

    def of_eval(self, rows: pl.DataFrame) -> pl.Expr:
        """Rows of the groups that eval has."""
        groups = rows.filter(pl.col("split") == "eval")["group"].unique()
        return pl.col("group").is_in(groups.implode())

    def achieved(self, done: Assignment) -> Achieved:
        """Allocation, targets with what was achieved, and the held-out data."""
        allocation = self.targets.allocation
        return Achieved(
            strategy="searched",
            targets={
                target.name: compute_achieved(done.rows, target, _tolerance_s(done, target))
                for target in sorted(done.targets, key=_by_name)
            },
            held_out=HeldOut(s=done.held_s, share=done.held_share, most=allocation.max_held_out),
            allocation=Allocation(**asdict(allocation)),
            feasible=done.feasible,
        )

    def gates(
        self, done: Assignment, achieved: Achieved, widest: Sequence[Widest]
    ) -> Mapping[str, Sequence[str]]:
        """Targets that were lowered or not met, and more held-out data than the bound."""
        return {
            "missed_targets": tuple(_missed(done, achieved, widest, self.targets)),
            "over_held_out": _over_held_out(done, self.targets),
        }


def _by_name(target: Target) -> str:
    return target.name


def _tolerance_s(done: Assignment, target: Target) -> float:
    """A target is met within 1 %, or within the longest record where that is more."""
    return max(0.01 * target.target_s, done.longest_us / 1e6)


def _missed(
    done: Assignment, achieved: Achieved, widest: Sequence[Widest], targets: Targets
) -> Iterator[str]:
    """Targets that were lowered, and targets that were not met."""
    for name, target in achieved.targets.items():
        if target.shrunk:
            yield _lowered(name, target, targets, done)
        if not target.met:
            yield (
                f"{name}: {duration(target.achieved_s)} of {duration(target.target_s)}: "
                f"{_why_missed(done, name, target, targets)}"
                + "".join(
                    f"; {each.key} {each.value!r} has {each.share:.0%} of the rows"
                    for each in widest
                )
            )


def _why_missed(done: Assignment, name: str, target: AchievedTarget, targets: Targets) -> str:
    """Why no more fits: groups stay whole, records in any case, and texts are in one split."""
    smallest_s, is_record = _smallest(done)
    if is_record and smallest_s > target.target_s:
        return f"the shortest record has {duration(smallest_s)}"
    better, most = " better" if target.rows else "", targets.allocation.max_held_out
    whole = (
        f"no whole group fits{better} (the smallest has {duration(smallest_s)}), and a part of one "
        f"would hold out more than {most:.0%} of the hours ({parameter('max_held_out')})"
    )
    shared = shared_texts(done.rows)
    if not shared.are_most:
        return whole
    why = shared.describe(name)
    if smallest_s > target.target_s:
        return f"{whole}; {why}"
    return f"at most {most:.0%} of the hours may be held out ({parameter('max_held_out')}): {why}"


def _lowered(name: str, target: AchievedTarget, targets: Targets, done: Assignment) -> str:
    """What a size was lowered to, and what sets that."""
    clean_s, cap = float(done.available_s.sum()), targets.allocation.cap
    bound = f"{name} takes at most {share_of(name):.0%}"
    until = f"unless {parameter('cap')} is above {DEFAULT_CAP:g}"
    if target.target_s < 0.999 * share_of(name) * clean_s or cap > DEFAULT_CAP:
        bound = f"all splits together take at most {cap:.0%}"
        until = f"({parameter('cap')} {cap:g})"
    return (
        f"{name}: {duration(target.target_s)} instead of {duration(target.requested_s)}: {bound} "
        f"of the {duration(clean_s)} of clean audio {until}"
    )


def _smallest(done: Assignment) -> tuple[float, bool]:
    """How many clean seconds the smallest group has, and whether every group is a record."""
    clean = done.rows.filter(pl.col("route") == POOL)
    sums = clean.group_by("group").agg(pl.col(DURATION_US.name).sum())
    smallest_us = sums[DURATION_US.name].min()
    assert isinstance(smallest_us, int), "a target is of clean records"
    return smallest_us / 1e6, sums.height == clean.height


def _over_held_out(done: Assignment, targets: Targets) -> list[str]:
    most = targets.allocation.max_held_out
    if done.held_us <= most * done.usable_us + 1:
        return []
    return [
        f"{done.held_us / done.usable_us:.1%} of the hours are held out, more than {most:.1%}: "
        "the earlier lock's splits require it"
    ]
