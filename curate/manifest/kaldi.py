"""Kaldi data directories: `text`, with durations, audio and speakers from the files beside it.

A pipe in wav.scp is never run: its recording's id stands as the audio path. A segment that ends at
-1 ends with its recording.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

from curate.errors import InputError
from curate.manifest.chunks import open_manifest, read_chunks
from curate.manifest.look import Format, Look
from curate.manifest.origin import (
    Origin,
    Portion,
    command_of,
    convert_lines,
    cut_lines,
    is_command,
    number_of,
)
from curate.manifest.strict import Malformed, Record
from curate.nemo_reads import audio_path

_BESIDE = ("segments", "utt2dur", "reco2dur", "wav.scp", "utt2spk", "utt2lang")
_TIMES = ("utt2dur", "segments", "reco2dur")


def _find(look: Look) -> list[Origin]:
    text = look.beside("text")
    if text is None:
        raise InputError.of(look.name, "is no Kaldi data directory: it holds no text")
    beside = {name: (found,) for name in _BESIDE if (found := look.beside(name))}
    if not beside.keys() & set(_TIMES):
        raise InputError.of(
            look.name,
            "holds no durations: neither utt2dur nor segments nor reco2dur",
            "make utt2dur, by utils/data/get_utt2dur.sh for example",
        )
    return [Origin(text, "kaldi", beside)]


def _read(origin: Origin) -> Iterator[Portion]:
    tables = {name: _table(files[0]) for name, files in origin.beside.items()}
    folder = Path(origin.name).parent
    return convert_lines(origin, lambda line: _record(line, folder, tables))


def _table(name: str) -> Mapping[str, str]:
    """First word to the rest of the line, of each line; undecodable ones are left out."""
    found: dict[str, str] = {}
    for chunk in read_chunks(name):
        for _, line in cut_lines(chunk):
            key, rest = _cut(line.decode(errors="replace"))
            found[key] = rest
    return found


def _cut(line: str) -> tuple[str, str]:
    """The first word, and what follows its one blank; Kaldi separates by blanks and tabs."""
    stripped = line.strip(" \t\r")
    at = min((p for p in (stripped.find(" "), stripped.find("\t")) if p >= 0), default=-1)
    return (stripped, "") if at < 0 else (stripped[:at], stripped[at + 1 :])


def _record(line: bytes, folder: Path, tables: Mapping[str, Mapping[str, str]]) -> Record:
    try:
        utterance, text = _cut(line.decode())
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 (byte {line[error.start]:#04x} at {error.start})") from None
    segment = tables.get("segments", {}).get(utterance)
    if "segments" in tables and segment is None:
        raise Malformed("the utterance is not in segments")
    cut = _Segment(utterance) if segment is None else _Segment.of(segment)
    audio = _audio(cut.recording, tables.get("wav.scp"))
    return {
        "id": utterance,
        "audio_filepath": audio,
        "offset": cut.start,
        "duration": _duration(utterance, cut, audio, folder, tables),
        "channel": cut.channel,
        "text": text,
        "lang": tables.get("utt2lang", {}).get(utterance),
        "speaker": tables.get("utt2spk", {}).get(utterance),
    }


@dataclass(frozen=True, slots=True)
class _Segment:
    """What an utterance takes of its recording: all of it, or what its line in segments says."""

    recording: str
    start: float | int | str | None = None
    end: str | None = None
    channel: int | None = None

    @classmethod
    def of(cls, text: str) -> _Segment:
        """By `recording start end [channel]`, as extract-segments has it."""
        words = text.split()
        if len(words) not in {3, 4}:
            raise Malformed(f"its line in segments has {len(words) + 1} words, not 4")
        if len(words) == 4 and not words[3].isdecimal():
            raise Malformed(f"its line in segments has a channel that is no number ({words[3]})")
        channel = int(words[3]) if len(words) == 4 else None
        return cls(words[0], number_of(words[1]), words[2], channel)


def _duration(
    utterance: str,
    cut: _Segment,
    audio: str,
    folder: Path,
    tables: Mapping[str, Mapping[str, str]],
) -> float | int | str:
    if (known := tables.get("utt2dur", {}).get(utterance)) is not None:
        return number_of(known)
    if cut.end is not None:
        try:  # by decimal digits, so that 12.3 - 10.1 is 2.2
            end, start = Decimal(cut.end), Decimal(str(cut.start))
            return float((_length(cut, audio, folder, tables) if end == -1 else end) - start)
        except InvalidOperation:
            raise Malformed("its line in segments holds no times") from None
    known = tables.get("reco2dur", {}).get(cut.recording)
    if known is None:
        raise Malformed("the utterance is in no file of durations")
    return number_of(known)


def _length(
    cut: _Segment, audio: str, folder: Path, tables: Mapping[str, Mapping[str, str]]
) -> Decimal:
    """Seconds of a recording, with which a segment of end -1 ends: by reco2dur, else measured."""
    known = tables.get("reco2dur", {}).get(cut.recording)
    if known is not None:
        return Decimal(known.strip())
    seconds = _measured(audio_path(audio, folder))
    if seconds is None:
        what = "its segment ends with its recording (-1), whose length is not known"
        raise Malformed(f"{what} ({cut.recording} is not in reco2dur, and cannot be read)")
    return Decimal(seconds)


@lru_cache(maxsize=4096)
def _measured(path: str) -> str | None:
    """Seconds of an audio file by its header, as decimal digits; None where it is none."""
    import soundfile

    try:
        with (
            os.fdopen(open_manifest(path), "rb") as file,
            soundfile.SoundFile(file.fileno(), closefd=False) as sound,
        ):
            return f"{sound.frames / sound.samplerate:.9f}"
    except (InputError, OSError, soundfile.SoundFileError):
        return None


def _audio(recording: str, scp: Mapping[str, str] | None) -> str:
    if scp is None:
        return recording
    place = scp.get(recording)
    if place is None:
        raise Malformed(f"its recording is not in wav.scp ({recording})")
    place = place.strip()
    return command_of(recording) if is_command(place) else place


KALDI = Format(
    "kaldi",
    "a Kaldi data directory: text, utt2dur or segments or reco2dur, wav.scp, utt2spk",
    lambda look: "text" in (look.folder or ()) or "text.gz" in (look.folder or ()),
    _find,
    _read,
)
