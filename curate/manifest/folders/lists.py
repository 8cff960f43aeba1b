"""Lists of texts: a line for each audio file, which begins with its name or id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from curate.manifest.captions.lines import Line, read_lines
from curate.manifest.captions.segment import require_text
from curate.manifest.folders.folder import TEXT_SUFFIXES, Entry, Folder, Layout
from curate.manifest.folders.names import directory, spelled
from curate.manifest.strict import Malformed, Record

_SUFFIXES = (".txt", ".csv", ".tsv", ".lst", ".list", ".trans")
FEW = 20
"""Lines by which a list is recognised."""
_TRANSCRIPTS = (".trans.txt", ".trans")
"""Lists of ids and texts by their names, whatever stands in them."""
_READER = re.compile(r"(\d+)([-_])\d+\2\d+\Z")
"""Ids of LibriSpeech, LibriTTS and MLS: reader, chapter or book, utterance."""

Cut = Callable[[str], Sequence[str]]


def _words(line: str) -> Sequence[str]:
    """The first word, and the rest of the line."""
    return line.strip().split(None, 1)


def _bars(line: str) -> Sequence[str]:
    return [cell.strip() for cell in line.split("|")]


def _is_named_as_list(folder: Folder, name: str) -> bool:
    """Whether a file has a suffix of lists, and is not the text of one audio file."""
    lower = name.lower()
    is_text = lower.endswith(TEXT_SUFFIXES) and folder.is_text_beside(name)
    return lower.endswith(_SUFFIXES) and not is_text


def may_have_columns(folder: Folder, name: str) -> bool:
    """Whether a file is named as lists are, and not as those of nothing but ids and texts."""
    return _is_named_as_list(folder, name) and not name.lower().endswith(_TRANSCRIPTS)


def _is_list(cut: Cut) -> Callable[[Folder, str], bool]:
    """Whether a file has a name of lists, and its first lines begin with names of audio."""

    def claims(folder: Folder, name: str) -> bool:
        if not _is_named_as_list(folder, name):
            return False
        if name.lower().endswith(_TRANSCRIPTS):
            return cut is _words
        lines = [line for line in folder.head(name).split("\n")[:FEW] if line.strip()]
        rows = [cells for cells in map(cut, lines) if len(cells) > 1 and _is_text(cells[1])]
        return any(names_audio(folder, cells[0], name) for cells in rows)

    return claims


def _is_text(cell: str) -> bool:
    """Whether a cell may be a text: it has letters, and is no address (MLS' segments.txt)."""
    return "://" not in cell and any(map(str.isalpha, cell))


def names_audio(folder: Folder, written: str, name: str) -> bool:
    """Whether what a list of this name says means an audio file of the folder."""
    try:
        folder.names.find(written, directory(name))
    except Malformed:
        return False
    return True


def _entry(folder: Folder, name: str, line: Line, cut: Cut, columns: Sequence[str]) -> Entry:
    place, near = f"{name}:{line.number}", directory(name)
    try:
        require_text(line.text)
        cells = cut(line.text)
        if len(cells) < 2 and cut is _bars:
            raise Malformed(f"a line has a name and a text between bars ({len(cells)} cells)")
        record: Record = dict(zip(columns, cells[1:], strict=False))
    except Malformed as fault:
        return Entry(place, line.text.strip()[:80], str(fault), near)
    record.setdefault("text", "")
    reader = _READER.match(cells[0])
    return Entry(place, cells[0], {**record, "speaker": reader[1]} if reader else record, near)


def _lines(folder: Folder, name: str) -> Iterator[Line]:
    return (line for line in read_lines(folder.path(name)) if line.text.strip())


def _read_ids(folder: Folder, name: str) -> Iterator[Entry]:
    for line in _lines(folder, name):
        yield _entry(folder, name, line, _words, ("text",))


def _read_bars(folder: Folder, name: str) -> Iterator[Entry]:
    """Columns behind the name: text and normalised text, or a speaker and the text."""
    first = [_bars(line.text) for line in islice(_lines(folder, name), FEW)]
    columns = ("text", "normalized_text")
    if all(len(cells) == 3 and _is_speaker(cells) for cells in first):
        columns = ("speaker", "text")
    for line in _lines(folder, name):
        yield _entry(folder, name, line, _bars, columns)


def _is_speaker(cells: Sequence[str]) -> bool:
    """Whether the second of three cells is a short id, and no text."""
    return re.fullmatch(r"[\w-]{1,24}", cells[1]) is not None and " " in cells[2]


_PROMPTS: Mapping[str, str] = {"PROMPTS": "", "prompts-original": "PROMPTS", "prompts.txt": ""}
"""VoxForge's files of texts, and by which other one each is replaced."""


def _is_prompts(folder: Folder, name: str) -> bool:
    above, _, last = name.rpartition("/")
    better = _PROMPTS.get(last)
    in_etc = above == "etc" or above.endswith("/etc")
    return in_etc and better is not None and f"{above}/{better}" not in folder.text_names


def _read_prompts(folder: Folder, name: str) -> Iterator[Entry]:
    """Ids such as `speaker-20070917-abc/mfc/a0001`, of audio in wav or flac beside etc."""
    inside = directory(name[: name.rfind("/")])
    archive = inside.rstrip("/").rpartition("/")[2]
    speaker = archive.partition("-")[0] if "-" in archive else ""
    for line in _lines(folder, name):
        entry = _entry(folder, name, line, _words, ("text",))
        record = entry.record
        if isinstance(record, dict) and speaker and speaker.lower() != "anonymous":
            record = {**record, "speaker": speaker}
        last = entry.audio.rpartition("/")[2]
        yield entry._replace(audio=last, record=record, inside=spelled(inside))


VOXFORGE = Layout(
    "voxforge",
    "VoxForge: etc/PROMPTS (or prompts-original) beside wav or flac, in each speaker's archive",
    _is_prompts,
    _read_prompts,
)
LJSPEECH = Layout(
    "ljspeech",
    "LJSpeech, M-AILABS: metadata.csv, `id|text|normalised text`; `file|speaker|text` too",
    _is_list(_bars),
    _read_bars,
)
IDS = Layout(
    "ids",
    "LibriSpeech, MLS, AISHELL: `id text` a line, in *.trans.txt, transcripts.txt or other names",
    _is_list(_words),
    _read_ids,
)
