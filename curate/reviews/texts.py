"""The texts of a profile's records in one column, to be searched.

records.parquet holds none: they are read from the manifests once, and stored beside the records
where that took long. In memory they take their bytes and 16 a record.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from curate.artifacts.profile import Profile
from curate.errors import InputError
from curate.formatting.units import plural
from curate.manifest.lines import unchanged_portions
from curate.manifest.texts import texts_of
from curate.profiles.named import TEXTS
from curate.profiles.opened import origin_of
from curate.reviews.background import Watch
from curate.reviews.stored import FEWEST_ROWS, Stored

_SCHEMA: Final = "curate.texts/1"
_TEXT: Final = "text"


def load_texts(folder: Path, profile: Profile, on_read: Watch) -> pl.Series:
    """The text of each record of a profile directory, in order; a line that is no record has an
    empty one. InputError where a manifest is not as it was when it was profiled.
    """
    stored = Stored(folder, TEXTS, _SCHEMA, profile)
    table = stored.read([_TEXT])
    if table is None:
        table = _read(profile, on_read).to_frame()
        if table.height >= FEWEST_ROWS:
            stored.write(table)
    on_read(table.height)
    return table[_TEXT]


def _read(profile: Profile, on_read: Watch) -> pl.Series:
    parts = [pl.Series(_TEXT, [], dtype=pl.String)]
    count = 0
    for part in _parts(profile):
        parts.append(part)
        count += part.len()
        on_read(count)
    if count != profile.totals.rows:
        what = f"hold {plural(count, 'record')}, the profile {profile.totals.rows:,}"
        raise InputError.of("the manifests", what, "profile them again")
    return pl.concat(parts)


def _parts(profile: Profile) -> Iterator[pl.Series]:
    for entry in profile.inputs:
        for portion in unchanged_portions(origin_of(entry), entry.fingerprint):
            texts = texts_of(portion.chunk.data)
            data = texts.data.tobytes()
            ends = zip(texts.start.tolist(), (texts.start + texts.length).tolist(), strict=True)
            yield pl.Series(_TEXT, [data[first:end].decode() for first, end in ends], pl.String)
