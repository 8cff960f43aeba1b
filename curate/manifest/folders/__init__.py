"""A folder of audio as a format: its texts by LAYOUTS, its lengths by the headers of the audio.

A folder has no lines: a record's line is its row, and its bytes are those of the NeMo line that it
becomes, which names the line of its transcript in `text_file`. Texts come first, in the order of
their files; then audio that no text names. Whatever has no partner is a malformed row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path, PurePosixPath

from curate.errors import InputError, raise_all
from curate.formatting.units import plural
from curate.manifest.captions.audio import FOLDER
from curate.manifest.folders.beside import is_beside, unread_transcript
from curate.manifest.folders.folder import Entry, Folder
from curate.manifest.folders.layouts import layout_of
from curate.manifest.folders.tabbed import headed_faults, tabbed_lists
from curate.manifest.folders.tree import has_audio
from curate.manifest.headers import Length, lengths
from curate.manifest.hints.below import as_role, readable_below
from curate.manifest.hints.command import columns_hint
from curate.manifest.hints.kaldi import kaldi_command
from curate.manifest.mapping import BEFORE
from curate.manifest.origin import FOLDER_FORMAT, Item, Origin, Portion, canonical, portion
from curate.manifest.readable_twins import TWINS
from curate.manifest.sniff import Format, Look
from curate.manifest.strict import Malformed, Record

ROWS = 4096
"""Rows in a portion, whose audio is measured at one go."""
TEXT_FILE = "text_file"
"""The field that says where a text is."""
TEXTS = "texts"
"""Where an origin keeps that no file of it is a transcript."""
NO_TEXT = "no text belongs to the audio file"
BEHIND_END = "it begins behind the end of its audio"
"""Why a segment is none of its recording."""
_MANIFESTS = frozenset({".jsonl", ".json", ".tsv", ".csv", ".parquet", ".xlsx"})
"""Suffixes of files that hold the texts of a folder in which nothing else does."""


def _find(look: Look) -> list[Origin]:
    if look.folder is None:
        raise InputError.of(look.name, "is not a directory", "name the folder of the audio")
    beside: dict[str, Sequence[str]] = {}
    if look.audio_root is not None:
        beside[FOLDER] = (look.audio_root,)
    folder = replace(Folder.of(Origin(look.name, FOLDER_FORMAT, beside)), fields=look.fields)
    if folder.audio.twins:
        beside[TWINS] = (str(len(folder.audio.twins)), folder.audio.twins[0])
    origin = Origin(look.name, FOLDER_FORMAT, beside)
    if not folder.audio.audio:
        raise InputError.of(
            folder.audio.root, "holds no audio file", "name the folder of the audio"
        )
    texts = folder.texts.others
    raise_all(InputError, headed_faults(folder))
    beside.update(tabbed_lists(folder))
    if not any(layout_of(folder, name) for name in texts):
        _refuse_kaldi(texts, folder)
        _refuse_damaged([name for name in texts if is_beside(folder, name)], folder)
        _refuse_unread([name for name in texts if Path(name).suffix.lower() in _MANIFESTS], folder)
        beside[TEXTS] = ("none",)
    unread = readable_below(texts, lambda name: layout_of(folder, name) is not None)
    return [replace(origin, beside={**beside, **as_role(unread)})]


def _refuse_kaldi(names: Sequence[str], folder: Folder) -> None:
    """InputError where the texts are in Kaldi data directories below."""
    there = set(names)
    folders = [name[: -len("wav.scp")] for name in names if PurePosixPath(name).name == "wav.scp"]
    root = folder.texts.root
    named = [str(Path(root) / each) for each in folders if f"{each}text" in there]
    if named:
        what = "holds audio whose texts are in Kaldi data directories"
        raise InputError.of(root, what, f"name them instead: {kaldi_command(root, named)}")


def _refuse_damaged(names: list[str], folder: Folder) -> None:
    """InputError where time-coded transcripts stand beside the audio, and none can be read."""
    unread = unread_transcript(folder, names[0]) if names else None
    if unread is not None:
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
        what = f"none of {plural(len(names), 'transcript')} beside its audio can be read ({shown})"
        hint = "take them elsewhere to read the folder as audio without texts"
        raise InputError.of(folder.texts.root, f"{what}: {unread.record}", hint)


def _refuse_unread(names: list[str], folder: Folder) -> None:
    """InputError where files that may hold the texts would be passed over."""
    if names:
        what = f"holds audio and {names[0]}, whose layout is not recognised"
        path, root = folder.path(names[0]), folder.texts.root
        look = Look.at(path, folder.fields)
        is_read_here = path.lower().endswith((".csv", ".tsv"))
        hint = columns_hint(look, root if is_read_here else None) or f"name the file: {path}"
        raise InputError.of(root, what, hint)


@dataclass(slots=True)
class _Row:
    """A record or the reason why it is none, with the audio whose length it depends on."""

    place: str
    record: Record | str
    audio: str | None = None


@dataclass(slots=True)
class _Pairs:
    """The texts of a folder with their audio; `texts_of` says which text an audio file has."""

    folder: Folder
    texts_of: dict[str, str] = field(default_factory=dict)
    reasons_of: dict[str, str] = field(default_factory=dict)
    is_transcribed: bool = False

    def rows(self) -> Iterator[_Row]:
        """All rows: those of texts, then those of audio that none names."""
        for name in self.folder.texts.others:
            for entry in self._entries(name):
                if entry.is_passed_over:
                    self._pass_over(entry)
                    continue
                self.is_transcribed = True
                yield self._row(entry._replace(place=self._place(name, entry.place)))
        for name in () if self.folder.is_named else self.folder.audio.audio:
            if name in self.texts_of:
                continue
            if self.is_transcribed:
                yield _Row(name, self.reasons_of.get(name, f"{NO_TEXT} ({name})"))
            else:
                yield _Row("", {"audio_filepath": name, "duration": None, "text": None}, name)

    def _entries(self, name: str) -> Iterator[Entry]:
        layout = layout_of(self.folder, name)
        if layout is not None:
            yield from layout.read(self.folder, name)
        elif (unread := unread_transcript(self.folder, name)) is not None:
            yield unread

    def _pass_over(self, entry: Entry) -> None:
        """Keep the reason for audio that no other transcript names."""
        try:
            audio = self.folder.names.find(entry.audio, entry.near)
        except Malformed:  # it names no audio of the folder
            return
        self.reasons_of.setdefault(audio, f"{entry.record} ({entry.place}: {audio})")

    def _place(self, name: str, place: str) -> str:
        """The file and line of an entry of a transcript: a compressed file's own name."""
        own = self.folder.texts.packed.get(name)
        return place if own is None else own + place.removeprefix(name)

    def _row(self, entry: Entry) -> _Row:
        if isinstance(entry.record, str):
            audio = "" if entry.audio == entry.place else entry.audio
            return _Row(f"{entry.place} {audio}".strip(), entry.record)
        try:
            audio = self.folder.names.find(entry.audio, entry.near, entry.inside)
            if entry.record.get("offset") is None:
                self._claim(audio, entry.place)
        except Malformed as fault:
            return _Row(_lost(entry), str(fault))
        self.texts_of.setdefault(audio, entry.place)
        record = {"audio_filepath": audio, "duration": None, **entry.record, TEXT_FILE: entry.place}
        record = _renamed(record, self.folder.fields)
        needs_length = record["duration"] is None or _offset_s(record) > 0
        return _Row(entry.place, record, audio if needs_length else None)

    def _claim(self, audio: str, place: str) -> None:
        """Malformed where the whole file has a text already: nobody knows which is right."""
        if audio in self.texts_of:
            raise Malformed(f"its audio has a text already ({audio}: {self.texts_of[audio]})")


