"""Lists whose first line names their columns; that of the audio is known by its cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from curate.manifest.folders.columns import rows_of_table
from curate.manifest.folders.folder import Entry, Folder, Layout
from curate.manifest.folders.lists import FEW, may_have_columns, names_audio
from curate.manifest.hints.guesses import is_usual
from curate.manifest.hints.samples import Sample, sample_of
from curate.manifest.tables import columns_of

_IDS = frozenset(
    {
        "id", "ids", "key", "name", "uid", "sid", "utt", "utt_id", "uttid", "utterance_id",
        "utteranceid", "segment", "segment_id", "seg_id", "clip_id", "clip_name", "sample_id",
        "file_id", "fileid", "audio_id", "wav_id", "wav_name", "recording_id", "rec_id", "item_id",
    }
)  # fmt: skip
"""What columns of ids are called, in small letters."""
_FEWEST = 2
"""Usual names by which a first line is one of names."""


def columns_of_list(folder: Folder, name: str) -> Mapping[str, str] | None:
    """By field the columns of a list whose first line names them: those of usual or mapped names,
    and as the audio one whose cells name files of the folder, if any does. None where the first
    line names no columns.
    """
    sample = sample_of(folder.look(name)) if may_have_columns(folder, name) else None
    if sample is None or not sample.is_table or not _is_header(folder, name, sample.names):
        return None
    columns = dict(columns_of(sample.names, folder.fields))
    given = columns.pop("audio_filepath", None)
    audio = _audio_column(folder, name, sample, [] if given is None else [given])
    if audio is None and "audio_filepath" not in folder.fields:
        free = [each for each in sample.names if each not in columns.values()]
        audio = _audio_column(folder, name, sample, free)
    return columns if audio is None else {**columns, "audio_filepath": audio}


def _is_header(folder: Folder, name: str, cells: Sequence[str]) -> bool:
    usual = sum(is_usual(cell) or cell.strip().lower() in _IDS for cell in cells)
    is_named = usual >= _FEWEST and len(set(cells)) == len(cells)
    return is_named and not names_audio(folder, cells[0], name)


def _audio_column(folder: Folder, name: str, sample: Sample, columns: Sequence[str]) -> str | None:
    """The first of those columns in which most cells name audio; None where none does."""
    named = {
        column: sum(names_audio(folder, str(cell), name) for cell in sample.values(column)[:FEW])
        for column in columns
    }
    best = max(named, key=lambda column: named[column], default=None)
    return best if best is not None and named[best] else None


def _is_headed(folder: Folder, name: str) -> bool:
    columns = columns_of_list(folder, name)
    return columns is not None and {"audio_filepath", "text"} <= columns.keys()


def _read_headed(folder: Folder, name: str) -> Iterator[Entry]:
    columns = columns_of_list(folder, name) or {}
    fields = {"audio_filepath": columns["audio_filepath"]}
    yield from rows_of_table(folder, name, fields, lambda row, record: record)


HEADED = Layout(
    "headed",
    "lists with a header, such as utterance_id, transcript and speaker_id between tabs: the audio "
    "is the column whose cells name files, the others go by usual names",
    _is_headed,
    _read_headed,
)
