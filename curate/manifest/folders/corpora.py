"""JSON of large corpora: GigaSpeech and WenetSpeech, Emilia, The People's Speech."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from curate.manifest.captions.lines import read_lines
from curate.manifest.captions.segment import require_text, segment
from curate.manifest.chunks import LONGEST_LINE, open_manifest
from curate.manifest.decompressed import DAMAGED, Readable, decompressed
from curate.manifest.folders.beside import entry_of
from curate.manifest.folders.folder import Entry, Folder, Layout
from curate.manifest.folders.names import directory
from curate.manifest.sniff import Look
from curate.manifest.strict import Malformed, Record, parse_line

_AUDIOS = '"audios"'
"""The key of GigaSpeech's and WenetSpeech's list of recordings."""
_BLOCK = 1 << 20
_JSON = (".json", ".jsonl")


def _look(folder: Folder, name: str) -> Look | None:
    return folder.look(name) if name.lower().endswith(_JSON) else None


def _is_audios(folder: Folder, name: str) -> bool:
    return name.lower().endswith(".json") and _AUDIOS in folder.head(name)


def _read_audios(folder: Folder, name: str) -> Iterator[Entry]:
    """The segments of each recording, which has `path`, `segments`, and in each begin_time,
    end_time and text (WenetSpeech) or text_tn (GigaSpeech).
    """
    for number, audio in enumerate(_elements(folder.path(name)), 1):
        place = f"{name}:{number}"
        if not isinstance(audio, dict) or not isinstance(audio.get("segments"), list):
            why = audio if isinstance(audio, str) else "a recording has no list of segments"
            yield Entry(place, "", why)
            continue
        path, common = str(audio.get("path", "")), {"lang": audio.get("language")}
        for at, each in enumerate(audio["segments"], 1):
            yield Entry(f"{place}.{at}", path, _segment(each, common), directory(name))


def _segment(value: object, common: Record) -> Record | str:
    if not isinstance(value, dict):
        return "a segment is not a JSON object"
    text = value.get("text_tn", value.get("text"))
    if not isinstance(text, str):
        return "the text of a segment is not a string"
    known = {"id": value.get("sid"), "speaker": value.get("speaker"), **common}
    known["confidence"] = value.get("confidence")
    try:
        fields = {
            key: each
            for key, each in known.items()
            if each not in {None, "N/A"}  # GigaSpeech's
        }
        return segment(value.get("begin_time"), value.get("end_time"), text, **fields)
    except Malformed as fault:
        return str(fault)


def _elements(path: str) -> Iterator[object]:
    """The elements of the list of recordings, one at a time: such a file holds gigabytes.

    Where the JSON breaks, a last element is the reason.
    """
    decoder = json.JSONDecoder()
    with _opened_text(path) as file:
        text = _from_list(file)
        while text is not None:
            text = text.lstrip(" \t\r\n,")
            if text.startswith("]"):
                return
            try:
                value, end = decoder.raw_decode(text)
            except ValueError:
                more = file.read(max(_BLOCK, len(text)))
                if not more or len(text) > LONGEST_LINE:
                    break
                text += more
                continue
            yield value
            text = text[end:]
    yield "the JSON cannot be read to its end"


@contextmanager
def _opened_text(path: str) -> Iterator[_Text]:
    """The content of a file as text, decompressed."""
    with os.fdopen(open_manifest(path), "rb") as raw:
        head = raw.read(8)
        raw.seek(0)
        with decompressed(raw, head) as stream:
            yield _Text(stream)


@dataclass(slots=True)
class _Text:
    """Text read from a stream of bytes; it ends where the stream is damaged."""

    stream: Readable
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("surrogateescape")
    )

    def read(self, size: int) -> str:
        """The text of about so many bytes; empty at the end."""
        text = ""
        while not text:
            try:
                data = self.stream.read(size)
            except DAMAGED:
                return ""
            if not data:
                return ""
            text = self._decoder.decode(data)
        return text


def _from_list(file: _Text) -> str | None:
    """What follows the opening bracket of the list; None where there is none."""
    text = ""
    while more := file.read(_BLOCK):
        text += more
        at = text.find(_AUDIOS)
        opened = text.find("[", at) if at >= 0 else -1
        if opened >= 0:
            return text[opened + 1 :]
    return None


def _is_emilia(folder: Folder, name: str) -> bool:
    look = _look(folder, name)
    return look is not None and {"id", "wav", "text", "language"} <= look.first.keys()


def _read_emilia(folder: Folder, name: str) -> Iterator[Entry]:
    def records(value: Record) -> Iterator[Record]:
        record = {**value, "audio_filepath": value.get("wav"), "lang": value.get("language")}
        yield {key: each for key, each in record.items() if key not in {"wav", "language"}}

    yield from _of_lines(folder, name, records)


_TEXTS = ("text", "transcription", "sentence", "transcript")
"""What a text is called in Hugging Face's AudioFolder, the first that is there."""


