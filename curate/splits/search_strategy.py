"""The strategy that draws splits of the sizes that were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import polars as pl

from curate.formatting.units import duration
from curate.profiles.summary import Json
from curate.splits.achieved import reached
from curate.splits.assign import Assignment, assign
from curate.splits.feasibility import refuse_unclean
from curate.splits.near_duplicates import Near, part_near
from curate.splits.targets import LARGEST_SHARE, OTHER_SHARE, Target, Targets


@dataclass(frozen=True, slots=True)
class Searched:
    """Draws whole groups for each target, and holds out what would leak."""

    targets: Targets
    by_source: bool = True

    def refuse(self, records: pl.DataFrame) -> None:
        """InputError where no record can be drawn, or none be trained on."""
        refuse_unclean(records, self.targets)

    def assign(
        self, records: pl.DataFrame, seed: int, by: Sequence[str], group: Sequence[str]
    ) -> Assignment:
        """Search (see `curate.splits.search`); records that a lock has keep their split."""
        return assign(records, self.targets, seed, by, group)

    def separate(
        self, done: Assignment, rows: pl.DataFrame, near: Near
    ) -> tuple[pl.DataFrame, Near]:
        """Hold out near-duplicates, for as many hours as the terms leave."""
        most_us = int(self.targets.terms.max_held_out * done.usable_us)
        slack_us = {aim.name: round(aim.target_s * 5000) for aim in done.targets}  # half of 1 %
        names = [aim.name for aim in done.targets]
        return part_near(rows, near, names, max(0, most_us - done.held_us), slack_us)

    def of_eval(self, rows: pl.DataFrame) -> pl.Expr:
        """Rows of the groups that eval has."""
        groups = rows.filter(pl.col("split") == "eval")["group"].unique()
        return pl.col("group").is_in(groups.implode())

    def facts(self, done: Assignment) -> Json:
        """Terms, targets with what was got, and the price."""
        terms = self.targets.terms
        return {
            "strategy": "searched",
            "terms": asdict(terms),
            "targets": {aim.name: _target(done, aim) for aim in sorted(done.targets, key=_by_name)},
            "held_out": {**done.held_out(), "most": terms.max_held_out},
        }

    def gates(self, done: Assignment, found: Json) -> Mapping[str, list[str]]:
        """Targets that were lowered or not met, and a price above the bound."""
        return {
            "missed_targets": _missed(done, found, self.targets),
            "over_held_out": _price(done, self.targets),
        }


def _by_name(aim: Target) -> str:
    return aim.name


def _target(done: Assignment, aim: Target) -> Json:
    got = reached(done.rows, aim.name)
    tolerance_s = max(0.01 * aim.target_s, done.longest_us / 1e6)
    missed_s = abs(float(got["got_s"]) - aim.target_s)  # type: ignore[arg-type]
    return {
        "asked_s": aim.asked_s,
        "target_s": round(aim.target_s, 6),
        "tolerance_s": round(tolerance_s, 6),
        "met": not aim.target_s or missed_s <= tolerance_s,
        "shrunk": aim.shrunk,
        **got,
    }


def _missed(done: Assignment, found: Json, targets: Targets) -> list[str]:
    widest = "".join(
        f"; {each['key']} {each['value']!r} has {each['share']:.0%} of the rows"
        for each in found["groups"]["widest"]  # type: ignore[index]
    )
    said = []
    reached_of: Mapping[str, Mapping[str, float]] = found["targets"]  # type: ignore[assignment]
    for name, target in reached_of.items():
        asked, aim, got = (target[key] for key in ("asked_s", "target_s", "got_s"))
        if target["shrunk"]:
            share = LARGEST_SHARE.get(name, OTHER_SHARE)
            said.append(
                f"{name}: {duration(asked)} asked, but at most {share:.0%} of the clean hours are "
                f"given: the target is {duration(aim)}"
            )
        if not target["met"]:
            said.append(
                f"{name}: {duration(got)} of {duration(aim)}: no whole group fits better, and "
                f"cutting one would hold out more than {targets.terms.max_held_out:.1%} of the "
                f"hours{_what_would_do(done)}{widest}"
            )
    return said


def _what_would_do(done: Assignment) -> str:
    if done.needed_share is None:
        return "; no price would do: there are too few groups"
    return f"; --max-held-out {100 * done.needed_share + 0.05:.1f}% would meet it"


def _price(done: Assignment, targets: Targets) -> list[str]:
    most = targets.terms.max_held_out
    if done.held_us <= most * done.usable_us + 1:
        return []
    return [
        f"{done.held_us / done.usable_us:.1%} of the hours are held out, more than {most:.1%}: "
        "the earlier lock's splits ask for it"
    ]
