"""Kaldi data directories: `text`, with durations, audio and speakers from the files beside it.

A pipe in wav.scp is never run: its recording's id stands as the audio path. A segment that ends at
-1 ends with its recording; one that ends behind it (reco2dur), or is not as long as utt2dur says,
is malformed. An utterance with two texts, or two lines in a file beside, is malformed: nobody knows
which is right. A speaker that is called like the utterance is none: so recipes fill utt2spk where
speakers are not known.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from curate.errors import InputError, parameter
from curate.formatting.units import plural
from curate.manifest.chunks import open_manifest, read_chunks
from curate.manifest.origin import (
    Origin,
    Portion,
    command_of,
    convert_lines,
    cut_lines,
    is_command,
    number_of,
)
from curate.manifest.recordings import OVERRUN_S
from curate.manifest.segment_times import AGREEING_S
from curate.manifest.sniff import Format, Look
from curate.manifest.spool import is_local
from curate.manifest.strict import Malformed, Record
from curate.nemo.manifest_fields import audio_path

FORMAT = "kaldi"
_BESIDE = ("segments", "utt2dur", "reco2dur", "wav.scp", "utt2spk", "utt2lang")
TIMES = ("utt2dur", "segments", "reco2dur")


def _find(look: Look) -> list[Origin]:
    text = look.beside("text")
    if text is None:
        raise InputError.of(look.name, "is not a Kaldi data directory: it holds no text")
    beside = {name: (path,) for name in _BESIDE if (path := look.beside(name))}
    if not beside.keys() & {*TIMES, "wav.scp"}:
        raise InputError.of(
            look.name,
            "holds no durations: neither utt2dur nor segments nor reco2dur",
            f"make utt2dur, or put wav.scp beside it: {parameter('measure_duration')} then reads "
            "the durations from the audio",
        )
    return [Origin(text, FORMAT, beside)]


def _read(origin: Origin) -> Iterator[Portion]:
    tables = {name: _table(origin.beside[name][0]) for name in _BESIDE if name in origin.beside}
    tables["text"] = _Table({}, _conflicts(origin.name))
    folder = Path(origin.name).parent
    return convert_lines(origin, lambda line: _record(line, folder, tables))


class _Table(NamedTuple):
    """A file of Kaldi's: first word to the rest of the line; `conflicts` have several rests."""

    values: Mapping[str, str]
    conflicts: frozenset[str] = frozenset()


_Tables = Mapping[str, _Table]


def _table(name: str) -> _Table:
    """The lines of a file; undecodable ones are left out."""
    values: dict[str, str] = {}
    conflicts: set[str] = set()
    for key, rest in first_words(name):
        if values.setdefault(key, rest) != rest:
            conflicts.add(key)
    return _Table(values, frozenset(conflicts))


def _conflicts(name: str) -> frozenset[str]:
    """The utterances of a file that stand there with several texts; no text is held."""
    seen: dict[str, int] = {}
    conflicts: set[str] = set()
    for key, rest in first_words(name):
        if seen.setdefault(key, hash(rest)) != hash(rest):
            conflicts.add(key)
    return frozenset(conflicts)


def first_words(name: str) -> Iterator[tuple[str, str]]:
    """The first word of each line, and the rest."""
    for chunk in read_chunks(name):
        for _, line in cut_lines(chunk):
            yield _cut(line.decode(errors="replace"))


def _value(tables: _Tables, name: str, key: str) -> str | None:
    """What a file says of a key; None where it says nothing, or is not there."""
    if name not in tables:
        return None
    if key in tables[name].conflicts:
        raise Malformed(f"{key} stands in {name} more than once, each time otherwise")
    return tables[name].values.get(key)


def without_texts(origin: Origin) -> list[str]:
    """A warning where utterances of the files beside a Kaldi `text` have no line in it."""
    if origin.format != FORMAT or not is_local(origin.name):
        return []
    names = ["segments", "utt2spk", "utt2dur"]
    if "segments" not in origin.beside:
        names.append("wav.scp")  # then recordings are utterances
    texts = {key for key, _ in first_words(origin.name)}
    beside = (origin.beside[name][0] for name in names if name in origin.beside)
    keys = (key for file in beside for key, _ in first_words(file))
    missing = list(dict.fromkeys(key for key in keys if key and key not in texts))
    if not missing:
        return []
    return [
        f"{origin.name}: {plural(len(missing), 'utterance')} of the files beside without a text "
        f"there and without a record, first {missing[0]}"
    ]


def _cut(line: str) -> tuple[str, str]:
    """The first word, and what follows its one blank; Kaldi separates by blanks and tabs."""
    stripped = line.strip(" \t\r")
    at = min((p for p in (stripped.find(" "), stripped.find("\t")) if p >= 0), default=-1)
    return (stripped, "") if at < 0 else (stripped[:at], stripped[at + 1 :])


