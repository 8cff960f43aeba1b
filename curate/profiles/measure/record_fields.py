"""Which fields of manifests become columns of records.parquet, beside those that all rows have."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Mapping, Sequence

import polars as pl

from curate.artifacts.columns import DECIDED, RECORD, VERDICT_COLUMNS, described, schema
from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.errors.nearest import suggest
from curate.manifest.fields import FIELDS, WITHOUT_COLUMN
from curate.manifest.origin import Origin
from curate.manifest.origins import kept_fields
from curate.metrics import BY_NAME, OPT_IN, chosen, with_needs

GROUPABLE = frozenset({"source", "task", "script"})
"""Columns that every profile has, and that amounts may be grouped by."""

_FIELD = r"[A-Za-z_][A-Za-z0-9_.-]*\Z"


def records_schema(
    fields: Sequence[str], groups: Collection[str] = ()
) -> Mapping[str, pl.DataType]:
    """Columns of records.parquet in order, with their types."""
    return {
        **schema(RECORD),
        **dict.fromkeys(fields, pl.String()),
        **schema(described(groups)),
        **{metric.name: metric.dtype for metric in chosen(groups)},
        **schema(VERDICT_COLUMNS),
        **schema(DECIDED),
    }


def opt_in_groups(names: Sequence[str]) -> frozenset[str]:
    """Opt-in groups of metrics by name, with those that they need. ConfigError with every unknown
    name.
    """
    known = tuple(sorted(OPT_IN))
    faults = [
        Fault(parameter("metrics"), f"unknown group {name!r}", suggest(name, known))
        for name in names
        if name not in known
    ]
    raise_all(ConfigError, faults)
    return with_needs(names)


def grouped_fields(by: Sequence[str], sources: Sequence[Origin]) -> tuple[list[str], list[str]]:
    """What amounts are grouped by beside language and speaker: `by`, and what the sources' formats
    keep; and those of it that become columns of their own. ConfigError with every field that cannot
    be a column.
    """
    known = records_schema([])
    named = [name for name in dict.fromkeys(by) if name not in {"lang", "speaker"}]
    faults = [
        Fault(parameter("by"), f"{name!r} {what}", "name a plain field of the manifest")
        for name in named
        for what in _field_faults(name, known)
        if name not in GROUPABLE
    ]
    raise_all(ConfigError, faults)
    implied = [name for name in kept_fields(sources) if not _field_faults(name, known)]
    grouped = list(dict.fromkeys([*named, *implied]))
    return grouped, [name for name in grouped if name not in GROUPABLE]


def _field_faults(name: str, known: Container[str]) -> list[str]:
    if not re.match(_FIELD, name):
        return ["is not a field name"]
    if (name in FIELDS and name not in WITHOUT_COLUMN) or name in BY_NAME or name in known:
        return ["is measured anyway and cannot be grouped by"]
    return []
