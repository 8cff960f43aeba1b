"""Single records to explain: of a profile by id, of a manifest by line, or given as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    LINE,
    SOURCE,
    VERDICT_COLUMNS,
)
from curate.artifacts.frames import Clips
from curate.errors import ConfigError, Fault, InputError, parameter, raise_all
from curate.errors.nearest import suggest
from curate.manifest.chunks import Chunk
from curate.manifest.nemo import read_batch
from curate.manifest.origin import Origin
from curate.manifest.read import find_sources, read_manifest
from curate.metrics import groups_of
from curate.profiles.opened import Json, open_profile, origins_of, records_of
from curate.profiles.whole_input.conventions import exempted
from curate.rules.file import RuleSet, known_presets, load_rules

if TYPE_CHECKING:
    from curate.profiles.request import Rules

PLACEHOLDER_AUDIO = "example.wav"
"""Replaces the path of a record typed without one: its audio is not read."""
_PLACE = re.compile(r"(?:(?P<source>.+):)?(?P<line>[1-9][0-9]{0,17})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Subject:
    """A record: `row` holds what rules can use, `record` its fields as they are.

    `profiled` is what the profile says of it (verdict, tags, reason); None for one of no profile.
    """

    id: str
    row: Mapping[str, object]
    record: Mapping[str, object]
    profiled: Json | None = None
    notes: tuple[str, ...] = ()


def rules_of(folder: Path) -> tuple[RuleSet, list[str]]:
    """The rules that a profile was made with, and a warning where they have changed since.

    ConfigError where they cannot be read any more.
    """
    profile = open_profile(folder)
    stated = profile.rules
    preset = stated.path.removeprefix("rules/").removesuffix(".yaml")
    try:
        rules = load_rules(preset if preset in known_presets() else Path(stated.path))
    except ConfigError as error:
        what = f"the rules of {folder} are no longer there"
        fault = Fault(parameter("rules"), what, "name a rule file")
        raise ConfigError(*error.faults, fault) from None
    same = rules.sha256 == stated.sha256
    rules = rules.of_languages(profile.languages)
    rules = exempted(rules, profile.conventions)
    if same:
        return rules, []
    return rules, [
        f"{stated.path} has changed since {folder} was made: evaluated by its current content"
    ]


def rules_or_own(folder: Path, rules: Rules) -> tuple[RuleSet, Sequence[str]]:
    """The rules that are named, else the profile's own, with warnings about these."""
    if rules is None:
        return rules_of(folder)
    from curate.profiles.request import RuleOptions

    return RuleOptions(rules=rules).load(), []


def from_profile(folder: Path, ids: Sequence[str]) -> list[Subject]:
    """The records of a profile with these ids (`source:line`; only the line where the profile is
    of one manifest), in the requested order. ConfigError with every id that it does not have.
    """
    profile = open_profile(folder)
    places = _placed(ids, [entry.source for entry in profile.inputs], folder)
    rows = _rows(folder / "records.parquet", places)
    missing = [place for place in places if place not in rows]
    hint = "lines count from 1; a blank line is not a record"
    raise_all(
        ConfigError, [Fault(f"{s}:{n}", f"is not a record of {folder}", hint) for s, n in missing]
    )
    origins = origins_of(profile)
    return [_subject(rows[place], origins) for place in places]


def from_manifest(name: str, rules: RuleSet) -> Subject:
    """The record at `manifest:line`, measured as the rules need."""
    source, line = _cut(name)
    if source is None:
        what = f"'{name}' names no record"
        hint = "write manifest.jsonl:17, a JSON object, or an id with --profile"
        raise ConfigError.of("argument", what, hint)
    for origin in find_sources([source]):
        row = _line_of(origin, line, rules)
        if row is not None:
            return _subject(row, {origin.name: origin})
    what = "holds no record: the line is blank or not there"
    raise InputError.of(f"{source}:{line}", what, "lines count from 1; name another")


def from_json(text: str, rules: RuleSet, name: str = "(typed)") -> Subject:
    """A record given as one JSON object, evaluated as a line of a manifest would be."""
    stated, notes = _with_audio(text)
    line = stated.replace("\n", " ").replace("\r", " ").encode(errors="surrogatepass")
    rows = _measured(read_batch(Chunk(name, 0, line)), rules)
    if not rows.height:
        raise ConfigError.of(name, "is blank", "give one JSON object")
    return Subject(name, rows.row(0, named=True), _decoded(text), notes=notes)


def _cut(name: str) -> tuple[str | None, int]:
    match = _PLACE.fullmatch(name)
    return (match["source"], int(match["line"])) if match else (None, 0)


def _placed(ids: Sequence[str], sources: Sequence[str], folder: Path) -> list[tuple[str, int]]:
    faults: list[Fault] = []
    places: list[tuple[str, int]] = []
    for each in ids:
        source, line = _cut(each)
        if source is None and line and len(sources) == 1:
            source = sources[0]
        if source is not None and source in sources:
            places.append((source, line))
        elif not line:
            hint = "an id is source:line, as `curate head` shows it"
            faults.append(Fault("argument", f"'{each}' is not an id", hint))
        else:
            what = f"{folder} was made of no manifest '{source or ''}'"
            faults.append(Fault(each, what, suggest(source or "", tuple(sources))))
    raise_all(ConfigError, faults)
    return places


def _rows(table: Path, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Json]:
    keys = pl.DataFrame(
        places, schema={SOURCE.name: SOURCE.dtype, LINE.name: LINE.dtype}, orient="row"
    )
    matching = pl.scan_parquet(table).join(
        keys.unique().lazy(), on=[SOURCE.name, LINE.name], how="semi"
    )
    return {(row["source"], row["line"]): row for row in matching.collect().iter_rows(named=True)}


def _line_of(origin: Origin, line: int, rules: RuleSet) -> Json | None:
    for piece in read_manifest(origin, lambda clips: _measured(clips, rules)):
        rows_of_line = piece.frame.filter(LINE.expr == line)
        if rows_of_line.height:
            return rows_of_line.row(0, named=True)
    return None


def _measured(clips: Clips, rules: RuleSet) -> pl.DataFrame:
    from curate.metrics.measure import Settings, measure  # a profile's records are measured

    return measure(clips, Settings(groups_of(rules.names)))


def _subject(row: Mapping[str, Any], origins: Mapping[str, Origin]) -> Subject:
    place = (row[BYTE_OFFSET.name], row[BYTE_LENGTH.name])
    lines = [(row["source"], row["line"], *place)]
    record = records_of(lines, origins)[row["source"], place]
    verdict_columns = {
        column.name: row[column.name] for column in VERDICT_COLUMNS if column.name in row
    }
    return Subject(f"{row['source']}:{row['line']}", row, record, verdict_columns or None)


def _with_audio(text: str) -> tuple[str, tuple[str, ...]]:
    record = _decoded(text)
    if not record or "audio_filepath" in record:
        return text, ()
    note = "it has no audio_filepath: in a manifest the line would be malformed"
    return text.replace("{", f'{{"audio_filepath": "{PLACEHOLDER_AUDIO}", ', 1), (note,)


def _decoded(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
