"""JSON lines that are not as we write them: fields of other names (`--map text=sentence`), and NaN
or Infinity for a value (`--lenient-json`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import polars as pl

from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.manifest.chunks import read_chunks
from curate.manifest.corrections import CAST, MEASURE, PATHS, PATTERNS, extracted
from curate.manifest.fields import FIELDS
from curate.manifest.mapped_ends import END, with_duration
from curate.manifest.origin import (
    PORTION_BYTES,
    Item,
    Origin,
    Portion,
    canonical,
    lines_portion,
)
from curate.manifest.placed import read_placed
from curate.manifest.scan import BLANK, OK, Scan, scan
from curate.manifest.strict import Malformed, Record, parse_line
from curate.manifest.syntax import ESCAPED, MISSING, STRING
from curate.manifest.text_role import RESTORE, as_role

if TYPE_CHECKING:
    from curate.text_rules import NamedTextRules

ROLE = "map"
"""Where an origin keeps its mapping, as NAME=FIELD."""

LENIENT = "lenient_json"
"""Where it keeps that NaN and Infinity are null."""

BEFORE = "_before"
"""Ends the name of a field that keeps what a mapping replaced."""

NEEDED = ("audio_filepath", "duration", "text")
"""Fields without which a line is no record."""

_HINT = "write NAME=FIELD, such as --map text=sentence"
PATTERN = "regex:"
"""Begins, in place of FIELD, the pattern that takes a field from the audio path."""


def _text_rules(name: str | None) -> NamedTextRules | None:
    """The text rules of this name; None where none are named, or texts are put back."""
    if name in (None, RESTORE):
        return None
    from curate.text_rules import load_text_rules

    return load_text_rules(name)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How inputs are read: as which format (None: as what they look like), and `fields`: the name
    that a field has in them, or `regex:PATTERN`, whose first group is searched in the name of the
    audio file (in its path, where the pattern holds a slash). `audio_root` is where the audio of
    transcripts and folders is looked for, if not beside them. `lenient`: NaN, Infinity and
    -Infinity are null, as Python's `json`, and so Lhotse and NeMo, take them for values; else a
    line with one is malformed. `path_map`: by what an audio path begins with, what takes its place.
    `cast`: durations and offsets that are text, such as `1,5` or `01:02.5`, are numbers.
    `measure_duration`: durations that are missing are those of the audio's headers.
    `text_rules` change the texts; `restore_text` puts them back as they were before any rules.
    """

    format: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    lenient: bool = False
    audio_root: str | None = None
    path_map: Mapping[str, str] = field(default_factory=dict)
    cast: bool = False
    measure_duration: bool = False
    text_rules: NamedTextRules | None = None
    restore_text: bool = False

    @classmethod
    def parse(
        cls,
        format: str | None,
        maps: Sequence[str],
        lenient: bool = False,
        path_map: Sequence[str] = (),
        cast: bool = False,
        measure_duration: bool = False,
        text_rules: str | None = None,
    ) -> ReadOptions:
        """Read NAME=FIELD and OLD=NEW pairs, and text rules by their name. ConfigError with every
        fault.
        """
        pairs = [text.partition("=") for text in maps]
        names = [name.strip() for name, _, _ in pairs]
        faults = [
            Fault(parameter("fields"), f"{text!r} {what}", hint)
            for text, (_, mark, source_field), name in zip(maps, pairs, names, strict=True)
            for what, hint in _faults(name, mark, source_field, names)
        ]
        moves = [text.partition("=") for text in path_map]
        faults += [
            Fault(parameter("path_map"), f"{text!r} is not OLD=NEW", "such as C:/data=/mnt/data")
            for text, (old, mark, _) in zip(path_map, moves, strict=True)
            if not old or not mark
        ]
        raise_all(ConfigError, faults)
        given = {
            name: source_field.strip()
            for name, (_, _, source_field) in zip(names, pairs, strict=True)
        }
        paths = {old: new for old, _, new in moves}
        return cls(
            format,
            given,
            lenient,
            path_map=paths,
            cast=cast,
            measure_duration=measure_duration,
            text_rules=_text_rules(text_rules),
            restore_text=text_rules == RESTORE,
        )

    def at(self, audio_root: Path | None) -> ReadOptions:
        """The same options, with relative audio paths beginning here."""
        return self if audio_root is None else replace(self, audio_root=str(audio_root))

    @property
    def root(self) -> Path | None:
        """Where relative audio paths begin, if not at each manifest's folder."""
        return None if self.audio_root is None else Path(self.audio_root)

    @property
    def renamed(self) -> Mapping[str, str]:
        """The fields that have another name."""
        fields = self.fields.items()
        return {name: its for name, its in fields if not its.startswith(PATTERN)}

    @property
    def options(self) -> Sequence[str]:
        """What a command line says of how inputs are read, but for text rules."""
        pairs = {"--map": as_pairs(self.fields), "--path-map": as_pairs(self.path_map)}
        values = {"--format": self.format, "--audio-root": self.audio_root}
        is_on = {
            "--lenient-json": self.lenient,
            "--cast": self.cast,
            "--measure-duration": self.measure_duration,
        }
        return [
            *(word for name, each in pairs.items() for pair in each for word in (name, pair)),
            *(word for name, each in values.items() if each for word in (name, each)),
            *(name for name, on in is_on.items() if on),
        ]

    @property
    def corrections(self) -> Mapping[str, Sequence[str]]:
        """What is corrected, as an origin keeps it."""
        patterns = {
            name: its.removeprefix(PATTERN)
            for name, its in self.fields.items()
            if its.startswith(PATTERN)
        }
        options = {
            PATTERNS: as_pairs(patterns),
            PATHS: as_pairs(self.path_map),
            CAST: ("yes",) if self.cast else (),
            MEASURE: (self.audio_root or "",) if self.measure_duration else (),
        }
        given = {role: values for role, values in options.items() if values}
        return {**given, **as_role(self.text_rules, self.restore_text)}

    def with_fields(self, origin: Origin) -> Origin:
        """The origin with the mapping, and with what is corrected."""
        pairs = as_pairs(self.renamed)
        options: dict[str, Sequence[str]] = {ROLE: pairs} if pairs else {}
        options |= {LENIENT: ("yes",)} if self.lenient else {}
        options |= self.corrections
        return Origin(origin.name, origin.format, {**origin.beside, **options}, origin.added)


