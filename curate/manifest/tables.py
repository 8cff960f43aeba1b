"""Tables of text: Common Voice, FLEURS, and CSV or TSV with a header of usual names.

Whether quotation marks quote is decided by the file: a CSV's always do; a TSV's only where every
cell that holds one is quoted whole with its inner marks doubled (Common Voice's own files are not
quoted, and a CSV reader would eat the marks of their sentences).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from curate.manifest.chunks import read_chunks
from curate.manifest.corrections import CAST, MEASURE_TABLE, is_measured
from curate.manifest.mapping import BEFORE, fields_of
from curate.manifest.origin import (
    Origin,
    Portion,
    cut_lines,
    number_of,
)
from curate.manifest.segment_times import (
    END_NAMES,
    OFFSET_NAMES,
    duration_until,
    seconds_of_cell,
)
from curate.manifest.sniff import Format, Look, RowPlace, one_file
from curate.manifest.strict import Malformed, Record
from curate.manifest.table_rows import Cells, table_rows
from curate.text.ids import SPEAKER_FIELDS

AUDIO_NAMES = (
    "audio_filepath", "audio_path", "audio_file", "wav_filename", "wav_path", "file_name",
    "filename", "file_path", "filepath", "path", "wav", "audio", "file",
)  # fmt: skip
TEXT_NAMES = (
    "text", "sentence", "transcript", "raw_transcription", "transcription", "transcripts",
    "normalized_text", "wrd",
)  # fmt: skip
DURATION_NAMES = (
    "duration", "duration_s", "duration_sec", "duration_seconds", "duration_ms", "duration[ms]",
    "audio_duration", "dur", "length", "length_ms",
)  # fmt: skip
NAMES: Mapping[str, Sequence[str]] = {
    "audio_filepath": AUDIO_NAMES,
    "text": TEXT_NAMES,
    "duration": DURATION_NAMES,
    "offset": OFFSET_NAMES,
    "end": END_NAMES,
    "lang": ("lang", "language", "locale"),
    "speaker": SPEAKER_FIELDS,
}
"""Our field, and the names that it goes by in tables; the first that is there counts."""

NO_CLIP_DURATION = "the clip is not in clip_durations.tsv"


def _underscored(name: str) -> str:
    """A column's name as programs write it: `File name` is file_name."""
    return re.sub(r"[ -]+", "_", name.strip().lower())


