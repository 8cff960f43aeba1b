"""What a split holds in the end, whoever chose its rows."""

from __future__ import annotations

import polars as pl

from curate.artifacts.columns import DURATION_US
from curate.profiles.summary import Json
from curate.splits.balance import shares
from curate.splits.coverage import KNOWN


def reached(rows: pl.DataFrame, name: str) -> Json:
    """Seconds (`got_s`), rows, groups and words of a split, and its effective number of groups."""
    chosen = rows.filter(pl.col("split") == name)
    return {
        "got_s": int(chosen[DURATION_US.name].sum()) / 1e6,
        "rows": chosen.height,
        "groups": chosen["group"].n_unique(),
        "words": int(chosen["words"].sum()),
        **_effective(chosen, shares(rows, [name]).get(name, {})),
    }


def _effective(chosen: pl.DataFrame, worth: Json) -> Json:
    """How many groups a split is worth: null where it is not known who speaks in some of its rows,
    since each of them counts as a group of its own; then it is at most `effective_groups_at_most`
    if anybody is known.
    """
    known = int(chosen[KNOWN].sum())
    if known == chosen.height or not worth:
        return {"known_rows": known, **worth}
    at_most = {"effective_groups_at_most": worth["effective_groups"]} if known else {}
    return {"known_rows": known, "effective_groups": None, "largest_share": None, **at_most}
