"""Whether the audio of a manifest's row can be loaded, as NeMo would load it; and if not, why.

Audio that ends before its segment does NeMo loads all the same, as far as it goes: harmless in a
training, but in an evaluation words without audio would count as the model's deletions.

NeMo stops at such a row in an evaluation and in a validation, and leaves it out of training without
a word. The segment is decoded: what a header says of damaged audio is no proof.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    if not row.audio.is_file():
        return f"audio file is missing: {row.audio}"
    try:
        with sf.SoundFile(row.audio) as sound:
            problem = _header_fault(row, sound) or (_decoding_fault(row, sound) if decode else "")
            problem = problem or (_short_fault(row, sound) if whole else "")
    except (sf.LibsndfileError, OSError, RuntimeError) as error:
        if row.audio.suffix.lower() in BY_FFMPEG:
            return ""
        problem = f"cannot be read: {' '.join(str(error).split())}"
    return problem and f"audio {problem}: {row.audio}"


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
    if not row.audio.is_file():
        return AudioProbe(None, "unreadable-validation", "file is missing")
    try:
        with sf.SoundFile(row.audio) as sound:
            return _probe(row, sound)
    except (sf.LibsndfileError, OSError, RuntimeError) as error:
        if row.audio.suffix.lower() in BY_FFMPEG:
            return AudioProbe(row.duration_s)
        reason = f"cannot be read: {' '.join(str(error).split())}"
        return AudioProbe(None, "unreadable-validation", reason)


def _probe(row: Row, sound: sf.SoundFile) -> AudioProbe:
    length = sound.frames / sound.samplerate
    if fault := _header_fault(row, sound):
        code: AudioCode = "channels" if sound.channels != 1 else "unreadable-validation"
        return AudioProbe(None, code, fault)
    has_offset = row.fields.get("offset") is not None
    loaded_s = min(row.duration_s, length - row.offset_s) if has_offset else length
    if fault := _short_fault(row, sound):
        return AudioProbe(loaded_s, "short-audio", fault)
    return AudioProbe(loaded_s)


def _header_fault(row: Row, sound: sf.SoundFile) -> str:
    length = sound.frames / sound.samplerate
    if sound.channels != 1:
        return f"has {sound.channels} channels, and NeMo reads mono"
    if not sound.frames:
        return "holds no sample"
    if not 0 <= row.offset_s < length:
        return f"is {length:.2f} s long, and the segment begins at {row.offset_s:g} s"
    return ""


def _short_fault(row: Row, sound: sf.SoundFile) -> str:
    length, end = sound.frames / sound.samplerate, row.offset_s + row.duration_s
    if end <= length + SHORT_S:
        return ""
    return f"is {length:.2f} s long, and the segment ends at {end:.2f} s"


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
