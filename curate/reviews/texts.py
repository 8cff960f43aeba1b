"""The texts of a profile's records in one column, to be searched.

records.parquet holds none: they are read from the manifests once, and stored beside the records
where that took long. In memory they take their bytes and 16 a record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import polars as pl

from curate.artifacts.profile import Profile
from curate.errors import InputError
from curate.files.state import state_of
from curate.formatting.units import plural
from curate.manifest.lines import unchanged_portions
from curate.manifest.texts import texts_of
from curate.profiles.named import TEXTS
from curate.profiles.opened import RECORDS, origin_of
from curate.reviews.background import Watch

FEWEST_ROWS: Final = 1 << 16
"""Rows below which reading the manifests again takes no longer than a page."""
_SCHEMA: Final = "curate.texts/1"
_TEXT: Final = "text"


def load_texts(folder: Path, profile: Profile, on_read: Watch) -> pl.Series:
    """The text of each record of a profile directory, in order; a line that is no record has an
    empty one. InputError where a manifest is not as it was when it was profiled.
    """
    records, path = folder / RECORDS, folder / TEXTS
    key = _key(records, profile)
    texts = _stored(path, key)
    if texts is None:
        texts = _read(profile, on_read)
        if texts.len() >= FEWEST_ROWS:
            _store(path, texts, key)
    on_read(texts.len())
    return texts


def _key(records: Path, profile: Profile) -> str:
    """What the stored texts belong to: the records as the disk has them, of these manifests."""
    inputs = [(entry.source, entry.fingerprint) for entry in profile.inputs]
    return json.dumps([_SCHEMA, state_of(records.stat()), inputs])


def _stored(path: Path, key: str) -> pl.Series | None:
    try:
        if pl.read_parquet_metadata(path).get("key") != key:
            return None
        return pl.read_parquet(path, columns=[_TEXT])[_TEXT]
    except (OSError, ValueError, pl.exceptions.PolarsError):
        return None


def _store(path: Path, texts: pl.Series, key: str) -> None:
    """Put the texts beside the records, whole; where nothing may be written there, they are read
    from the manifests again next time.
    """
    scratch = path.with_name(f".{TEXTS}.{os.getpid()}.tmp")
    with suppress(OSError, pl.exceptions.PolarsError):
        try:
            texts.to_frame().write_parquet(scratch, compression_level=1, metadata={"key": key})
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)


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
