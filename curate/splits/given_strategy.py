"""The strategy that keeps the splits that a corpus comes with: nothing is drawn.

Rules apply as they do everywhere: bad rows are rejected, borderline and unknown ones only train.
Such rows of a given eval or test are held out, since in train they would leak. What each split has
lost is counted. A split that is kept whole loses only what no trainer reads: malformed lines, and
those with `_skipme`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from curate.artifacts.columns import (
    DURATION_BIN,
    DURATION_US,
    MALFORMED,
    RECORDING_KEY,
    SOURCE,
    VERDICT,
)
from curate.artifacts.split import GivenSplit, HeldOut, Widest
from curate.artifacts.verdicts import VERDICTS
from curate.errors import Fault, InputError, parameter, raise_all
from curate.rules.routes import MALFORMED as MALFORMED_ROUTE
from curate.rules.routes import POOL, REJECTED, SKIPPED, TRAIN, UNTRANSCRIBED, route
from curate.splits.achieved import Achieved, compute_achieved
from curate.splits.assign import Assignment, held_us
from curate.splits.codes import CODED
from curate.splits.feasibility import Tags, rules_by_rows
from curate.splits.groups import components
from curate.splits.lock import HELD_OUT, STRATUM
from curate.splits.near_duplicates import Near
from curate.splits.strata import duration_bin, number_strata
from curate.splits.targets import Target, drawing_order

GIVEN = "given"
"""Column of the split that a row's manifest is given for."""

