"""A text file for each audio file, and time-coded transcripts of every format of CAPTIONS."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from curate.errors import InputError
from curate.manifest.captions.audio import Recordings
from curate.manifest.captions.ctm import parse_ctm
from curate.manifest.captions.elan import ELAN
from curate.manifest.captions.labels import LABELS
from curate.manifest.captions.lines import Block, Line, decode_text, read_lines
from curate.manifest.captions.segment import joined, require_text
from curate.manifest.captions.stm import parse_stm
from curate.manifest.captions.subtitles import SRT, WEBVTT
from curate.manifest.captions.textgrid import TEXTGRID
from curate.manifest.captions.whisper import WHISPER
from curate.manifest.chunks import read_whole
from curate.manifest.folders.folder import TEXT_SUFFIXES, Entry, Folder, Layout
from curate.manifest.folders.names import directory
from curate.manifest.origin import Origin, Portion
from curate.manifest.sniff import Format, Look
from curate.manifest.strict import Malformed, Record

LONGEST_TEXT = 1 << 20
"""Bytes; a text of one utterance that is longer is none."""
_ABOUT = re.compile(
    r"(readme|licen[cs]e|copying|changes|changelog|authors|notice|citation)\b", re.IGNORECASE
)
"""Files about the corpus, which people put beside its audio."""
_HTK = re.compile(r"\d+[ \t]+\d+[ \t]+\S+")
"""A line of an HTK label file: times in units of 100 ns, and a phone or a word."""
_LABEL = re.compile(r"\d+([.,]\d+)?\t\d+([.,]\d+)?(\t|$)")
"""A line of an Audacity label track."""


def _is_text(folder: Folder, name: str) -> bool:
    """Whether a file is a text of one audio file, or should be where others of its folder are."""
    last = name.rpartition("/")[2].lower()
    if not last.endswith(TEXT_SUFFIXES) or _ABOUT.match(last) or last.endswith(".original.txt"):
        return False
    return folder.is_text_beside(name) or folder.has_texts_beside


def _read_text(folder: Folder, name: str) -> Iterator[Entry]:
    try:
        audio = folder.audio_of_text(name)
        text = _text(folder.path(name))
    except (Malformed, InputError) as fault:
        yield Entry(name, name, _why(fault))
        return
    if _LABEL.match(text):
        yield from _of_format(folder, name, LABELS)
    elif _HTK.match(text):
        yield Entry(name, audio, "its text file holds HTK labels with times, which are not read")
    else:
        yield Entry(name, audio, {"text": joined(re.split(r"[\r\n]+", text))})


def _text(path: str) -> str:
    data = read_whole(path, LONGEST_TEXT)
    text, _, _ = decode_text(data)
    require_text(text)
    return text


def _why(fault: Malformed | InputError) -> str:
    return fault.faults[0].what if isinstance(fault, InputError) else str(fault)


TEXTS = Layout(
    "texts",
    "a text file for each audio file: a.txt or a.lab of a.wav, beside it or in a folder that "
    "mirrors its own; label tracks of Audacity too",
    _is_text,
    _read_text,
)


_ONE_RECORDING: tuple[Format, ...] = (WEBVTT, SRT, TEXTGRID, ELAN, WHISPER)
_TIMED = (".vtt", ".srt", ".textgrid", ".eaf", ".json")
_NAMED: Mapping[str, Callable[[Iterable[Line], Recordings], Iterator[Block]]] = {
    ".stm": parse_stm,
    ".ctm": parse_ctm,
}


def _suffix(name: str) -> str:
    return PurePosixPath(name.lower()).suffix


def _timed_format(folder: Folder, name: str) -> Format | None:
    """The format of a time-coded transcript of one recording; None of other files."""
    if _suffix(name) not in _TIMED:
        return None
    look = Look.at(folder.path(name))
    return next((format for format in _ONE_RECORDING if format.sniff(look)), None)


def _is_timed(folder: Folder, name: str) -> bool:
    return _suffix(name) in _NAMED or _timed_format(folder, name) is not None


def _read_timed(folder: Folder, name: str) -> Iterator[Entry]:
    parse = _NAMED.get(_suffix(name))
    if parse is not None:
        yield from _of_recordings(folder, name, parse)
    elif (format := _timed_format(folder, name)) is not None:
        yield from _of_format(folder, name, format)


def is_beside(folder: Folder, name: str) -> bool:
    """Whether a file has the suffix of time-coded transcripts, and the name of audio."""
    return _suffix(name) in _TIMED and folder.is_text_beside(name)


def unread_transcript(folder: Folder, name: str) -> Entry | None:
    """Why the audio of a file's name has no text, where the file has a transcript's suffix and yet
    none of their formats; None of other files.
    """
    if not is_beside(folder, name):
        return None
    try:
        audio = folder.audio_of_text(name)
        what = "not recognised"
        if _suffix(name) == ".json":
            json.loads(read_whole(folder.path(name)))
    except Malformed:  # it names no audio of the folder
        return None
    except InputError as error:
        what = f"not read: {error.faults[0].what}"
    except (ValueError, RecursionError):
        what = "not JSON"
    return Entry(name, audio, f"the transcript of its name is {what}", is_passed_over=True)


def _of_recordings(
    folder: Folder,
    name: str,
    parse: Callable[[Iterable[Line], Recordings], Iterator[Block]],
) -> Iterator[Entry]:
    """The segments of a file that names its recordings, which may be anywhere in the folder."""
    near = directory(name)
    recordings = Recordings(folder.audio.root, lambda key: folder.names.find(key, near))
    for lines, record in parse(read_lines(folder.path(name)), recordings):
        if record is not None:
            yield entry_of(record, f"{name}:{lines[0].number}", "")


def _of_format(folder: Folder, name: str, format: Format) -> Iterator[Entry]:
    """The segments of a file that belongs to one recording, in its directory or elsewhere."""
    try:
        origin, base = _origin(folder, name, format)
    except (Malformed, InputError) as fault:
        yield Entry(name, name, _why(fault))
        return
    for portion in format.read(origin):
        yield from entries_of(portion, name, base)


def _origin(folder: Folder, name: str, format: Format) -> tuple[Origin, str]:
    """How it is read, and the directory that its audio path begins at."""
    base = directory(name)
    try:
        return format.find(_look(folder, name, base))[0], base
    except InputError:
        base = directory(folder.audio_of_text(name))
        return format.find(_look(folder, name, base))[0], base


def _look(folder: Folder, name: str, base: str) -> Look:
    return Look.at(folder.path(name), folder.fields, folder.audio.path(base).rstrip("/"))


def entries_of(portion: Portion, name: str, near: str) -> Iterator[Entry]:
    """The records of a portion of another format, whose audio paths begin at `near`."""
    assert portion.places is not None, "the format converts"
    numbers = portion.places.line.tolist()
    for row, line in enumerate(portion.chunk.data.split(b"\n")[:-1]):
        record = portion.reasons.get(row) or json.loads(line)
        yield entry_of(record, f"{name}:{numbers[row]}", near)


def entry_of(record: Record | str, place: str, near: str) -> Entry:
    """The entry of a record that has an audio path, or of a reason."""
    if isinstance(record, str):
        return Entry(place, "", record, near)
    audio = record.get("audio_filepath")
    rest = {key: value for key, value in record.items() if key != "audio_filepath"}
    return Entry(place, audio if isinstance(audio, str) else "", rest, near)


TIMED = Layout(
    "timed",
    "time-coded transcripts of every format below, beside their audio or anywhere in the folder: "
    "TED-LIUM's stm and sph",
    _is_timed,
    _read_timed,
)