def _record(line: bytes, folder: Path, tables: _Tables) -> Record:
    try:
        utterance, text = _cut(line.decode())
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 (byte {line[error.start]:#04x} at {error.start})") from None
    _value(tables, "text", utterance)
    segment = _value(tables, "segments", utterance)
    if "segments" in tables and segment is None:
        raise Malformed("the utterance is not in segments")
    cut = _Segment(utterance) if segment is None else _Segment.of(segment)
    audio = _audio(cut.recording, tables)
    speaker = _value(tables, "utt2spk", utterance)
    timed = bool(tables.keys() & set(TIMES))  # else the audio may be measured
    return {
        "id": utterance,
        "audio_filepath": audio,
        "offset": cut.start,
        "duration": _duration(utterance, cut, audio, folder, tables) if timed else None,
        "channel": cut.channel,
        "text": text,
        "lang": _value(tables, "utt2lang", utterance),
        "speaker": None if speaker == utterance else speaker,
    }


class _Segment(NamedTuple):
    """What an utterance takes of its recording: all of it, or what its line in segments says."""

    recording: str
    start: float | int | str | None = None
    end: str | None = None
    channel: int | None = None

    @property
    def is_to_end(self) -> bool:
        """Whether it ends where its recording does, as -1 says."""
        end = None if self.end is None else number_of(self.end)
        return not isinstance(end, str) and end == -1

    @classmethod
    def of(cls, text: str) -> _Segment:
        """By `recording start end [channel]`, as extract-segments has it."""
        words = text.split()
        if len(words) not in {3, 4}:
            raise Malformed(f"its line in segments has {len(words) + 1} words, not 4")
        if len(words) == 4 and not words[3].isdecimal():
            raise Malformed(f"its line in segments has a channel that is not a number ({words[3]})")
        channel = int(words[3]) if len(words) == 4 else None
        return cls(words[0], number_of(words[1]), words[2], channel)


def _duration(
    utterance: str,
    cut: _Segment,
    audio: str,
    folder: Path,
    tables: _Tables,
) -> float | int | str:
    """Seconds of an utterance: those of utt2dur where its segment agrees, within AGREEING_S."""
    known = _value(tables, "utt2dur", utterance)
    declared = None if known is None else number_of(known)
    if cut.end is None or (cut.is_to_end and declared is not None):
        known = _value(tables, "reco2dur", cut.recording)
        if declared is None and known is None:
            raise Malformed("the utterance is in no file of durations")
        return number_of(str(known)) if declared is None else declared
    length = _by_times(cut, audio, folder, tables)
    if declared is None or isinstance(declared, str):
        return length if declared is None else declared
    if round(abs(declared - length), 9) > AGREEING_S:
        what = f"{declared:g} and {length:g} s"
        raise Malformed(f"its length in utt2dur is not its segment's ({what})")
    return declared


def _by_times(cut: _Segment, audio: str, folder: Path, tables: _Tables) -> float:
    """Seconds from a segment's start to its end; Malformed where it ends behind its recording."""
    known = _value(tables, "reco2dur", cut.recording)
    try:  # by decimal digits, so that 12.3 - 10.1 is 2.2
        start, end = Decimal(str(cut.start)), Decimal(str(cut.end))
        whole = None if known is None else Decimal(known.strip())
        if cut.is_to_end:
            end = _length(cut, audio, folder, tables)
    except InvalidOperation:
        raise Malformed("its line in segments holds no times") from None
    if whole is not None and end > whole + Decimal(OVERRUN_S):
        what = f"ends at {end} s, the recording at {whole} s"
        raise Malformed(f"the segment reaches behind its recording ({what})")
    return float(end - start)


def _length(cut: _Segment, audio: str, folder: Path, tables: _Tables) -> Decimal:
    """Seconds of a recording, with which a segment of end -1 ends: by reco2dur, else measured."""
    known = _value(tables, "reco2dur", cut.recording)
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


def _audio(recording: str, tables: _Tables) -> str:
    if "wav.scp" not in tables:
        return recording
    place = _value(tables, "wav.scp", recording)
    if place is None:
        raise Malformed(f"its recording is not in wav.scp ({recording})")
    place = place.strip()
    return command_of(recording) if is_command(place) else place


KALDI = Format(
    FORMAT,
    "a Kaldi data directory: text, utt2dur or segments or reco2dur, wav.scp, utt2spk",
    lambda look: "text" in (look.folder or ()) or "text.gz" in (look.folder or ()),
    _find,
    _read,
)
