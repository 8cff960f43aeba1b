"""What a session makes of a profile and stores beside its records, for the next one."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import polars as pl

from curate.artifacts.profile import Profile
from curate.files.state import state_of
from curate.profiles.opened import RECORDS

FEWEST_ROWS: Final = 1 << 16
"""Rows below which reading the manifests again takes no longer than a page."""


class Stored:
    """A table beside the records of a profile, which belongs to the records as the disk has them,
    and to the manifests that they are of. `schema` names its form.
    """

    def __init__(self, folder: Path, name: str, schema: str, profile: Profile) -> None:
        inputs = [(entry.source, entry.fingerprint) for entry in profile.inputs]
        state = state_of((folder / RECORDS).stat())
        self._path, self._key = folder / name, json.dumps([schema, state, inputs])

    def exists(self) -> bool:
        """Whether there is one that belongs to these records."""
        try:
            return pl.read_parquet_metadata(self._path).get("key") == self._key
        except (OSError, ValueError, pl.exceptions.PolarsError):
            return False

    def read(self, columns: list[str]) -> pl.DataFrame | None:
        """The table; None where there is none that belongs to these records."""
        try:
            return pl.read_parquet(self._path, columns=columns) if self.exists() else None
        except (OSError, ValueError, pl.exceptions.PolarsError):
            return None

    def write(self, table: pl.DataFrame) -> None:
        """Store the table, whole; where nothing may be written, it is made again later."""
        scratch = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        with suppress(OSError, pl.exceptions.PolarsError):
            try:
                table.write_parquet(scratch, compression_level=1, metadata={"key": self._key})
                scratch.replace(self._path)
            finally:
                scratch.unlink(missing_ok=True)
