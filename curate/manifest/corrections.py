"""What is corrected in records while they are read: fields by patterns, moved audio paths, numbers
that are written as text, durations that are missing.

Each is requested; nothing is guessed. All other bytes of a line stay as they were.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from curate.files.unicode_forms import form_on_disk
from curate.formatting.units import first_and_more
from curate.manifest.audio_files import bases_of, is_address, is_windows_path
from curate.manifest.audio_suffix import SUFFIX, lacks_suffix
from curate.manifest.members import with_members
from curate.manifest.origin import COMMAND, Origin, Portion, is_command, with_lines
from curate.manifest.strict import Malformed, Record, parse_line

PATTERNS, PATHS, CAST, MEASURE = "patterns", "path_map", "cast", "measure_duration"
DEFAULTS = "defaults"
"""Where an origin keeps them, DEFAULTS being fields of records that lack them; of MEASURE the root
of relative paths, or "".
"""
MEASURE_TABLE = "measure_table"
"""Where the origin of a table without durations keeps that root, as long as it has no MEASURE."""
AUDIO = "audio_filepath"
_UNIT = re.compile(r"\s*(s|sec|secs|seconds|ms)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrections of one input: by field the `patterns` that take it from the audio path, `paths`
    OLD to NEW, whether numbers are `cast`, the `root` of paths whose audio is measured (None:
    nothing is measured), `defaults`, fields of records that have none, and the `suffix` of audio
    paths without one.
    """

    patterns: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    cast: bool = False
    root: str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""

    @classmethod
    def of(cls, origin: Origin) -> Corrections | None:
        """Those of an origin; None where it has none."""
        beside = origin.beside
        if not {PATTERNS, PATHS, CAST, MEASURE, MEASURE_TABLE, DEFAULTS, SUFFIX} & beside.keys():
            return None
        root = beside.get(MEASURE, beside.get(MEASURE_TABLE))
        return cls(
            _pairs(beside.get(PATTERNS, ())),
            _pairs(beside.get(PATHS, ())),
            CAST in beside,
            None if root is None else root[0],
            _pairs(beside.get(DEFAULTS, ())),
            beside.get(SUFFIX, ("",))[0],
        )

    def apply(self, origin: Origin, portion: Portion) -> Portion:
        """The portion with its records corrected; rows that cannot be are malformed."""
        lines = portion.chunk.data.split(b"\n")[:-1]
        reasons = dict(portion.reasons)
        records = dict(_records(lines, reasons))
        changed: dict[int, Record] = {row: {} for row in records}
        self._add_fields(records, changed)
        for row, record in records.items():
            changed[row] |= self._moved(record) | (_cast(record) if self.cast else {})
            absent = {name for name in self.defaults if record.get(name) in (None, "")}
            changed[row] |= {name: self.defaults[name] for name in absent - changed[row].keys()}
        if self.root is not None:
            reasons |= self._measure(origin, records, changed)
        for row, members in changed.items():
            if members:
                lines[row] = with_members(lines[row], members)
        return with_lines(portion, lines, reasons)

    def _add_fields(self, records: Mapping[int, Record], changed: dict[int, Record]) -> None:
        for name, pattern in self.patterns.items():
            paths = [str(record.get(AUDIO, "")) for record in records.values()]
            for row, value in zip(records, extracted(pattern, paths), strict=True):
                if value is not None:
                    changed[row][name] = value

    def _moved(self, record: Record) -> Record:
        path = record.get(AUDIO)
        if not isinstance(path, str):
            return {}
        moved = moved_path(path, self.paths)
        moved += self.suffix if lacks_suffix(moved) and moved else ""
        return {} if moved == path else {AUDIO: moved}

    def _measure(
        self, origin: Origin, records: Mapping[int, Record], changed: dict[int, Record]
    ) -> dict[int, str]:
        """Put in the durations that are missing; the reasons of rows whose audio has none."""
        from curate.manifest.headers import NO_FILE, Length, lengths

        bases, waiting = bases_of(origin, Path(self.root) if self.root else None), []
        for row, record in records.items():
            path = changed[row].get(AUDIO, record.get(AUDIO))
            known = changed[row].get("duration", record.get("duration"))
            if _is_missing(known) and isinstance(path, str) and path:
                waiting.append((row, path))
        reasons = {}
        places = [audio_place(path, bases) for _, path in waiting]
        for (row, path), length in zip(waiting, lengths(places), strict=True):
            if isinstance(length, Length):
                offset = changed[row].get("offset", records[row].get("offset"))
                changed[row]["duration"] = length.seconds_from(offset)
            else:
                why = NO_FILE if is_windows_path(path) else length
                reasons[row] = f"{why}: {path}"
        return reasons


