"""Texts that several groups share, which a split can have only at the cost of train."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from curate.artifacts.columns import DURATION_US, NORMAL_KEY
from curate.errors import parameter
from curate.formatting.units import duration
from curate.rules.routes import POOL, TRAIN


@dataclass(frozen=True, slots=True)
class SharedTexts:
    """`texts` that clean records of one group have and usable records of others too: `rows` of the
    `clean` records have one. A split that has one of them takes at least `least_us` of the
    `usable_us` microseconds that may be trained on from other groups.
    """

    texts: int
    rows: int
    clean: int
    least_us: int
    usable_us: int

    @property
    def are_most(self) -> bool:
        """Whether most clean records have such a text."""
        return 2 * self.rows > self.clean

    def describe(self, split: str) -> str:
        """Why they keep records out of `split`, with the figures."""
        share = self.least_us / max(self.usable_us, 1)
        have = f"{self.rows:,} of {self.clean:,} clean records have"
        texts = "a text" if self.texts == 1 else f"one of {self.texts:,} texts"
        return (
            f"{have} {texts} that several groups share: each text that {split} has is taken out of "
            f"train, at least {duration(self.least_us / 1e6)} of other groups ({share:.1%} of the "
            f"hours) a text; splits of your own may share texts ({parameter('given')})"
        )


def shared_texts(rows: pl.DataFrame) -> SharedTexts:
    """The texts that groups share, of records with group and route; a record without a text shares
    none.
    """
    usable = rows.filter(pl.col("route").is_in([POOL, TRAIN]))
    clean = int((usable["route"] == POOL).sum())
    of_groups = (
        usable.filter(NORMAL_KEY.expr.is_not_null())
        .group_by(NORMAL_KEY.name, "group")
        .agg(
            pl.col(DURATION_US.name).sum().alias("us"),
            (pl.col("route") == POOL).sum().alias("clean"),
        )
    )
    shared = of_groups.with_columns(
        (pl.col("us").sum().over(NORMAL_KEY.name) - pl.col("us")).alias("others_us"),
        pl.len().over(NORMAL_KEY.name).alias("groups"),
    ).filter((pl.col("groups") > 1) & (pl.col("clean") > 0))
    return SharedTexts(
        texts=shared[NORMAL_KEY.name].n_unique(),
        rows=int(shared["clean"].sum()),
        clean=clean,
        least_us=int(shared.select(pl.col("others_us").min()).item() or 0),
        usable_us=int(usable[DURATION_US.name].sum()),
    )
