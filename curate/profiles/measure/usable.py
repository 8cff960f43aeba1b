"""Inputs of which no line is a record: an error where all are so, a warning where some are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.artifacts.columns import MALFORMED, SOURCE, has_audio
from curate.errors import InputError
from curate.manifest.origin import Origin
from curate.profiles.rows import scan


def refuse_unusable(records: Path, origins: Sequence[Origin]) -> list[str]:
    """Warnings about inputs without a usable line. InputError, one fault an input, where no input
    has one: then there is nothing to say about the rest either.
    """
    table = scan(records)
    rows, malformed = table.select(pl.len(), (~has_audio()).sum()).collect().row(0)
    if not malformed and rows:
        return []
    from curate.manifest.unusable import unusable, warnings_of  # all that may be wrong

    reasons = _reasons(table)
    faults = [
        unusable(origin, sum(of.values()), of)
        for origin in origins
        for of in [reasons.get(origin.name, {})]
        if rows == malformed or (of and "" not in of)
    ]
    if rows == malformed:
        raise InputError(*faults)
    return warnings_of(faults)


def _reasons(table: pl.LazyFrame) -> Mapping[str, dict[str, int]]:
    """Per source, how many lines are not used for each reason ("": they are records)."""
    by_source: dict[str, dict[str, int]] = {}
    reason = pl.when(~has_audio()).then(MALFORMED.expr)
    counted = table.group_by(SOURCE.expr, reason).agg(pl.len()).collect()
    for source, reason, rows in counted.iter_rows():
        kind = _kind(reason or "")
        of = by_source.setdefault(source, {})
        of[kind] = of.get(kind, 0) + rows
    return by_source


def _kind(reason: str) -> str:
    """The reason without what differs from line to line, such as a column number or a value."""
    kind, _, detail = reason.partition(" (")
    return reason if detail.isascii() and detail.strip(")").isalpha() else kind