def columns_of(header: Sequence[str], fields: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Our field -> the header's name for it: as `fields` say, else a usual name, regardless of
    case, with blanks or hyphens for `_`; others are not in it. A field whose column is not in the
    header is not in it either.
    """
    plain = {_underscored(name): name for name in reversed(header)}
    known = plain | {name.strip().lower(): name for name in reversed(header)}
    mapped = {field: its for field, its in (fields or {}).items() if its in header}
    usual = {
        field: known[names[0]]
        for field, all_names in NAMES.items()
        if field not in (fields or {}) and (names := [name for name in all_names if name in known])
    }
    columns = {**usual, **mapped}
    if "offset" not in columns:
        columns.pop("end", None)
    return columns


def record_of_row(
    row: Mapping[str, object], columns: Mapping[str, str], cast: bool = False
) -> Record:
    """A table's row as a NeMo record: usual names mapped, the rest as it is, empty cells absent;
    with `cast`, times as people write them (`1,5`, `01:02.5`).

    Malformed where duration, beginning and end contradict each other.
    """
    used = set(columns.values())
    rest = {
        f"{name}{BEFORE}" if name in columns else name: value
        for name, value in row.items()
        if name not in used and value != ""
    }
    record: Record = {field: row[name] for field, name in columns.items()}
    for field in ("duration", "offset", "end"):
        record[field] = seconds_of_cell(record.get(field), columns.get(field, ""), cast)
    end = record.pop("end")
    if end is not None:
        record["duration"] = duration_until(end, record["offset"], record["duration"])
    empty = {field for field in ("lang", "speaker") if record.get(field) == ""}
    return {**rest, **{field: value for field, value in record.items() if field not in empty}}


def header_cells(header: str) -> tuple[str, list[str]]:
    """The delimiter and the cells of a header line."""
    marks = [mark for mark in "\t,;|" if mark in header] or ["\t"]
    cells = {mark: _cells(header, mark) for mark in marks}
    named = [mark for mark in marks if {"audio_filepath", "text"} <= columns_of(cells[mark]).keys()]
    delimiter = named[0] if named else max(marks, key=lambda mark: len(cells[mark]))
    return delimiter, cells[delimiter]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def is_quoted(name: str) -> bool:
    """Whether a TSV was written by a CSV writer; False where no quotation mark stands in it."""
    seen = False
    for chunk in read_chunks(name):
        for _, line in cut_lines(chunk):
            if b'"' not in line:
                continue
            for cell in line.rstrip(b"\r").split(b"\t"):
                inner = cell[1:-1]
                if b'"' not in cell:
                    continue
                whole = len(cell) > 1 and cell[:1] == cell[-1:] == b'"'
                if not (whole and (b'""' in inner or not inner)):
                    return False
                if b'"' in inner.replace(b'""', b""):
                    return False
                seen = True
    return seen


def measured_if_absent(header: Sequence[str], look: Look) -> Mapping[str, Sequence[str]]:
    """What the origin of a table has beside it so that durations are measured: nothing where it has
    a column of them, of beginnings or ends, with which they are not the audio's own length, or none
    of audio.
    """
    columns = columns_of(header, look.fields)
    has_times = not {"duration", "offset"}.isdisjoint(columns)
    has_times |= not set(END_NAMES).isdisjoint(map(_underscored, header))
    measures = "audio_filepath" in columns and not has_times
    return {MEASURE_TABLE: (look.audio_root or "",)} if measures else {}


def table_origin(look: Look, format: str, **beside: str) -> Origin:
    """The origin of a table, with how its cells are cut, and whether durations are measured."""
    plain = one_file(look, format)
    delimiter, header = header_cells(look.header)
    quoted = delimiter != "\t" or is_quoted(look.name)
    dialect = {"delimiter": (delimiter,), "quoted": ("yes" if quoted else "no",)}
    files = {key: (file,) for key, file in beside.items()}
    measured = {} if files else measured_if_absent(header, look)
    return Origin(plain.name, format, {**files, **dialect, **measured})


def _read_table(origin: Origin, rows: Sequence[RowPlace] | None = None) -> Iterator[Portion]:
    header = header_cells(Look.at(origin.name).header)[1]
    columns = columns_of(header, fields_of(origin))
    return table_rows(
        origin,
        lambda row: record_of_row(row, columns, CAST in origin.beside),
        header,
        1,
        columns,
        rows,
    )


def _read_common_voice(origin: Origin, rows: Sequence[RowPlace] | None = None) -> Iterator[Portion]:
    header = header_cells(Look.at(origin.name).header)[1]
    columns = columns_of(header, fields_of(origin))
    durations = clip_durations(
        origin.beside["durations"][0] if "durations" in origin.beside else None
    )

    def convert(row: Cells) -> Record:
        record = record_of_row(row, columns, CAST in origin.beside)
        clip = row.get("path", "")
        known = durations.get(clip)
        if known is None and "duration" not in columns and not is_measured(origin):
            raise Malformed(NO_CLIP_DURATION)
        length = record.get("duration") if known is None else seconds_of_cell(known, "duration[ms]")
        path = clip if "/" in clip else f"clips/{clip}"
        return {**record, "audio_filepath": path, "duration": length}

    return table_rows(origin, convert, header, 1, rows=rows)


def clip_durations(name: str | None) -> Mapping[str, str]:
    """Milliseconds of each clip, as written."""
    if name is None:
        return {}
    durations: dict[str, str] = {}
    for chunk in read_chunks(name):
        for _, line in cut_lines(chunk):
            clip, _, length = line.decode(errors="replace").rstrip("\r").partition("\t")
            durations[clip] = length
    return durations


_FLEURS = ("id", "file_name", "raw_transcription", "transcription", "letters", "samples", "gender")
_FLEURS_RATE = 16_000


def read_fleurs(origin: Origin, rows: Sequence[RowPlace] | None = None) -> Iterator[Portion]:
    """The records of a FLEURS TSV, whose audio is in audio/ and the name of the split."""
    split = Path(origin.name).name.split(".")[0]

    def convert(row: Cells) -> Record:
        samples = number_of(row["samples"])
        return {
            "id": row["id"],
            "audio_filepath": f"audio/{split}/{row['file_name']}",
            "duration": samples if isinstance(samples, str) else samples / _FLEURS_RATE,
            "text": row["raw_transcription"],
            "normalized_text": row["transcription"],
            "gender": row["gender"].lower(),
        }

    return table_rows(origin, convert, _FLEURS, 0, rows=rows)


def _is_fleurs(look: Look) -> bool:
    cells = look.header.split("\t")
    return len(cells) == len(_FLEURS) and cells[0].isdigit() and cells[5].isdigit()


def _find_common_voice(look: Look) -> list[Origin]:
    durations = look.beside("clip_durations.tsv")
    return [table_origin(look, "common_voice", **({"durations": durations} if durations else {}))]


def _is_table(look: Look) -> bool:
    cells = header_cells(look.header)[1]
    return not look.first and {"audio_filepath", "text"} <= columns_of(cells, look.fields).keys()


def _find_fleurs(look: Look) -> list[Origin]:
    plain = one_file(look, "fleurs")
    return [Origin(plain.name, "fleurs", {"delimiter": ("\t",), "quoted": ("no",)})]


COMMON_VOICE = Format(
    "common_voice",
    "a Common Voice TSV, quoted or not, with clip_durations.tsv beside",
    lambda look: look.header.startswith("client_id\tpath\t"),
    _find_common_voice,
    _read_common_voice,
    _read_common_voice,
)
FLEURS = Format(
    "fleurs",
    "a FLEURS TSV (no header; 16 kHz; `text` is the raw transcription)",
    _is_fleurs,
    _find_fleurs,
    read_fleurs,
    read_fleurs,
)
TABLE = Format(
    "table",
    "CSV or TSV with a header of usual names (audio or path, text or sentence, duration...)",
    _is_table,
    lambda look: [table_origin(look, "table")],
    _read_table,
    _read_table,
)
