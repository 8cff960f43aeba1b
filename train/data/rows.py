"""Rows of a plain NeMo manifest, with their place and the line as it was written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import Fault, InputError
from curate.errors.nearest import unreadable
from curate.nemo.manifest_fields import audio_path
from curate.text.languages import language_code

SKIPME = "_skipme"
"""NeMo's tag: it reads past lines in which this is true, by Python's notion of truth."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: `fields` decoded, `raw` as it is; `manifest` as the user named it."""

    manifest: Path
    line: int
    raw: str
    fields: dict[str, Any]

    @property
    def place(self) -> str:
        """Where the row is, `file:line`."""
        return f"{self.manifest}:{self.line}"

    @property
    def id(self) -> str:
        """The id that curation gave the record, else its place."""
        given = self.curated.get("id")
        return given if isinstance(given, str) else self.place

    @property
    def curated(self) -> dict[str, Any]:
        """What curation wrote beside the record (`_curate`); empty where it did not."""
        note = self.fields.get("_curate")
        return note if isinstance(note, dict) else {}

    @property
    def is_skipped(self) -> bool:
        """Whether NeMo reads past the row."""
        return bool(self.fields.get(SKIPME))

    @property
    def audio(self) -> Path:
        """The audio file, where NeMo looks for it."""
        return Path(audio_path(str(self.fields["audio_filepath"]), self.manifest.parent))

    @property
    def duration_s(self) -> float:
        """Seconds of audio."""
        return float(self.fields["duration"])

    @property
    def offset_s(self) -> float:
        """Where the segment begins, in seconds; 0 where the row does not say it as a number."""
        given = self.fields.get("offset")
        return float(given) if isinstance(given, int | float) else 0.0

    @property
    def text(self) -> str:
        """The transcript as it is."""
        return str(self.fields["text"])

    @property
    def language(self) -> str | None:
        """Language of the transcript: `target_lang`, else `lang`, else None."""
        return self._text("target_lang", "lang")

    @property
    def source_language(self) -> str | None:
        """Language of the speech: `source_lang`, else `lang`, else that of the transcript."""
        return self._text("source_lang", "lang") or self.language

    @property
    def translation(self) -> tuple[str, str] | None:
        """Languages of speech and transcript where they are known and differ, else None.

        Two names of one language (`en-US`, `en`) do not differ.
        """
        source, target = self.source_language, self.language
        if not source or not target or language_code(source) == language_code(target):
            return None
        return source, target

    def _text(self, *names: str) -> str | None:
        """The first of these fields that is a text with something in it."""
        values = (self.fields.get(name) for name in names)
        return next((value for value in values if isinstance(value, str) and value), None)

    @property
    def speaker(self) -> str | None:
        """The speaker as text, whatever JSON value gives it; None where none does."""
        value = self.fields.get("speaker")
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is no record, as its bytes are, and why."""

    line: bytes
    fault: Fault


def read_lines(manifest: Path, needs_text: bool = True) -> Iterator[Row | Unread]:
    """Every line of the manifest that is not blank, in order; InputError for an unreadable file.

    Without `needs_text`, a record that nobody has transcribed (its text is null) is one too.
    """
    try:
        lines = manifest.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(unreadable(manifest, error, "name a NeMo manifest")) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            raw, fields = _decode(line, needs_text)
            yield Row(manifest, number, raw, fields)
        except ValueError as error:
            yield Unread(line, Fault(f"{manifest}:{number}", str(error)))


def read_rows(manifest: Path) -> tuple[list[Row], list[Fault]]:
    """Every record of the manifest in order, and a fault for every line that is none.

    Blank lines are neither. An unreadable file is an InputError.
    """
    rows: list[Row] = []
    faults: list[Fault] = []
    for line in read_lines(manifest):
        if isinstance(line, Row):
            rows.append(line)
        else:
            faults.append(line.fault)
    return rows, faults


def usable_rows(manifests: Iterable[Path]) -> Iterator[Row]:
    """The records of several manifests; lines that are none are passed over."""
    for manifest in manifests:
        yield from read_rows(manifest)[0]


def all_rows(manifests: Sequence[Path]) -> list[Row]:
    """The records of several manifests; every line must be one, and there must be one."""
    rows, faults = read_manifests(manifests)
    if faults:
        raise InputError(*faults)
    return rows


def read_manifests(manifests: Sequence[Path]) -> tuple[list[Row], list[Fault]]:
    """The records of several manifests, and a fault for every line that is none.

    InputError where a manifest holds no record, with its faults.
    """
    rows: list[Row] = []
    faults: list[Fault] = []
    empty: list[Fault] = []
    for manifest in manifests:
        manifest_rows, wrong = read_rows(manifest)
        rows += manifest_rows
        faults += wrong
        if not manifest_rows:
            empty += wrong or [Fault(str(manifest), "holds no record")]
    if empty:
        raise InputError(*empty)
    return rows, faults


def _decode(line: bytes, needs_text: bool) -> tuple[str, dict[str, Any]]:
    """Decode one line; ValueError, in words for people, where it is no training record."""
    try:
        raw = line.decode("utf-8").strip()
        fields = json.loads(raw, parse_constant=_no_constant)
        if "\\u" in raw:  # only an escape can make a surrogate
            json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8") from error
    except UnicodeEncodeError as error:
        raise ValueError("lone surrogate (cannot be written as UTF-8)") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}") from error
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")
    _check_fields(fields, needs_text)
    return raw, fields


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _check_fields(fields: dict[str, Any], needs_text: bool) -> None:
    audio, duration, text = (fields.get(key) for key in ("audio_filepath", "duration", "text"))
    if not isinstance(audio, str) or not audio:
        raise ValueError("no audio_filepath")
    if isinstance(duration, bool) or not isinstance(duration, int | float):
        raise ValueError("no duration")
    if not (math.isfinite(duration) and duration > 0):
        raise ValueError(f"duration {duration} is not positive")
    if not isinstance(text, str) and (needs_text or "text" not in fields or text is not None):
        null = "text" in fields and text is None
        raise ValueError("its text is null: nobody has transcribed it" if null else "no text")
    offset = fields.get("offset")
    if isinstance(offset, bool) or not isinstance(offset, int | float | None):
        raise ValueError(f"offset is {offset!r}, not a number of seconds")
