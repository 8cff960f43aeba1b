"""Where a verdict may go. No row disappears: every verdict has a route, every route an output."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from curate.artifacts.columns import VERDICT
from curate.artifacts.verdicts import VERDICTS

POOL, TRAIN, REJECTED, MALFORMED = "pool", "train", "rejected", "malformed"
UNTRANSCRIBED, SKIPPED = "untranscribed", "skipped"

ROUTES: Mapping[str, str] = {
    "clean": POOL,  # may be in any split
    "borderline": TRAIN,  # some noise helps training; eval and test are to be trusted
    "unknown": TRAIN,  # unknown is not clean
    "bad": REJECTED,
    "untranscribed": UNTRANSCRIBED,  # without a text, nothing to train on or to measure by
    "skipped": SKIPPED,  # the line carries _skipme, and NeMo would not read it
    "malformed": MALFORMED,
}
assert tuple(ROUTES) == VERDICTS, "every verdict has its route"

UNUSED = (REJECTED, UNTRANSCRIBED, SKIPPED, MALFORMED)
"""Routes to files that no split has: neither trained on nor measured by."""

ROUTE_TYPE = pl.Categorical()


def route() -> pl.Expr:
    """The route of each row, from its verdict."""
    return VERDICT.expr.replace_strict(ROUTES, return_dtype=ROUTE_TYPE).alias("route")