def as_pairs(values: Mapping[str, str]) -> Sequence[str]:
    """NAME=VALUE of each entry, as an origin keeps a mapping."""
    return tuple(f"{name}={value}" for name, value in values.items())


ReadAs: TypeAlias = ReadOptions | str | None
"""A format by its name, None for what an input looks like, or these with a mapping of fields."""


def reading_of(read_as: ReadAs) -> ReadOptions:
    """The same as options."""
    return read_as if isinstance(read_as, ReadOptions) else ReadOptions(read_as)


def fields_of(origin: Origin) -> Mapping[str, str]:
    """The mapping of an origin: our field to its name there."""
    pairs = (pair.partition("=") for pair in origin.beside.get(ROLE, ()))
    return {name: source_field for name, _, source_field in pairs}


def _faults(
    name: str, mark: str, source_field: str, names: Sequence[str]
) -> Iterator[tuple[str, str]]:
    if not mark or not name or not source_field.strip():
        yield "is not NAME=FIELD", _HINT
    elif source_field.strip().startswith(PATTERN) and (why := _why_no_pattern(source_field)):
        yield why
    elif name not in FIELDS and not (name == END and not source_field.strip().startswith(PATTERN)):
        near = get_close_matches(name, FIELDS, 1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        yield f"names no field of a manifest ({name!r})", f"{meant}known: {', '.join(FIELDS)}"
    elif names.count(name) > 1:
        yield f"maps {name!r} twice", "map it once"


def _why_no_pattern(source_field: str) -> tuple[str, str] | None:
    """What is wrong with a pattern, and a hint; None where nothing is."""
    pattern = source_field.strip().removeprefix(PATTERN)
    try:
        groups = re.compile(pattern).groups
        extracted(pattern, ["a.wav"])
    except (re.error, pl.exceptions.PolarsError) as error:
        what = str(error).split("\n", 1)[0]
        return f"holds no regular expression ({what})", r"such as --map speaker='regex:^(\w+)_'"
    return None if groups else ("has no group", r"put what is meant in brackets: regex:^(\w+)_")


def read_mapped(origin: Origin) -> Iterator[Portion]:
    """NeMo lines with the mapped fields added under our names, and null for what is not finite.

    All other bytes of a line stay as they were, but for a known field that it has already: its
    value is replaced, and stored as NAME_before. A line that lacks the
    FIELD of a NAME=FIELD is malformed, even if it has NAME. An END gives the duration.
    """
    every, number, lenient = fields_of(origin), 0, LENIENT in origin.beside
    fields = {name: its for name, its in every.items() if name != END}
    if not every and not lenient:
        yield from read_placed(origin)
        return
    names = list(dict.fromkeys([*fields, *fields.values()])) or ["text"]
    for chunk in read_chunks(origin.name, PORTION_BYTES):
        scanned = scan(np.frombuffer(chunk.data, np.uint8), names)
        items: list[Item] = []
        lines: list[bytes] = []
        not_finite = 0
        for row, (begin, size) in enumerate(
            zip(scanned.line_start.tolist(), scanned.line_length.tolist(), strict=True)
        ):
            if scanned.status[row] == BLANK:
                continue
            line = chunk.data[begin : begin + size]
            spans = _spans(scanned, names, row, begin) if scanned.status[row] == OK else None
            try:
                strict = _strict(line, fields) if lenient and spans is None else line
                renamed, why = _renamed(strict, fields, spans), ""
                if END in every:
                    renamed = with_duration(renamed, every, CAST in origin.beside)
                not_finite += strict != line
            except Malformed as fault:
                renamed, why = line, str(fault)
            items.append(Item(number + row + 1, chunk.byte_offset + begin, line, why))
            lines.append(renamed)
        number += scanned.status.size
        blank = scanned.status == BLANK
        empty = (int(blank.sum()), int(scanned.line_length[blank].sum()))
        reasons = {row: str(item.record) for row, item in enumerate(items) if item.record}
        made = lines_portion(origin, items, lines, reasons, chunk.data, empty)
        yield replace(made, not_finite=not_finite)


_NOT_FINITE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?Infinity|NaN', re.DOTALL)
"""A string, in which anything may stand, or a value that JSON has no word for."""


def _strict(line: bytes, fields: Mapping[str, str]) -> bytes:
    """The line with null for what is not finite; Malformed where that would be read as something
    else, such as an offset of nothing.
    """
    strict = _NOT_FINITE.sub(_null, line)
    if strict != line:
        parse_line(strict)
        record = json.loads(line, parse_constant=lambda _: Ellipsis)
        for name in (*NEEDED, "offset"):
            if record.get(its := fields.get(name, name)) is Ellipsis:
                raise Malformed(f"{its} is not finite")
    return strict


def _null(match: re.Match[bytes]) -> bytes:
    return match[0] if match[0].startswith(b'"') else b"null"


_Spans = dict[str, tuple[int, int]]
"""Where a line's fields are, quotes included; those that it has."""


def _spans(lines: Scan, names: Sequence[str], row: int, begin: int) -> _Spans:
    spans: _Spans = {}
    places = (lines.kind[row].tolist(), lines.start[row].tolist(), lines.length[row].tolist())
    for name, kind, start, size in zip(names, *places, strict=True):
        if kind != MISSING:
            quote = kind in (STRING, ESCAPED)
            first = start - quote - begin
            spans[name] = (first, first + size + 2 * quote)
    return spans


def _renamed(line: bytes, fields: Mapping[str, str], spans: _Spans | None) -> bytes:
    """The line with our names; Malformed where it is none, or lacks a field that is mapped."""
    if spans is None:  # not plain: parsed, and written again
        record = parse_line(line)
        return _rewritten(record, fields) if fields else line
    _refuse_absent(fields, spans)
    added, replaced = [], []
    for name, its in fields.items():
        if its not in spans or its == name:
            continue
        value = line[slice(*spans[its])]
        if name not in spans:
            added.append(b'"%s": %s' % (name.encode(), value))
            continue
        replaced.append((*spans[name], value))
        original = line[slice(*spans[name])]
        added.append(b'"%s%s": %s' % (name.encode(), BEFORE.encode(), original))
    for start, end, value in sorted(replaced, reverse=True):
        line = line[:start] + value + line[end:]
    at = line.rindex(b"}")
    return b"".join([line[:at], *(b", " + each for each in added), line[at:]])


def _rewritten(record: Record, fields: Mapping[str, str]) -> bytes:
    """The same for a line that the scanner cannot locate the fields of for sure."""
    _refuse_absent(fields, record)
    mapped = {
        our_field: record[its]
        for our_field, its in fields.items()
        if its in record and its != our_field
    }
    before = {
        f"{our_field}{BEFORE}": record[our_field] for our_field in mapped if our_field in record
    }
    return canonical({**record, **mapped, **before})


def _refuse_absent(fields: Mapping[str, str], there: Container[str]) -> None:
    for name, its in fields.items():
        if name in NEEDED and its not in there:
            raise Malformed(f"no field {its}, which is to be the {name} (missing)")