def _renamed(record: Record, fields: Mapping[str, str]) -> Record:
    """The record with the fields of a mapping that it has under another name; a text is no number,
    as the field `words` of a record of words is, whose tier has that name.
    """
    mapped = {
        name: record[its]
        for name, its in fields.items()
        if its in record and its != name and (name != "text" or isinstance(record[its], str))
    }
    before = {f"{name}{BEFORE}": record[name] for name in mapped if record.get(name) is not None}
    return {**record, **mapped, **before}


def _lost(entry: Entry) -> str:
    """What stands for an entry without its audio: nothing of it is lost."""
    assert isinstance(entry.record, dict)
    record = {"audio_filepath": entry.audio, **entry.record, TEXT_FILE: entry.place}
    return canonical(record).decode()


def _read(origin: Origin) -> Iterator[Portion]:
    folder = Folder.of(origin)
    line = offset = 0
    rows_left = _Pairs(folder).rows()
    for rows in iter(lambda: list(islice(rows_left, ROWS)), []):
        _measure(rows, folder)
        items: list[Item] = []
        for row in rows:
            line += 1
            data = row.place.encode(errors="surrogateescape")
            data = canonical(row.record) if isinstance(row.record, dict) else data
            items.append(Item(line, offset, data, row.record))
            offset += len(data) + 1
        yield portion(origin, items, b"")


def _measure(rows: list[_Row], folder: Folder) -> None:
    """Put in the durations that are missing, by the headers of the audio, and refuse segments that
    begin behind its end; where a header cannot be read, a segment with its duration stays.
    """
    waiting = [row for row in rows if row.audio is not None and isinstance(row.record, dict)]
    names = list(dict.fromkeys(row.audio or "" for row in waiting))
    by_name = dict(zip(names, lengths(map(folder.audio.path, names)), strict=True))
    for row in waiting:
        assert isinstance(row.record, dict)
        length, record = by_name[row.audio or ""], row.record
        if isinstance(length, Length):
            if _offset_s(record) >= length.seconds:
                what = f"{_offset_s(record):g} s of {length.seconds:g} s: {row.audio}"
                row.place, row.record = canonical(record).decode(), f"{BEHIND_END} ({what})"
            elif record["duration"] is None:
                row.record = {**record, "duration": length.seconds_from(record.get("offset"))}
        elif record["duration"] is None:
            row.place, row.record = canonical(record).decode(), f"{length}: {row.audio}"


def _offset_s(record: Record) -> float:
    """Where a segment begins; 0 where it does not say so, or by no number."""
    offset = record.get("offset")
    return float(offset) if isinstance(offset, int | float) else 0.0


FOLDER_OF_AUDIO = Format(
    FOLDER_FORMAT,
    "a folder of audio with its texts, or without any: see Folders below",
    lambda look: look.folder is not None and has_audio(look.audio_root or look.name),
    _find,
    _read,
)
