"""The counts of a sweep, beside the records: what limits cost is then read, not counted again.

For each metric with a limit, and each kind of rows that the rules tell apart, the table holds how
many rows (and microseconds) lie in which cell between its thresholds, and the first of them. It is
as good as a pass over the records for the same rules, and far smaller.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from curate.files.state import state_of
from curate.profiles import named
from curate.profiles.decided import Decided
from curate.profiles.measure.code_version import all_code
from curate.rules.file import RuleSet
from curate.whatif.binning import BinEdges
from curate.whatif.grouped import all_passed
from curate.whatif.stored import Stored
from curate.whatif.sweep import Kind, Sweep, classes_of, counted_edges, sweep
from curate.whatif.threshold_grid import ThresholdGrid, threshold_grids

_SCHEMA: Final = "curate.limit_counts/1"
_COLUMNS: Final = {
    "metric": pl.String(), "kind": pl.Int32(), "cell": pl.Int32(),
    "rows": pl.Int64(), "us": pl.Int64(), "first": pl.Int64(),
}  # fmt: skip


def count_ahead(decided: Decided, threads: int | None = None) -> None:
    """Store what `limit_counts` will read of a profile that is being made."""
    records, rules = decided.records, decided.rules
    swept = sweep(records, rules, threshold_grids(rules), threads, not decided.failed)
    write_counts(records, swept, key_of(records, rules, swept.edges))


def limit_counts(
    stored: Stored, rules: RuleSet, grids: Sequence[ThresholdGrid], threads: int | None = None
) -> Sweep:
    """What `sweep` counts, read where it was counted before, and stored where that took long."""
    records, passed = stored.records, all_passed(stored.profile, rules)
    if stored.profile.totals.rows < named.COUNTED_ROWS:
        return sweep(records, rules, grids, threads, passed)
    edges = counted_edges(classes_of(rules, grids), grids)
    key = key_of(records, rules, edges)
    swept = read_counts(records, rules, edges, key)
    if swept is None:
        swept = sweep(records, rules, grids, threads, passed)
        write_counts(records, swept, key)
    return swept


def key_of(records: Path, rules: RuleSet, edges: Mapping[str, BinEdges]) -> str:
    """One name for all that the counts depend on: the records as the disk has them, the rules, the
    thresholds, and the code.
    """
    stated = [
        _SCHEMA, all_code(), state_of(records.stat()), rules.sha256, repr(rules.rules),
        repr(rules.groups), {name: edges[name].values.tolist() for name in sorted(edges)},
    ]  # fmt: skip
    return hashlib.blake2b(json.dumps(stated).encode(), digest_size=16).hexdigest()


def read_counts(
    records: Path, rules: RuleSet, edges: Mapping[str, BinEdges], key: str
) -> Sweep | None:
    """The counts of this name; None where there are none, or none that can be read."""
    path = records.with_name(named.LIMIT_COUNTS)
    try:
        with path.open("rb") as file:  # opened once: other counts may take its place meanwhile
            stated = pl.read_parquet_metadata(file)
            if stated.get("key") != key:
                return None
            file.seek(0)
            table = pl.read_parquet(file, columns=[*_COLUMNS])
        return _restored(Sweep(rules, edges), stated, table)
    except (OSError, ValueError, KeyError, IndexError, pl.exceptions.PolarsError):
        return None


def write_counts(records: Path, swept: Sweep, key: str) -> None:
    """Put the counts beside the records, whole; where nothing may be written there, they are
    counted again next time.
    """
    path = records.with_name(named.LIMIT_COUNTS)
    scratch = path.with_name(f".{named.LIMIT_COUNTS}.{os.getpid()}.tmp")
    with suppress(OSError, pl.exceptions.PolarsError):
        try:
            _table(swept).write_parquet(scratch, metadata={"key": key, **_described(swept)})
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)


def _table(swept: Sweep) -> pl.DataFrame:
    """The cells of all tables that hold a row."""
    parts = [pl.DataFrame(schema=_COLUMNS)]
    for name, (rows, us, first) in swept.tables.items():
        kind, cell = np.nonzero(rows)
        values = (
            pl.repeat(name, kind.size, eager=True),
            *(kind, cell),
            *(table[kind, cell] for table in (rows, us, first)),
        )
        parts.append(pl.DataFrame(dict(zip(_COLUMNS, values, strict=True)), schema=_COLUMNS))
    return pl.concat(parts)


def _described(swept: Sweep) -> dict[str, str]:
    """The kinds in their order, and what there is of each."""
    return {"kinds": json.dumps(list(swept.kinds)), "amounts": json.dumps(swept.amounts)}


def _restored(swept: Sweep, stated: Mapping[str, str], table: pl.DataFrame) -> Sweep:
    for kind in json.loads(stated["kinds"]):
        swept.kinds[_kind(*kind)] = len(swept.kinds)
    swept.room()
    swept.amounts = [(rows, us) for rows, us in json.loads(stated["amounts"])]
    for (name,), cells in table.group_by("metric"):
        kind, cell = cells["kind"].to_numpy(), cells["cell"].to_numpy()
        for counted, column in zip(swept.tables[str(name)], ("rows", "us", "first"), strict=True):
            counted[kind, cell] = cells[column].to_numpy()
    return swept


def _kind(fixed: int, codes: list[int], applies: list[bool]) -> Kind:
    return fixed, tuple(codes), tuple(applies)
