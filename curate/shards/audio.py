"""One segment's audio, ready to store: a whole file's own bytes, all else encoded anew."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile as sf

from curate.audio.faults import Unusable
from curate.audio.ogg import with_serial
from curate.audio.paths import open_audio
from curate.extras import require
from curate.shards.headers import plain_header

WHOLE_FILE_S = 0.01
"""A segment that differs from its file by less is the whole file; manifests round durations."""

OVERRUN_S = 0.25
"""A segment may end so far behind its file (rounding, codec padding) and is then cut to it."""

AUDIO_FORMATS = ("flac", "wav", "opus")
"""What audio can be encoded as."""

OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)

_EXTENSIONS = {
    ("FLAC", ""): "flac",
    ("WAV", ""): "wav",
    ("OGG", "OPUS"): "opus",
    ("OGG", "VORBIS"): "ogg",
    ("MP3", ""): "mp3",
}
"""Formats whose bytes are stored as they are: NeMo and Lhotse read each of them from memory."""

_READ_WHOLE, _MOST_BYTES_A_SECOND = 1 << 16, 2 * 2 * 48_000
"""A file larger than that is no segment's own; to read it all would be in vain."""

_ENCODERS = {"flac": ("FLAC", "PCM_16"), "wav": ("WAV", "PCM_16"), "opus": ("OGG", "OPUS")}

Samples = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class AudioWish:
    """What audio to store: `format` None keeps whole files as they are, and encodes the rest FLAC.

    `rate` None keeps the sampling rate; `mono` mixes channels down, which are refused else.
    """

    format: str | None = None
    rate: int | None = None
    mono: bool = False


KEEP = AudioWish()


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


def check_segment(
    path: Path | str, offset_s: float, duration_s: float, wish: AudioWish = KEEP
) -> None:
    """Raise Unusable where the file's header shows that the segment cannot be in it."""
    try:
        with open_audio(path) as descriptor, sf.SoundFile(descriptor, closefd=False) as file:
            found = file.frames, file.samplerate, file.channels
        _check(*found, offset_s, duration_s, wish)
    except sf.LibsndfileError as error:
        raise Unusable(f"cannot be decoded: {error.error_string}") from None


def load_segment(
    path: Path | str, offset_s: float, duration_s: float, wish: AudioWish = KEEP
) -> Audio:
    """Audio of a segment; a whole file keeps its bytes where `wish` lets it. Raises Unusable.

    What is encoded anew has 16 bits. The same segment and wish give the same bytes.
    """
    if offset_s == 0 and (audio := _plain_whole(path, duration_s, wish)) is not None:
        return audio
    try:
        with open_audio(path) as descriptor, sf.SoundFile(descriptor, closefd=False) as file:
            rate, frames, channels = file.samplerate, file.frames, file.channels
            _check(frames, rate, channels, offset_s, duration_s, wish)
            start = round(offset_s * rate)
            whole = start == 0 and abs(frames / rate - duration_s) < WHOLE_FILE_S
            kept = _kept(file, wish) if whole and channels == 1 else None
            if kept is not None and kept != "mp3":
                return Audio(_content(descriptor), kept, frames, rate)
            samples = _decode(file, start, min(round(duration_s * rate), frames - start))
            if kept == "mp3":  # its header promises what may not follow: only decoding shows
                return Audio(_content(descriptor), kept, frames, rate)
    except sf.LibsndfileError as error:
        raise Unusable(f"cannot be decoded: {error.error_string}") from None
    return _encode(samples, rate, wish)


def _plain_whole(path: Path | str, duration_s: float, wish: AudioWish) -> Audio | None:
    """The bytes of a plain FLAC or WAV file that is stored whole; None where it takes more."""
    with open_audio(path) as descriptor:
        if os.fstat(descriptor).st_size > _READ_WHOLE + duration_s * _MOST_BYTES_A_SECOND:
            return None  # a long recording, of which this is a part
        data = _content(descriptor)
    header = plain_header(data)
    if header is None or header.channels != 1 or wish.format not in (None, header.extension):
        return None
    frames, rate = header.frames, header.rate
    if wish.rate not in (None, rate) or abs(frames / rate - duration_s) >= WHOLE_FILE_S:
        return None
    return Audio(data, header.extension, frames, rate)


def _kept(file: sf.SoundFile, wish: AudioWish) -> str | None:
    """The extension under which a file's own bytes are stored; None where they cannot be."""
    known = _EXTENSIONS.get((file.format, "")) or _EXTENSIONS.get((file.format, file.subtype))
    fits = wish.format in (None, known) and wish.rate in (None, file.samplerate)
    return known if fits else None


def _content(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _decode(file: sf.SoundFile, start: int, count: int) -> Samples:
    """Samples (frames, channels): int16 where they are just that, else float32 in [-1, 1]."""
    exact = file.subtype in {"PCM_16", "PCM_S8", "PCM_U8", "ULAW", "ALAW"}
    if start:
        file.seek(start)
    samples: Samples = file.read(count, dtype="int16" if exact else "float32", always_2d=True)
    slack = round(OVERRUN_S * file.samplerate) if file.format == "MP3" else 0  # encoder padding
    if len(samples) < max(count - slack, 1):
        length = len(samples) / file.samplerate
        raise Unusable(f"decodes to {length:.2f} s where the header says more", "truncated")
    return samples


def _encode(samples: Samples, rate: int, wish: AudioWish) -> Audio:
    mixed = samples[:, 0] if samples.shape[1] == 1 else _as_float(samples).mean(axis=1)
    if wish.rate not in (None, rate):
        soxr = require("soxr", "resampling")
        mixed, rate = soxr.resample(_as_float(mixed), rate, wish.rate, quality="HQ"), wish.rate
    if mixed.dtype != np.int16:
        mixed = np.clip(np.rint(mixed * 32768.0), -32768, 32767).astype(np.int16)
    extension = wish.format or "flac"
    if extension == "opus" and rate not in OPUS_RATES:
        raise Unusable(f"Opus has no {rate} Hz: store it with --resample 48000, say")
    stored = io.BytesIO()
    container, subtype = _ENCODERS[extension]
    sf.write(stored, mixed, rate, format=container, subtype=subtype)
    data = stored.getvalue()
    return Audio(with_serial(data, 1) if extension == "opus" else data, extension, len(mixed), rate)


def _as_float(samples: Samples) -> Samples:
    return samples.astype(np.float32) / 32768.0 if samples.dtype == np.int16 else samples


def _check(
    frames: int, rate: int, channels: int, offset_s: float, duration_s: float, wish: AudioWish
) -> None:
    if channels != 1 and not wish.mono:
        raise Unusable(f"{channels} channels: NeMo trains on mono, mix it down (--mono)")
    if offset_s < 0:
        raise Unusable(f"a negative offset ({offset_s:g} s)", "segment_outside")
    length = frames / rate
    if offset_s + duration_s > length + OVERRUN_S:
        what = f"the segment ends at {offset_s + duration_s:.2f} s, the audio at {length:.2f} s"
        raise Unusable(what, "too_short")
    if frames - round(offset_s * rate) < 1:
        raise Unusable("the segment begins behind the end of the audio", "segment_outside")
