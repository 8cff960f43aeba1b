"""Tables of a folder's texts: Common Voice, FLEURS, VoxPopuli, and others by their headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from curate.manifest.folders.beside import entries_of
from curate.manifest.folders.folder import Entry, Folder, Layout
from curate.manifest.folders.names import directory
from curate.manifest.origin import Portion
from curate.manifest.sniff import Look
from curate.manifest.strict import Record
from curate.manifest.table_rows import Cells, table_rows
from curate.manifest.tables import (
    COMMON_VOICE,
    FLEURS,
    TABLE,
    clip_durations,
    columns_of,
    header_cells,
    read_fleurs,
    record_of_row,
    table_origin,
)

_SUFFIXES = (".tsv", ".csv")
_SPLITS = frozenset({"train.tsv", "dev.tsv", "test.tsv", "other.tsv", "invalidated.tsv"})
"""Common Voice's tables beside validated.tsv, which holds the rows of the first three."""
_VALIDATED = "validated.tsv"
_VOXPOPULI = "id\traw_text\t"
_FIELDS_OF_VOXPOPULI = {
    "audio_filepath": "id",
    "text": "raw_text",
    "speaker": "speaker_id",
}


def _look(folder: Folder, name: str) -> Look | None:
    """A table to look at; None of files that are none by their names."""
    return folder.look(name) if name.lower().endswith(_SUFFIXES) else None


def _is_common_voice(folder: Folder, name: str) -> bool:
    look = _look(folder, name)
    return look is not None and COMMON_VOICE.sniff(look)


def _read_common_voice(folder: Folder, name: str) -> Iterator[Entry]:
    """The rows of validated.tsv where a release has it: the others repeat or lack its votes."""
    near, _, last = name.rpartition("/")
    if last in _SPLITS and f"{near}/{_VALIDATED}".lstrip("/") in folder.text_names:
        why = f"the table of its text is not read where {_VALIDATED} is"
        entries = rows_of_table(folder, name, {}, lambda row, record: record)
        yield from (each._replace(record=why, is_passed_over=True) for each in entries)
        return
    beside = folder.look(name).beside("clip_durations.tsv")
    durations = clip_durations(beside)

    def with_duration(row: Cells, record: Record) -> Record:
        milliseconds = durations.get(row.get("path", ""), "")
        known = int(milliseconds) / 1000 if milliseconds.isdigit() else record.get("duration")
        return {**record, "duration": known}

    yield from rows_of_table(folder, name, {}, with_duration)


def _read_fleurs(folder: Folder, name: str) -> Iterator[Entry]:
    origin = FLEURS.find(folder.look(name))[0]
    yield from _entries(read_fleurs(origin), folder, name)


def _is_voxpopuli(folder: Folder, name: str) -> bool:
    look = _look(folder, name)
    return look is not None and look.header.startswith(_VOXPOPULI)


def _read_voxpopuli(folder: Folder, name: str) -> Iterator[Entry]:
    yield from rows_of_table(folder, name, _FIELDS_OF_VOXPOPULI, lambda row, record: record)


def _read_table(folder: Folder, name: str) -> Iterator[Entry]:
    yield from rows_of_table(folder, name, {}, lambda row, record: record)


def rows_of_table(
    folder: Folder,
    name: str,
    fields: Mapping[str, str],
    change: Callable[[Cells, Record], Record],
) -> Iterator[Entry]:
    """The rows of a table with a header, of which `fields` are columns by field; `change` makes
    the record of a row that of its entry.
    """
    look = folder.look(name)
    header = header_cells(look.header)[1]
    columns = columns_of(header, {**fields, **folder.fields})
    origin = table_origin(look, TABLE.name)

    def convert(row: Cells) -> Record:
        return change(row, record_of_row(row, columns, folder.cast))

    yield from _entries(table_rows(origin, convert, header, 1), folder, name)


def _entries(portions: Iterator[Portion], folder: Folder, name: str) -> Iterator[Entry]:
    for portion in portions:
        yield from entries_of(portion, name, directory(name))


def _sniffed(sniff: Callable[[Look], bool]) -> Callable[[Folder, str], bool]:
    def claims(folder: Folder, name: str) -> bool:
        look = _look(folder, name)
        return look is not None and sniff(look)

    return claims


COMMON = Layout(
    "common_voice",
    "Common Voice of every release: validated.tsv with clips (else train, dev and test)",
    _is_common_voice,
    _read_common_voice,
)
FLEURS_FOLDER = Layout(
    "fleurs",
    "FLEURS: train.tsv, dev.tsv and test.tsv with audio",
    _sniffed(FLEURS.sniff),
    _read_fleurs,
)
VOXPOPULI = Layout(
    "voxpopuli",
    "VoxPopuli: asr_train.tsv and others (`text` is raw_text)",
    _is_voxpopuli,
    _read_voxpopuli,
)
TABLES = Layout(
    "table",
    "CSV or TSV with a header of usual names, such as file_name,text; durations may be missing",
    _sniffed(TABLE.sniff),
    _read_table,
)