def _is_audio_folder(folder: Folder, name: str) -> bool:
    look = _look(folder, name) if name.rpartition("/")[2] == "metadata.jsonl" else None
    return look is not None and "file_name" in look.first and bool(look.first.keys() & set(_TEXTS))


def _read_audio_folder(folder: Folder, name: str) -> Iterator[Entry]:
    def records(value: Record) -> Iterator[Record]:
        field = next((each for each in _TEXTS if each in value), "text")
        rest = {key: each for key, each in value.items() if key not in {"file_name", field}}
        yield {**rest, "audio_filepath": value.get("file_name"), "text": value.get(field)}

    yield from _of_lines(folder, name, records)


def _is_peoples_speech(folder: Folder, name: str) -> bool:
    look = _look(folder, name)
    return look is not None and isinstance(look.first.get("training_data"), dict)


def _read_peoples_speech(folder: Folder, name: str) -> Iterator[Entry]:
    """Each line holds the names, texts and lengths of a document's segments, in three lists."""

    def records(value: Record) -> Iterator[Record]:
        data = value.get("training_data")
        lists = (
            [data.get(key) for key in ("name", "label", "duration_ms")]
            if (isinstance(data, dict))
            else []
        )
        if not lists or not all(isinstance(each, list) for each in lists):
            raise Malformed("training_data has no lists of name, label and duration_ms")
        if len({len(each) for each in lists if isinstance(each, list)}) > 1:
            raise Malformed("the lists of training_data differ in length")
        for audio, text, length in zip(*lists, strict=True):
            seconds = length / 1000 if isinstance(length, int | float) else length
            yield {"audio_filepath": audio, "text": text, "duration": seconds,
                   "document": value.get("audio_document_id")}  # fmt: skip

    yield from _of_lines(folder, name, records)


def _of_lines(
    folder: Folder, name: str, records: Callable[[Record], Iterator[Record]]
) -> Iterator[Entry]:
    """The records of a file of JSON lines."""
    near = directory(name)
    for line in read_lines(folder.path(name)):
        if not line.text.strip():
            continue
        try:
            require_text(line.text)
            for record in records(parse_line(line.data)):
                yield entry_of(record, f"{name}:{line.number}", near)
        except Malformed as fault:
            yield Entry(f"{name}:{line.number}", "", str(fault), near)


AUDIOS = Layout(
    "audios",
    "GigaSpeech.json and WenetSpeech.json: recordings with segments, tags kept in the text",
    _is_audios,
    _read_audios,
)
EMILIA = Layout(
    "emilia",
    "Emilia: JSON lines with id, wav, text and language",
    _is_emilia,
    _read_emilia,
)
AUDIO_FOLDER = Layout(
    "audio_folder",
    "Hugging Face's AudioFolder: metadata.jsonl with file_name and text or transcription (and "
    "metadata.csv, as any table)",
    _is_audio_folder,
    _read_audio_folder,
)
PEOPLES_SPEECH = Layout(
    "peoples_speech",
    "The People's Speech: JSON lines with training_data",
    _is_peoples_speech,
    _read_peoples_speech,
)
