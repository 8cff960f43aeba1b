"""Whether the files behind a profile's records are as they were."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from curate.artifacts.base import read_artifact
from curate.errors import InputError
from curate.files.state import state_of
from curate.manifest.chunks import read_chunks
from curate.manifest.lines import fingerprint
from curate.manifest.nemo import chunk_digest
from curate.manifest.origin import Origin
from curate.profiles.measure.source import Source

if TYPE_CHECKING:
    from curate.artifacts.measured import MeasuredInput

_FRESH_NS = 2_000_000_000
"""A file written so shortly before the profile was may have changed again within one clock tick."""


def is_current(source: Source, entry: MeasuredInput, written_ns: int) -> bool:
    """Whether a source is as it was when the records were written, at `written_ns`."""
    state = file_state(source.name)
    if entry.folder != source.folder:
        return False
    if entry.state == state and max(state["mtime_ns"], state["ctime_ns"]) < (
        written_ns - _FRESH_NS
    ):
        return True
    digests = (chunk_digest(chunk.data) for chunk in read_chunks(source.name))
    source.state = state
    return fingerprint(digests) == source.fingerprint


def is_unchanged(records: Path, origin: Origin, expected: str) -> bool:
    """Whether a plain manifest is as it was when the profile of these records was made."""
    from curate.artifacts.measured import Measured

    try:
        measured = read_artifact(records.parent, Measured)
        entry = next(each for each in measured.sources if each.source == origin.name)
        return is_current(Source.of(entry), entry, records.stat().st_mtime_ns)
    except (InputError, OSError, StopIteration):
        digests = (chunk_digest(chunk.data) for chunk in read_chunks(origin.name))
        return fingerprint(digests) == expected


def file_state(name: str) -> dict[str, int]:
    """What the file system says of a file: when all of it is as before, so is the content."""
    return state_of(os.stat(name))._asdict()  # noqa: PTH116 - one call
