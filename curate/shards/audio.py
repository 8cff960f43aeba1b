"""One segment's audio, ready to store, once it is checked against what the manifest says."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import soundfile as sf

from curate.audio.faults import Unusable

WHOLE_FILE_S = 0.01
"""A segment that differs from its file by less is the whole file; manifests round durations."""

OVERRUN_S = 0.25
"""A segment may end so far behind its file (rounding, codec padding) and is then cut to it."""

_COPIED = {"FLAC": "flac", "WAV": "wav"}
"""Formats whose bytes are stored as they are; every other is decoded and stored as FLAC."""


@dataclass(frozen=True, slots=True)
class Audio:
    """Encoded audio of one segment: `data` in `extension` format, mono, `samples` at `rate` Hz."""

    data: bytes
    extension: str
    samples: int
    rate: int

    @property
    def duration_s(self) -> float:
        """Length in seconds, as its samples say."""
        return self.samples / self.rate


def check_segment(path: Path, offset_s: float, duration_s: float) -> None:
    """Raise Unusable where the file's header shows that the segment cannot be in it."""
    try:
        with sf.SoundFile(path) as file:
            _check(file.frames, file.samplerate, file.channels, offset_s, duration_s)
    except sf.LibsndfileError as error:
        raise Unusable(f"cannot be decoded: {error.error_string}") from None


def load_segment(path: Path, offset_s: float, duration_s: float) -> Audio:
    """Audio of a segment; a whole FLAC or WAV file keeps its bytes. Raises Unusable."""
    try:
        with sf.SoundFile(path) as file:
            rate, frames, channels = file.samplerate, file.frames, file.channels
            _check(frames, rate, channels, offset_s, duration_s)
            whole = offset_s == 0 and abs(frames / rate - duration_s) < WHOLE_FILE_S
            if whole and file.format in _COPIED:
                return Audio(path.read_bytes(), _COPIED[file.format], frames, rate)
            file.seek(round(offset_s * rate))
            count = min(round(duration_s * rate), frames - round(offset_s * rate))
            samples = file.read(count, dtype="int16")
    except sf.LibsndfileError as error:
        raise Unusable(f"cannot be decoded: {error.error_string}") from None
    if len(samples) < count:
        raise Unusable(f"decodes to {len(samples) / rate:.2f} s where the header says more")
    stored = io.BytesIO()
    sf.write(stored, samples, rate, format="FLAC", subtype="PCM_16")
    return Audio(stored.getvalue(), "flac", len(samples), rate)


def _check(frames: int, rate: int, channels: int, offset_s: float, duration_s: float) -> None:
    if channels != 1:
        raise Unusable(f"{channels} channels: NeMo trains on mono, mix it down first")
    if offset_s < 0:
        raise Unusable(f"a negative offset ({offset_s:g} s)")
    length = frames / rate
    if offset_s + duration_s > length + OVERRUN_S:
        raise Unusable(
            f"the segment ends at {offset_s + duration_s:.2f} s, the audio at {length:.2f} s"
        )
    if frames - round(offset_s * rate) < 1:
        raise Unusable("the segment begins behind the end of the audio")
