"""Fields that `--by` requests and that the manifests do not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.artifacts.columns import MALFORMED
from curate.errors import ConfigError, Fault, raise_all
from curate.errors.nearest import suggest
from curate.manifest.origin import Origin
from curate.profiles.opened import records_of
from curate.profiles.records_table import open_table
from curate.profiles.rows import scan

LOOKED_AT = 200
"""Records, spread over the input, whose fields are examined for a hint."""
FEW = 0.5
"""A field that fewer records have is warned about."""


def check_fields(
    records: Path, named: Mapping[str, str], grouped: Sequence[str], origins: Sequence[Origin]
) -> list[str]:
    """Warnings about fields of `grouped`, by the options that named them, that few records have.
    ConfigError, one fault a field, for those that none has: the nearest field of the manifests is
    proposed.
    """
    required = [name for name in named if name in grouped]
    if not required:
        return []
    table = scan(records).filter(MALFORMED.expr.is_null())
    rows, *filled = table.select(pl.len().alias(""), pl.col(required).count()).collect().row(0)
    counted = dict(zip(required, filled, strict=True))
    absent = [name for name in required if rows and not counted[name]]
    if absent:
        fields = _fields(records, origins)
        what = "is a field of no record"
        faults = [Fault(named[name], f"{name!r} {what}", suggest(name, fields)) for name in absent]
        raise_all(ConfigError, faults)
    return [
        f"{named[name]} {name}: {counted[name]:,} of {rows:,} have it, the rest is one group"
        for name in required
        if rows and counted[name] < FEW * rows
    ]


def _fields(records: Path, origins: Sequence[Origin]) -> list[str]:
    """The names of fields in some of the records, in the order in which they come."""
    known = scan(records).select(MALFORMED.expr.is_null().arg_true()).collect()
    numbers = known.to_series()
    step = max(1, numbers.len() // LOOKED_AT)
    rows = open_table(records).rows(numbers.gather_every(step).head(LOOKED_AT).to_list())
    records_by_place = records_of(list(rows.values()), {origin.name: origin for origin in origins})
    return list(dict.fromkeys(name for record in records_by_place.values() for name in record))
