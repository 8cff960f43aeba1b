"""Whether the audio of a manifest's row can be loaded, as NeMo would load it; and if not, why.

Audio that ends before its segment does NeMo loads all the same, as far as it goes: harmless in a
training, but in an evaluation words without audio would count as the model's deletions.

NeMo stops at such a row in an evaluation and in a validation, and leaves it out of training without
a word. The segment is decoded: what a header says of damaged audio is no proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import soundfile as sf

from train.data.rows import Row

SHORT_S = 0.25
"""By so much audio may be shorter than its header or its row says: encoders pad, manifests round.
`curate profile --audio` and `curate shard` allow as much; Lhotse would pad up to 0.5 s."""

BY_FFMPEG = frozenset({".aac", ".amr", ".m4a", ".mka", ".mp4", ".webm", ".wma"})
"""Extensions of formats that NeMo decodes by ffmpeg and libsndfile does not read: NeMo will say."""


def audio_fault(row: Row, decode: bool = True, whole: bool = False) -> str:
    """Why NeMo cannot load the row's audio; empty where nothing is wrong with it.

    Without `decode` only the header is read, which misses audio that was cut or overwritten. With
    `whole` also why it is not all of the segment, by more than SHORT_S.
    """
    path = row.audio
    if not path.is_file():
        return f"audio file is missing: {path}"
    if decode:
        problem = _decoded_fault(row, path, whole)
    else:
        header = header_of(path)
        problem = header.fault or (_header_problem(row, header, whole) if header.rate else "")
    return problem and f"audio {problem}: {path}"


def _decoded_fault(row: Row, path: Path, whole: bool) -> str:
    try:
        with sf.SoundFile(path) as sound:
            header = Header.of(sound)
            problem = _header_fault(row, header) or _decoding_fault(row, sound)
            return problem or (_short_fault(row, header) if whole else "")
    except (sf.LibsndfileError, OSError, RuntimeError) as error:
        return _unreadable(path, error)


def _unreadable(path: Path, error: Exception) -> str:
    """Why a file is not read; empty where NeMo decodes it by ffmpeg."""
    if path.suffix.lower() in BY_FFMPEG:
        return ""
    return f"cannot be read: {' '.join(str(error).split())}"


@dataclass(frozen=True, slots=True)
class Header:
    """The header of an audio file: frames, frames a second, channels; all 0 where it cannot be
    read, `fault` is why then (empty where NeMo decodes the file by ffmpeg).
    """

    frames: int = 0
    rate: int = 0
    channels: int = 0
    fault: str = ""

    @classmethod
    def of(cls, sound: sf.SoundFile) -> Header:
        """The header of an opened file."""
        return cls(sound.frames, sound.samplerate, sound.channels)

    @property
    def seconds(self) -> float:
        """The length of the audio."""
        return self.frames / self.rate


def header_of(path: Path) -> Header:
    """The header of a file that is there, read once for all of its segments and all checks."""
    try:
        state = path.stat()
    except OSError as error:  # removed since
        return Header(fault=_unreadable(path, error))
    return _header_of(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1 << 14)
def _header_of(path: Path, changed_ns: int, size: int) -> Header:
    try:
        with sf.SoundFile(path) as sound:
            return Header.of(sound)
    except (sf.LibsndfileError, OSError, RuntimeError) as error:
        return Header(fault=_unreadable(path, error))


def sampling_rate(row: Row) -> int | None:
    """The sampling rate of the row's audio, by its header; None where that cannot be read."""
    try:
        return int(sf.info(row.audio).samplerate)
    except (sf.LibsndfileError, OSError, RuntimeError):
        return None


AudioCode = Literal["", "channels", "unreadable-validation", "short-audio"]


@dataclass(frozen=True, slots=True)
class AudioProbe:
    """What the header of a row's audio shows: the seconds that NeMo loads (None: nothing), and a
    fault with the code of its kind, both empty where there is none.
    """

    loaded_s: float | None
    code: AudioCode = ""
    fault: str = ""


def probe_audio(row: Row) -> AudioProbe:
    """Read the header of the row's audio. NeMo loads the whole file where a row has no offset."""
    path = row.audio
    if not path.is_file():
        return AudioProbe(None, "unreadable-validation", "file is missing")
    header = header_of(path)
    if header.fault:
        return AudioProbe(None, "unreadable-validation", header.fault)
    if not header.rate:  # only NeMo's ffmpeg reads it
        return AudioProbe(row.duration_s)
    return _probe(row, header)


def _probe(row: Row, header: Header) -> AudioProbe:
    if fault := _header_fault(row, header):
        code: AudioCode = "channels" if header.channels != 1 else "unreadable-validation"
        return AudioProbe(None, code, fault)
    has_offset = row.fields.get("offset") is not None
    left_s = header.seconds - row.offset_s
    loaded_s = min(row.duration_s, left_s) if has_offset else header.seconds
    if fault := _short_fault(row, header):
        return AudioProbe(loaded_s, "short-audio", fault)
    return AudioProbe(loaded_s)


def _header_problem(row: Row, header: Header, whole: bool) -> str:
    return _header_fault(row, header) or (_short_fault(row, header) if whole else "")


def _header_fault(row: Row, header: Header) -> str:
    if header.channels != 1:
        return f"has {header.channels} channels, and NeMo reads mono"
    if not header.frames:
        return "holds no sample"
    if not 0 <= row.offset_s < header.seconds:
        return f"is {header.seconds:.2f} s long, and the segment begins at {row.offset_s:g} s"
    return ""


def _short_fault(row: Row, header: Header) -> str:
    end = row.offset_s + row.duration_s
    if end <= header.seconds + SHORT_S:
        return ""
    return f"is {header.seconds:.2f} s long, and the segment ends at {end:.2f} s"


def _decoding_fault(row: Row, sound: sf.SoundFile) -> str:
    """In one read: a second one passes over a gap in an Ogg stream without a word."""
    first = round(row.offset_s * sound.samplerate)
    count = min(round(row.duration_s * sound.samplerate), sound.frames - first)
    if first:
        sound.seek(first)
    decoded = len(sound.read(count, dtype="float32"))
    if decoded < count - SHORT_S * sound.samplerate:
        seconds, promised = decoded / sound.samplerate, count / sound.samplerate
        return f"decodes to {seconds:.2f} s of {promised:.2f} s"
    return ""
