"""Records whose speaker is unknown, looked up in their manifests: what they say in its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from curate.artifacts.columns import BYTE_LENGTH, BYTE_OFFSET, MALFORMED, SOURCE, SPEAKER
from curate.manifest.lines import fetch_lines
from curate.manifest.origin import Origin
from curate.manifest.strict import Record
from curate.splits.coverage import KNOWN, Keys, commonest
from curate.splits.path_proposals import proposals
from curate.splits.written_manifests import PATH
from curate.text.ids import SPEAKER_FIELDS, canonical_id

LOOKED_AT = 10_000
"""Records that are looked up at most, evenly spaced: enough to see how a corpus names its files."""


def looked_up(keys: Keys, rows: pl.DataFrame, origins: Mapping[str, Origin]) -> Keys:
    """The keys with what takes the place of a speaker, in a sample of the rows that have none, and
    with the group keys that their paths would give.
    """
    if SPEAKER.name not in keys.columns:
        return keys
    records = look_up(rows.filter(~pl.col(KNOWN)), origins)
    paths = pl.Series([str(record[PATH]) for record in records], dtype=pl.String)
    keys = replace(keys, proposals=proposals(paths))
    if SPEAKER.name in keys.everywhere:
        return keys
    given = [
        record[name]
        for record in records
        for name in SPEAKER_FIELDS
        if record.get(name) is not None
    ]
    raw_values = [value if isinstance(value, str) else json.dumps(value) for value in given]
    nobody = [value for value in dict.fromkeys(raw_values) if canonical_id(value) is None]
    if not nobody:
        return keys
    values = pl.Series("value", raw_values, pl.String)
    named = commonest(values.filter(values.is_in(nobody)))
    return replace(keys, placeholders={**keys.placeholders, SPEAKER.name: named})


def look_up(rows: pl.DataFrame, origins: Mapping[str, Origin]) -> list[Record]:
    """The records of these rows, or of LOOKED_AT of them, in order; malformed rows have none."""
    records = rows.filter(MALFORMED.expr.is_null())
    if records.height > LOOKED_AT:
        records = records[np.linspace(0, records.height - 1, LOOKED_AT).astype(np.int64)]
    sampled: list[Record] = []
    for part in records.partition_by(SOURCE.name, maintain_order=True):
        places = list(zip(part[BYTE_OFFSET.name], part[BYTE_LENGTH.name], strict=True))
        lines = fetch_lines(origins[part[SOURCE.name][0]], places)
        sampled += [json.loads(lines[place]) for place in places]
    return sampled