_UNREADABLE = (UNTRANSCRIBED, SKIPPED, MALFORMED_ROUTE)
_GOES_TO = {
    "borderline": HELD_OUT, "unknown": HELD_OUT, "bad": REJECTED, "untranscribed": UNTRANSCRIBED,
    "skipped": SKIPPED, "malformed": MALFORMED_ROUTE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GivenSplits:
    """The split of each source, and the splits that are `whole`: kept whatever the rules say."""

    of: Mapping[str, str]
    whole: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """The splits beside train, test first, as drawn ones are."""
        return sorted(set(self.of.values()) - {TRAIN}, key=drawing_order)


@dataclass(frozen=True, slots=True)
class Given:
    """Gives each record the split of its manifest."""

    splits: GivenSplits
    by_source: bool = False

    def refuse(self, records: pl.DataFrame, tags: Tags) -> None:
        """InputError with every split that has no record to be in it."""
        rows = self._placed(records.with_columns(route(), self._given()))
        faults = [
            Fault(f"{parameter('given')} {name}", what, hint)
            for name in dict.fromkeys(self.splits.of.values())
            for what, hint in self._emptied(rows, name, tags)
        ]
        raise_all(InputError, faults)

    def _emptied(self, records: pl.DataFrame, name: str, tags: Tags) -> list[tuple[str, str]]:
        """Why a split would be empty; nothing where it is not."""
        rows = records.filter(pl.col(GIVEN) == name)
        manifests = ", ".join(source for source, split in self.splits.of.items() if split == name)
        if not rows.height:
            return [(f"{manifests} holds no line", "give a manifest with records, or leave it out")]
        if rows["split"].eq(name).any():
            return []
        count = f"{rows.height:,} row{'s' if rows.height > 1 else ''}"
        verdicts = [verdict for verdict in VERDICTS if verdict != "clean"]
        taken = rules_by_rows(tags().filter(records[GIVEN] == name), verdicts)
        whole = f", or keep the split whole: {parameter('keep_whole')} {name}"
        readable = rows[MALFORMED.name].null_count() > 0
        hint = f"other {parameter('rules')} may leave some{whole if readable else ''}"
        return [(f"none of {count} of {manifests} can go to {name}: {taken}", hint)]

    def assign(
        self, records: pl.DataFrame, seed: int, by: Sequence[str], group: Sequence[str]
    ) -> Assignment:
        """Every record goes where its manifest says, unless its verdict forbids that."""
        rows = records.with_columns(route(), duration_bin(), self._given())
        rows = rows.with_columns(pl.Series("group", components(rows, [*group, RECORDING_KEY.name])))
        rows = self._placed(rows)
        rows, strata = number_strata(rows, [*by, DURATION_BIN])
        return Assignment(
            rows=rows,
            strata=_with_available(strata, rows),
            targets=[Target(name, *_seconds(rows, name)) for name in self.splits.names],
            due_s={},
            held_us=held_us(rows),
            usable_us=_sum_us(rows.filter(pl.col("route").is_in([POOL, TRAIN]))),
            longest_us=0,
        )

    def _given(self) -> pl.Expr:
        return SOURCE.expr.replace_strict(self.splits.of, return_dtype=CODED).alias(GIVEN)

    def _placed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with their split; in whole splits, with the route of what may be there."""
        readable = ~pl.col("route").is_in(_UNREADABLE)
        in_whole_split = pl.col(GIVEN).is_in(self.splits.whole) & readable
        train = pl.col(GIVEN) == TRAIN
        routed = (
            pl.when(in_whole_split & train & (pl.col("route") == REJECTED)).then(pl.lit(TRAIN))
            .when(in_whole_split & ~train).then(pl.lit(POOL))
            .otherwise(pl.col("route"))
        )  # fmt: skip
        stays = (pl.col("route") == POOL) | (train & (pl.col("route") == TRAIN))
        split = (
            pl.when(stays).then(pl.col(GIVEN))
            .when(pl.col("route") == TRAIN).then(pl.lit(HELD_OUT))
            .otherwise(pl.col("route"))
        )  # fmt: skip
        rows = rows.with_columns(routed.cast(CODED).alias("route"))
        return rows.with_columns(split.cast(CODED).alias("split"))

    def separate(
        self, done: Assignment, rows: pl.DataFrame, near: Near
    ) -> tuple[pl.DataFrame, Near]:
        """Nothing is moved: what is near is a leak."""
        return rows, near

    def of_eval(self, rows: pl.DataFrame) -> pl.Expr:
        """Rows of the manifests that are given for eval."""
        return pl.col(GIVEN) == "eval"

    def achieved(self, done: Assignment) -> Achieved:
        """What each split was given, what of it is there, and where the rest is."""
        given = {
            name: self._account(done.rows, name)
            for name in (TRAIN, *sorted(target.name for target in done.targets))
        }
        return Achieved(
            strategy="given",
            targets={
                target.name: compute_achieved(
                    done.rows, target, 0.0, met=not given[target.name].lost_rows
                )
                for target in sorted(done.targets, key=lambda target: target.name)
            },
            held_out=HeldOut(s=done.held_s, share=done.held_share, most=None),
            given=given,
        )

    def _account(self, rows: pl.DataFrame, name: str) -> GivenSplit:
        mine = rows.filter(pl.col(GIVEN) == name)
        lost = mine.filter(pl.col("split") != name)
        counts = dict(lost[VERDICT.name].cast(pl.String).value_counts().iter_rows())
        inside = mine.filter(pl.col("split") == name)[VERDICT.name].cast(pl.String)
        return GivenSplit(
            manifests=tuple(source for source, split in self.splits.of.items() if split == name),
            whole=name in self.splits.whole,
            given_rows=mine.height,
            given_s=_sum_us(mine) / 1e6,
            rows=mine.height - lost.height,
            not_clean_rows=int((inside != "clean").sum()),
            lost_rows=lost.height,
            lost_s=_sum_us(lost) / 1e6,
            lost={verdict: counts[verdict] for verdict in VERDICTS if verdict in counts},
        )

    def gates(
        self, done: Assignment, achieved: Achieved, widest: Sequence[Widest]
    ) -> Mapping[str, Sequence[str]]:
        """Every given eval or test that has lost rows: it measures something else than it did."""
        lost = losses(achieved.given)
        return {"missed_targets": [text for name, text in lost.items() if name != TRAIN]}


def _seconds(rows: pl.DataFrame, name: str) -> tuple[float, float]:
    """A given split's own seconds, as its requested and its aimed-at size."""
    given_s = _sum_us(rows.filter(pl.col(GIVEN) == name)) / 1e6
    return given_s, given_s


def _sum_us(rows: pl.DataFrame) -> int:
    return int(rows[DURATION_US.name].sum())


def _with_available(strata: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The strata with the seconds of each that may be in any split."""
    pool = rows.filter(pl.col("route") == POOL).group_by(STRATUM.name)
    there = pool.agg((pl.col(DURATION_US.name).sum() / 1e6).alias("available_s"))
    both = strata.join(there, on=STRATUM.name, how="left", maintain_order="left")
    return both.with_columns(pl.col("available_s").fill_null(0.0))


def losses(given: Mapping[str, GivenSplit] | None) -> dict[str, str]:
    """What each given split has lost, in words; of splits that were drawn, nothing."""
    return {
        name: _describe_loss(name, each) for name, each in (given or {}).items() if each.lost_rows
    }


def _describe_loss(name: str, given: GivenSplit) -> str:
    parts = ", ".join(
        f"{count:,} {verdict}{'' if _GOES_TO[verdict] == verdict else f' ({_GOES_TO[verdict]})'}"
        for verdict, count in given.lost.items()
    )
    text = f"{name}: {given.lost_rows:,} of {given.given_rows:,} given rows are not in it: {parts}"
    if name == TRAIN:
        return text
    helps = not given.whole and any(verdict not in _UNREADABLE for verdict in given.lost)
    hint = f"; --keep-whole {name} keeps what can be read" if helps else ""
    return f"{text}; error rates on it do not compare with those on the whole set{hint}"
