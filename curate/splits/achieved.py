"""What a split holds in the end, whoever chose its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from curate.artifacts.columns import DURATION_US
from curate.artifacts.split import Allocation, Feasible, GivenSplit, HeldOut
from curate.artifacts.split import Target as AchievedTarget
from curate.splits.balance import shares
from curate.splits.coverage import KNOWN
from curate.splits.targets import Target


@dataclass(frozen=True, slots=True)
class Achieved:
    """What a strategy did, for split.json: `allocation` where splits were drawn, with `feasible`
    sizes where those requested are not met, and `given` where the corpus came with them.
    """

    strategy: Literal["searched", "given"]
    targets: Mapping[str, AchievedTarget]
    held_out: HeldOut
    allocation: Allocation | None = None
    feasible: Feasible | None = None
    given: Mapping[str, GivenSplit] | None = None


def compute_achieved(
    rows: pl.DataFrame, target: Target, tolerance_s: float, met: bool | None = None
) -> AchievedTarget:
    """Seconds, rows, groups and words of a split beside its target.

    `met`: whether it is met; by default, where there is a row and its seconds are within
    `tolerance_s` of the target.
    The effective number of groups is null where the speaker of some rows is unknown, since each of
    them counts as a group of its own; then it is at most `effective_groups_at_most`, if any speaker
    is known.
    """
    columns = ("split", DURATION_US.name, KNOWN, "group", "words")
    chosen = rows.select(columns).filter(pl.col("split") == target.name)
    achieved_s, known = int(chosen[DURATION_US.name].sum()) / 1e6, int(chosen[KNOWN].sum())
    effective, largest = shares(rows, target.name) or (None, None)
    is_known = known == chosen.height
    if met is None:
        is_near = abs(achieved_s - target.target_s) <= tolerance_s
        met = not target.target_s or (chosen.height > 0 and is_near)
    return AchievedTarget(
        requested_s=target.requested_s,
        target_s=round(target.target_s, 6),
        tolerance_s=round(tolerance_s, 6),
        met=met,
        shrunk=target.shrunk,
        achieved_s=achieved_s,
        rows=chosen.height,
        groups=chosen["group"].n_unique(),
        words=int(chosen["words"].sum()),
        known_rows=known,
        effective_groups=effective if is_known else None,
        largest_share=largest if is_known else None,
        effective_groups_at_most=None if is_known or not known else effective,
    )
