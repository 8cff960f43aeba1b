"""Inputs that no reader recognises: each is named by its kind, with the way to convert it.

`KINDS` is searched where no format recognises an input by itself, and before NeMo's lines take it:
a subtitle file is an error with a name, not a manifest of which every line is malformed.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from curate.errors import Fault, InputError
from curate.manifest.hints.given import folder_command
from curate.manifest.sniff import Look

LINES = "write one JSON object a line with audio_filepath, duration (seconds) and text"
TO_LINES = f"{LINES}, a line for each segment (offset: its start in seconds)"
_FEW = 20
"""Lines that are examined."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""The reader says of such a file that it is UTF-16, and how to convert it."""
_AUDIO_MAGICS = (
    b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"FORM", b"#!AMR", b"\x1aE\xdf\xa3",
    b"\x30\x26\xb2\x75",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """An input that is not read: how it is recognised, what it is, and what to do with it.

    `hint` may name the input as {name}, and as {command} what reads its columns, or what is below
    it, and as {folder} what reads the folder that it is in; `otherwise` stands there where nothing
    is known that does.
    """

    sniff: Callable[[Look], bool]
    what: str
    hint: str
    otherwise: str = LINES

    def fault(self, look: Look, command: Callable[[Look], str]) -> Fault:
        """The error about an input of this kind."""
        hint = self.hint
        if "{command}" in hint:
            hint = hint.replace("{command}", command(look) or self.otherwise)
        if "{folder}" in hint:
            folder = os.path.dirname(look.name) or "."  # noqa: PTH120 - as it is written
            hint = hint.replace("{folder}", folder_command(folder))
        return Fault(look.name, f"is {self.what}", hint.replace("{name}", look.name))


def refuse_foreign(look: Look, command: Callable[[Look], str]) -> None:
    """InputError for an input of which no format reads anything, by its kind; `command` gives what
    reads the columns of a table, or what is below a folder, or "".

    A file with a JSON object among its first lines is left to the readers: what is wrong in it is
    reported line by line.
    """
    if look.first or look.head.startswith(_UTF16):
        return
    kind = next((kind for kind in KINDS if kind.sniff(look)), None)
    if kind is not None:
        raise InputError(kind.fault(look, command))


def _starts(*magics: bytes) -> Callable[[Look], bool]:
    return lambda look: look.head.startswith(magics)


def _is_audio(look: Look) -> bool:
    head = look.head
    if head.startswith(b"NIST_1A"):
        return True
    magic = head.startswith(_AUDIO_MAGICS) or head[4:8] == b"ftyp"
    frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 in {0xE2, 0xE0}  # MP3, AAC
    return (magic or frame) and b"\0" in head


def _lines(look: Look) -> list[str]:
    """The first lines that are not blank, as text."""
    lines = look.head.decode(errors="replace").split("\n")[: 2 * _FEW]
    return [line.rstrip("\r") for line in lines if line.strip()][:_FEW]


def _mostly(pattern: str) -> Callable[[Look], bool]:
    """Whether all but a few of the first lines match (comments and headers may not)."""
    compiled = re.compile(pattern)

    def sniff(look: Look) -> bool:
        lines = [line for line in _lines(look) if not line.startswith((";;", "{"))]
        matching = sum(compiled.match(line) is not None for line in lines)
        return bool(lines) and matching >= max(1, 0.8 * len(lines))

    return sniff


def _any_line(pattern: str) -> Callable[[Look], bool]:
    compiled = re.compile(pattern)
    return lambda look: any(compiled.match(line) for line in _lines(look))


def _json_text(look: Look) -> str:
    return look.head.decode(errors="replace").lstrip()


def _is_array(look: Look) -> bool:
    text = _json_text(look)
    return re.match(r"\[\s*(\{|\[|\]|\Z)", text) is not None


def _is_pretty(look: Look) -> bool:
    """A JSON object that goes over several lines."""
    text = _json_text(look)
    if not text.startswith("{") or _is_line(look):
        return False
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return re.match(r'\{\s*\n\s*"', text) is not None
    return "\n" in text[:end]


def _is_line(look: Look) -> bool:
    """Whether one of the first lines is a record by itself that has an audio path or a text."""
    return bool(look.first.keys() & {"audio_filepath", "text", "duration"})


def _is_binary(look: Look) -> bool:
    return b"\0" in look.head and not look.head.startswith((b"\xff\xfe", b"\xfe\xff"))


def _names(look: Look) -> Counter[str]:
    return Counter(Path(name).suffix.lower() for name in look.folder or ())


def _has(*suffixes: str) -> Callable[[Look], bool]:
    return lambda look: look.folder is not None and any(_names(look)[each] for each in suffixes)


_UNPACK = "unpack it and name the manifest inside"

KINDS: tuple[Kind, ...] = (
    Kind(
        _has(".jsonl", ".json", ".parquet", ".tsv", ".csv"),
        "a directory with manifests or tables in it",
        "{command}",
        "name the files, for example '{name}/*.jsonl'",
    ),
    Kind(
        lambda look: look.folder is not None,
        "a directory in which no manifest is recognised",
        "{command}",
        "name its manifests, for example '{name}/*.jsonl'",
    ),
    Kind(
        _is_audio,
        "an audio file",
        "it is not a list of records; its folder is read with the texts in it, or without any: "
        "{folder}",
    ),
    Kind(_starts(b"PK\x03\x04", b"PK\x05\x06"), "a zip archive", _UNPACK),
    Kind(_starts(b"BZh"), "bzip2 data", "recompress it: bunzip2 -c '{name}' | gzip > FILE.gz"),
    Kind(_starts(b"\xfd7zXZ\0"), "xz data", "recompress it: xz -dc '{name}' | gzip > FILE.gz"),
    Kind(_starts(b"7z\xbc\xaf\x27\x1c", b"Rar!"), "a 7z or rar archive", _UNPACK),
    Kind(_is_binary, "binary data", f"this is not a manifest; {LINES}"),
    Kind(_is_array, "a JSON array", "write a record a line: jq -c '.[]' '{name}' > manifest.jsonl"),
    Kind(
        _is_pretty,
        "JSON over several lines (pretty-printed)",
        "write a record a line: jq -c . '{name}' > manifest.jsonl",
    ),
    Kind(
        _any_line(r'(File type = )?"?ooTextFile'),
        "a Praat file that is no TextGrid",
        "save the transcript as a TextGrid",
    ),
    Kind(_starts(b"<?xml", b"<!DOCTYPE", b"<html", b"<HTML"), "XML or HTML", TO_LINES),
    Kind(_mostly(r"SPEAKER \S+ \d+ "), "RTTM: who speaks when, without texts", TO_LINES),
    Kind(
        _mostly(r"\S+-\d+-\d+ \S"),
        "transcripts by utterance id (LibriSpeech's .trans.txt)",
        f"audio and durations stand elsewhere; {LINES}, or name a Kaldi directory",
    ),
    Kind(
        _any_line(r"sep=.\s*$"),
        "a table that Excel marked with a line sep=",
        "remove that line: tail -n +2 '{name}' > table.csv",
    ),
    Kind(
        lambda look: look.header.count("|") >= 1 and not look.header.startswith("{"),
        "a table without a header that names its columns (LJSpeech's metadata.csv?)",
        "begin it with a line such as audio_filepath|text|duration, and add the durations",
    ),
    Kind(
        lambda look: (
            any(mark in look.header for mark in "\t,;")
            and not _json_text(look).startswith("{")
            and '":' not in look.header
        ),
        "no manifest: its first line is neither JSON nor a table header that names audio and text",
        "{command}",
    ),
    Kind(
        lambda look: bool(_lines(look)) and not any("{" in line for line in _lines(look)),
        "plain text",
        LINES,
    ),
)
"""In the order in which they are tried; directories first, then binary data, then text."""