def is_measured(origin: Origin) -> bool:
    """Whether durations that are missing are measured."""
    return not {MEASURE, MEASURE_TABLE}.isdisjoint(origin.beside)


def measured_warnings(origins: Iterable[Origin]) -> list[str]:
    """A warning that tables have no durations, which are measured without `--measure-duration`."""
    names = [o.name for o in origins if MEASURE_TABLE in o.beside and MEASURE not in o.beside]
    if not names:
        return []
    first = first_and_more(names, "input")
    return [f"{first}: no column of durations: they are measured by the audio's headers"]


def corrected(read: Callable[[Origin], Iterator[Portion]]) -> Callable[[Origin], Iterator[Portion]]:
    """A format's `read` with the corrections of the origin."""

    def read_corrected(origin: Origin) -> Iterator[Portion]:
        corrections = Corrections.of(origin)
        if corrections is None:
            yield from read(origin)
            return
        for portion in read(origin):
            yield corrections.apply(origin, portion)

    return read_corrected


def _is_missing(duration: object) -> bool:
    """Whether a duration is not given, or 0 or less, as people write who do not know it."""
    return duration is None or (isinstance(duration, int | float) and not duration > 0)


def _pairs(texts: Sequence[str]) -> Mapping[str, str]:
    return {old: new for old, _, new in (text.partition("=") for text in texts)}


def _records(lines: Sequence[bytes], reasons: Mapping[int, str]) -> Iterator[tuple[int, Record]]:
    for row, line in enumerate(lines):
        try:
            if row not in reasons:
                yield row, parse_line(line)
        except Malformed:
            continue  # the reader of lines gives the reason


def extracted(pattern: str, paths: Sequence[str]) -> list[str | None]:
    """What the first group of a pattern matches in the name of each file, or in its whole path
    where the pattern holds a slash; null where it does not match. In linear time.
    """
    names = (
        paths if "/" in pattern else [path.replace("\\", "/").rpartition("/")[2] for path in paths]
    )
    values = pl.Series(names, dtype=pl.String).str.extract(pattern, 1)
    return values.replace("", None).to_list()


def moved_path(path: str, moves: Mapping[str, str]) -> str:
    r"""The path with the first OLD that it begins with replaced by NEW, and slashes.

    OLD is whole directories; in paths of Windows either slash is meant, and case is not.

    >>> moved_path(r"C:\data\clips\a.wav", {"c:/data": "/mnt"})
    '/mnt/clips/a.wav'
    """
    for old, new in moves.items():
        is_windows = re.match(r"[A-Za-z]:[\\/]|\\\\", old) is not None or "\\" in old
        plain = path.replace("\\", "/") if is_windows else path
        begin = (old.replace("\\", "/") if is_windows else old).rstrip("/")
        same = (
            plain[: len(begin)].lower() == begin.lower() if is_windows else plain.startswith(begin)
        )
        if same and plain[len(begin) : len(begin) + 1] in ("", "/"):
            rest = plain[len(begin) :].lstrip("/")
            return f"{new.rstrip('/')}/{rest}" if new and rest else new or rest
    return path


def _cast(record: Record) -> Record:
    """Duration and offset as numbers, where they are text that gives one."""
    numbers: Record = {}
    for name in ("duration", "offset"):
        value = record.get(name)
        number = number_written(value) if isinstance(value, str) else value
        if number is not value and not isinstance(number, str):
            numbers[name] = number
    return numbers


def number_written(text: str) -> float | int | str:
    """The seconds that a text gives: `1,5`, `01:02.5`, `2.5 s` or `1500 ms`; else the text itself.

    >>> [number_written(text) for text in ("1,5", "01:02.5", "2.5 s", "1500ms", "long")]
    [1.5, 62.5, 2.5, 1.5, 'long']
    """
    from curate.manifest.captions.segment import seconds_of, seconds_of_clock

    bare, unit = _UNIT.sub("", text.strip()), _UNIT.search(text.strip())
    number = seconds_of_clock(bare)
    number = seconds_of(bare) if isinstance(number, str) else number
    if isinstance(number, str):
        return text
    return number / 1000 if unit is not None and unit[1].lower() == "ms" else number


def audio_place(path: str, bases: Sequence[str]) -> str:
    """Where the audio of a path is looked for; an empty name, which is nowhere, for what is no
    file.
    """
    if is_address(path) or is_command(path) or path.startswith(COMMAND) or "\0" in path:
        return ""
    if path.startswith(("/", "~")):
        return os.path.expanduser(path)  # noqa: PTH111 - for each of millions
    places = [f"{base}/{path}" for base in bases]
    there = next((each for each in places if os.path.lexists(each)), None)
    forms = (form for each in places if (form := form_on_disk(each)) is not None)
    return there or next(forms, places[0])
