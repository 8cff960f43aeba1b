"""Why no line of an input is a record: the commonest reason, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from curate.artifacts.unread import SKIPPED_BY
from curate.errors import Fault, parameter
from curate.manifest.audio_files import bases_of
from curate.manifest.captions.audio import FOLDER, NO_AUDIO
from curate.manifest.corrections import CAST, MEASURE, MEASURE_TABLE, PATHS, number_written
from curate.manifest.equal_warnings import grouped
from curate.manifest.ffmpeg_paths import ffmpeg_files
from curate.manifest.folders.no_records import folder_without_records
from curate.manifest.headers import NO_FILE, NOT_MEASURED
from curate.manifest.hints.command import propose
from curate.manifest.hints.conversion import conversion_hint
from curate.manifest.hints.kaldi import kaldi_hint
from curate.manifest.hints.samples import audio_paths
from curate.manifest.kaldi import KALDI
from curate.manifest.mapping import LENIENT, fields_of
from curate.manifest.origin import FOLDER_FORMAT, UNPAIRED_FORMAT, Origin
from curate.manifest.origins import format_named
from curate.manifest.segment_times import NOT_TIMES
from curate.manifest.sniff import Look
from curate.manifest.strict import Malformed, Record, parse_line, why_no_record
from curate.manifest.tables import NO_CLIP_DURATION
from curate.manifest.undecoded import NOT_UTF8, utf8_hint

LOOKED_AT = 10_000
"""Lines whose fields are examined for a hint."""

_EXPECTED = 'one JSON object a line is expected: {"audio_filepath": "a.wav", "duration": 2.5, '
_HINT = _EXPECTED + '"text": "..."}'
_TIMES = ("start", "start_time", "begin", "offset"), ("end", "end_time", "stop")


def unusable(origin: Origin, rows: int, reasons: Mapping[str, int]) -> Fault:
    """The error about an input of which none of `rows` non-blank lines is a record.

    `reasons` count why lines are none. The fields of the first LOOKED_AT lines give the hint.
    """
    if not rows:
        return Fault(origin.name, "holds no record: every line is blank")
    if origin.format == UNPAIRED_FORMAT:
        what = f"is paired with no audio: {next(iter(reasons))}"
        return Fault(origin.name, what, "put its audio beside it, or leave it out")
    if origin.format == FOLDER_FORMAT and (unpaired := folder_without_records(origin)) is not None:
        return unpaired
    commonest = min(reasons, key=lambda reason: (-reasons[reason], reason))
    share = f"{reasons[commonest]:,} of {rows:,}"
    records = list(islice(_records(origin), LOOKED_AT))
    what = f"no line is usable: {commonest} ({share} line{'s' if rows > 1 else ''})"
    return Fault(origin.name, what, _hint(origin, commonest, records, rows))


def warnings_of(faults: Sequence[Fault]) -> list[str]:
    """Warnings about inputs of which no line is a record, among others; equal ones once."""
    warnings = [f"{fault.where}: {fault.what}; {fault.hint}" for fault in faults]
    return grouped(warnings, [fault.where for fault in faults])


def _records(origin: Origin) -> Iterator[Record]:
    """The JSON objects among the lines, whatever they hold."""
    for portion in format_named(origin.format).read(origin):
        lost = portion.reasons
        for row, line in enumerate(portion.chunk.data.split(b"\n")):
            try:
                if row not in lost:
                    yield parse_line(line)
            except Malformed:
                continue


def _hint(origin: Origin, commonest: str, records: Sequence[Record], rows: int) -> str:
    if SKIPPED_BY in commonest:
        return "NeMo reads no line whose _skipme is true: remove it from the lines to be used"
    if commonest == NOT_UTF8:
        return utf8_hint(origin, origin.name)
    if commonest.startswith(NO_AUDIO):
        folder = origin.beside[FOLDER][0]
        where = f"name the folder of the recordings: {parameter('audio_root')} DIR"
        return f"it was looked for in {folder}, by the recording's name; {where}"
    proposal = (
        propose(Look.at(origin.name, fields_of(origin)), _given(origin))
        if (origin.format in _WITH_COLUMNS)
        else None
    )
    if origin.format == KALDI.name and (hint := kaldi_hint(origin, commonest)):
        return hint
    if NO_FILE.startswith(commonest):
        if proposal is not None and proposal.places_audio:
            return f"its audio is elsewhere: {proposal.command(origin.name)}"
        moved = f"{parameter('path_map')} OLD=NEW replaces the beginning of paths"
        root = f"{parameter('audio_root')} DIR names another folder"
        return f"relative paths begin at the folder of {origin.name}: {root}; {moved}"
    if NOT_MEASURED.startswith(commonest):
        look = Look.at(origin.name, fields_of(origin))
        files = ffmpeg_files(audio_paths(look), bases_of(origin, _root_of(origin)))
        if files:
            return f"only ffmpeg reads its audio: {conversion_hint(files, origin)}"
    if commonest == NO_CLIP_DURATION:
        measured = f"{parameter('measure_duration')} reads the durations from the audio"
        return f"put the release's clip_durations.tsv beside it, or {measured}"
    if commonest.startswith(NOT_TIMES):
        return f"{parameter('cast')} reads times that are written as text: '1,5', '01:02.5'"
    if not records and origin.format == "nemo_mapped":
        return "name a field that the lines have: --map text=FIELD"
    if not records and origin.format != "nemo":
        return f"it was read as {origin.format} ({format_named(origin.format).what}); see --format"
    if not records:
        return _HINT
    fields = [field for field in ("audio_filepath", "duration", "text") if _lacks(records, field)]
    if not fields:
        return _HINT
    counted = Counter(name for record in records for name in record)
    usual = {name: counted[name] for name in counted if 2 * counted[name] >= len(records)}
    maps = {} if proposal is None else proposal.guessed
    remarks = []
    for field in [*fields, *(name for name in maps if name not in fields)]:
        known = maps.get(field)
        if known is not None:
            lines = _lines(counted[known] or len(records), len(records), rows)
            remarks.append(f"`{known}` in {lines} looks like the {_MEANING[field]}")
        elif field in _MISSING and not (field == "duration" and "end" in maps):
            remarks.append(_MISSING[field](records, usual))
    command = "" if proposal is None or not proposal.is_complete else proposal.command(origin.name)
    return f"{'; '.join(remarks)}{': ' if command else ''}{command}"


def _root_of(origin: Origin) -> Path | None:
    """The folder in which relative paths begin, where one is named and durations are measured."""
    (root,) = origin.beside.get(MEASURE, origin.beside.get(MEASURE_TABLE, ("",)))
    return Path(root) if root else None


def _given(origin: Origin) -> list[str]:
    """Options that the input was read with."""
    moves = [word for move in origin.beside.get(PATHS, ()) for word in ("--path-map", move)]
    options = {CAST: "--cast", MEASURE: "--measure-duration", LENIENT: "--lenient-json"}
    return [*moves, *(option for role, option in options.items() if role in origin.beside)]


_WITH_COLUMNS = ("nemo", "nemo_mapped", "table", "xlsx", "parquet", "arrow", "common_voice")
"""Formats whose columns may be mapped."""


def _lines(holding: int, examined: int, rows: int) -> str:
    if holding < examined:
        return f"{holding:,} of {examined:,} JSON lines"
    if examined == 1:
        return "the line" if rows == 1 else "the one JSON line"
    if examined == rows:
        return f"all {rows:,} lines"
    return f"the first {examined:,} JSON lines"


_MEANING = {
    "audio_filepath": "audio path",
    "duration": "duration",
    "text": "text",
    "lang": "language",
    "speaker": "speaker",
    "offset": "beginning",
    "end": "end",
}


def _lacks(records: Sequence[Record], field: str) -> bool:
    """Whether no record has a usable value of the field."""
    sound: Record = {"audio_filepath": "a", "duration": 1, "text": ""}
    return not any(
        field in record and why_no_record({**sound, field: record[field]}) is None
        for record in records
    )


def _no_audio(records: Sequence[Record], names: Mapping[str, int]) -> str:
    return "no field names the audio file: add audio_filepath"


def _no_text(records: Sequence[Record], names: Mapping[str, int]) -> str:
    if any(record.get("text") is not None for record in records):
        return "text holds no string: write it in quotes"
    return "no field holds the text: add text (a transcript)"


def _no_duration(records: Sequence[Record], names: Mapping[str, int]) -> str:
    texts = [text for record in records if isinstance(text := record.get("duration"), str)]
    if texts and not isinstance(number_written(texts[0]), str):
        return f"duration is written as text ({texts[0]!r}): {parameter('cast')} reads it"
    if texts:
        return f"duration is written as text ({texts[0]!r}): write seconds as numbers"
    milliseconds = [name for name in names if name.lower().endswith(("_ms", "[ms]"))]
    if milliseconds:
        return f"`{milliseconds[0]}` looks like milliseconds: write duration in seconds"
    begins, ends = ([name for name in each if name in names] for each in _TIMES)
    if begins and ends:
        mapping = f"{parameter('fields')} offset={begins[0]},end={ends[0]}"
        return f"`{begins[0]}` and `{ends[0]}` are times: {mapping} reads them"
    if begins:
        ends_are = f"no field is where they end: add duration, or {parameter('measure_duration')}"
        return f"`{begins[0]}` is where segments begin, and {ends_are} takes the rest of each file"
    return f"no field holds the duration: {parameter('measure_duration')} reads it from the audio"


_MISSING: Mapping[str, Callable[[Sequence[Record], Mapping[str, int]], str]] = {
    "audio_filepath": _no_audio,
    "duration": _no_duration,
    "text": _no_text,
}
