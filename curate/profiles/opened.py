"""Reading a profile directory: profile.json, and the lines of the manifests behind its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.artifacts.base import read_artifact
from curate.errors import Fault, InputError
from curate.errors.nearest import lacking

if TYPE_CHECKING:  # the readers are loaded where a line is read, the model where a profile is
    from curate.artifacts.profile import Input, Profile
    from curate.manifest.lines import Place as LinePlace
    from curate.manifest.origin import Origin

MAKE = "make it with curate profile"
RECORDS = "records.parquet"
Json = dict[str, object]
Row = tuple[Any, ...]


def origin_of(entry: Input) -> Origin:
    """How a source of a profile is read again."""
    from curate.manifest.origin import Origin

    return Origin(entry.source, entry.format, entry.beside, entry.added)


def origins_of(profile: Profile) -> Mapping[str, Origin]:
    """How the sources of a profile are read again, by name."""
    return {entry.source: origin_of(entry) for entry in profile.inputs}


def missing_file(folder: Path) -> Fault | None:
    """The fault of a directory that lacks a file of a profile; None of one that has them."""
    for member in (RECORDS, "profile.json"):
        if not (folder / member).is_file():
            return lacking(folder, member, MAKE)
    return None


def open_profile(folder: Path) -> Profile:
    """profile.json of a directory that also holds the records. InputError where it does not."""
    if fault := missing_file(folder):
        raise InputError(fault)
    from curate.artifacts.profile import Profile

    return read_artifact(folder, Profile)


def records_of(
    rows: Sequence[Row], origins: Mapping[str, Origin]
) -> Mapping[tuple[str, LinePlace], Json]:
    """The original records behind rows of `RecordsTable.rows`."""
    from curate.manifest.lines import fetch_lines
    from curate.manifest.strict import Malformed, parse_line

    by_source: dict[str, dict[int, LinePlace]] = {}
    for source, line, offset, length, *_ in rows:
        by_source.setdefault(source, {})[line] = (offset, length)
    records: dict[tuple[str, LinePlace], Json] = {}
    for source, places in by_source.items():
        origin = origins.get(source, source)
        for place, line in fetch_lines(origin, list(places.values()), list(places)).items():
            try:
                records[source, place] = parse_line(line)
            except Malformed:  # only a manifest rewritten meanwhile; its text is then not shown
                records[source, place] = {}
    return records
