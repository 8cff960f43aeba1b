"""A segment's audio by libsndfile, where it is no file that is proven whole without it."""

from __future__ import annotations

import io
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile as sf

from curate.audio.analyse import CANCEL, beyond
from curate.audio.faults import Unusable
from curate.audio.header import Header, open_sound, plain, read_header
from curate.audio.lengths import OVERRUN_S, WHOLE_FILE_S
from curate.audio.ogg import opus_is_whole, with_serial
from curate.audio.paths import open_audio
from curate.audio.signal import FULL_SCALES, cancel, mean_squares
from curate.environment.extras import require
from curate.shards.audio import OPUS_RATES, Audio, StoredAudio

MP3_DELAY = 2 * 1152
"""Samples by which the decoder's delay makes an MP3 shorter than its frames: two of them at most.

Of 390 clips of Common Voice all but two decode to 198 to 1,290 samples fewer than announced.
"""

PLAIN_WAV = ("PCM_16", "PCM_24", "PCM_32", "PCM_U8", "FLOAT", "DOUBLE", "ULAW", "ALAW")
"""WAV of one size a sample. Others (GSM, ADPCM) cannot be sought in, and Lhotse fails on them in
memory.
"""

_EXTENSIONS = {
    ("FLAC", ""): "flac",
    **{("WAV", subtype): "wav" for subtype in PLAIN_WAV},
    ("OGG", "OPUS"): "opus",
    ("OGG", "VORBIS"): "ogg",
    ("MP3", ""): "mp3",
}
"""Formats whose bytes are stored as they are: NeMo and Lhotse read each of them from memory."""

_ENCODERS = {"flac": ("FLAC", "PCM_16"), "wav": ("WAV", "PCM_16"), "opus": ("OGG", "OPUS")}

Samples = npt.NDArray[Any]


def check_decoded(
    path: Path | str, offset_s: float, duration_s: float, storage: StoredAudio
) -> int:
    """The channels of a segment, as `check_segment` has them, that is no proven whole file."""
    segment = _read_segment(path, offset_s, duration_s, storage)
    if math.isinf(segment.header.seconds):
        raise Unusable(segment.header.why, segment.header.fault)
    return segment.header.channels


def load_decoded(
    path: Path | str, offset_s: float, duration_s: float, storage: StoredAudio
) -> Audio:
    """The audio of a segment, as `load_segment` has it, that is no proven whole file."""
    segment = _read_segment(path, offset_s, duration_s, storage)
    if segment.original is not None:
        return segment.original
    assert segment.samples is not None, "what is not stored as it is was decoded"
    encoded = _encode(segment.samples, segment.header.rate, storage)
    return replace(encoded, source_channels=segment.header.channels)


@dataclass(frozen=True, slots=True)
class _Segment:
    """A segment out of its file: `original`, the file's bytes, where they are stored as they are;
    `samples` where it was decoded.
    """

    header: Header
    samples: Samples | None = None
    original: Audio | None = None


def _read_segment(
    path: Path | str, offset_s: float, duration_s: float, storage: StoredAudio
) -> _Segment:
    """The segment by libsndfile, decoded, or proven where that is quicker. Raises Unusable."""
    try:
        with open_audio(path) as descriptor, open_sound(descriptor) as file:
            header = read_header(file, Path(path))
            _check(header, offset_s, duration_s, storage)
            rate, frames, start = header.rate, header.frames, round(offset_s * header.rate)
            whole = start == 0 and abs(header.seconds - duration_s) < WHOLE_FILE_S
            extension = _kept_extension(file, storage) if whole and header.channels == 1 else None
            if header.fault == "header_lies":
                extension = None  # other readers may believe it
            if extension == "opus":
                data = _content(descriptor)
                if opus_is_whole(data, frames, rate):
                    return _Segment(header, original=Audio(data, extension, frames, rate))
            count = frames if whole else min(round(duration_s * rate), frames - start)
            samples = _decode(file, start, count)
            if extension is None or len(samples) < frames - _delay(extension):
                return _Segment(header, samples)
            original = Audio(_content(descriptor), extension, len(samples), rate)
            return _Segment(header, samples, original)
    except sf.LibsndfileError as error:
        raise Unusable(f"cannot be decoded: {plain(error)}") from None


def _delay(extension: str) -> int:
    """Samples that a sound file may decode to fewer than its header says."""
    return MP3_DELAY if extension == "mp3" else 0


def _kept_extension(file: sf.SoundFile, storage: StoredAudio) -> str | None:
    """The extension under which a file's own bytes are stored; None where they cannot be."""
    known = _EXTENSIONS.get((file.format, "")) or _EXTENSIONS.get((file.format, file.subtype))
    fits = storage.format in (None, known) and storage.rate in (None, file.samplerate)
    return known if fits else None


def _content(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _decode(file: sf.SoundFile, start: int, count: int) -> Samples:
    """Samples (frames, channels): int16 where they are just that, else float32 in [-1, 1].

    In one call: where a page is lost in the middle of an Ogg stream, the second goes on behind the
    gap as if there were none. Raises Unusable where much less is there than the header says.
    """
    exact = file.subtype in {"PCM_16", "PCM_S8", "PCM_U8", "ULAW", "ALAW"}
    if start:
        file.seek(start)
    samples: Samples = file.read(count, dtype="int16" if exact else "float32", always_2d=True)
    slack = round(OVERRUN_S * file.samplerate)  # encoders' padding
    if len(samples) < max(count - slack, 1):
        length = len(samples) / file.samplerate
        raise Unusable(f"decodes to {length:.2f} s where the header says more", "truncated")
    if not exact and not np.isfinite(samples).all():
        broken = int(samples.size - np.isfinite(samples).sum())
        raise Unusable(f"{broken:,} samples are not finite numbers", "not_finite")
    return samples


def _mono(samples: Samples, channel: int | None) -> Samples:
    """One channel of (frames, channels): the only one, the one that is named, or all mixed."""
    there = samples.shape[1]
    if there == 1:
        return samples[:, 0]
    if channel is None:
        apart = _as_float(samples)
        mixed: Samples = apart.mean(axis=1)
        if cancel(float(np.square(mixed, dtype=np.float64).sum()), mean_squares(apart)):
            raise Unusable(f"{CANCEL}; name the channel to take", "channels_cancel")
        return mixed
    if channel >= there:
        raise Unusable(f"channel {channel} of {there} (the first is 0)", "no_channel")
    return np.ascontiguousarray(samples[:, channel])


def _encode(samples: Samples, rate: int, storage: StoredAudio) -> Audio:
    mixed = _mono(samples, storage.channel)
    peak = 1.0 if mixed.dtype == np.int16 else float(np.abs(mixed).max(initial=0.0))
    if peak > FULL_SCALES:
        raise Unusable(f"{beyond(peak)}, which 16 bits would clip", "over_full_scale")
    if storage.rate not in (None, rate):
        soxr = require("soxr", "resampling")
        mixed, rate = (
            soxr.resample(_as_float(mixed), rate, storage.rate, quality="HQ"),
            storage.rate,
        )
    if mixed.dtype != np.int16:
        mixed = np.clip(np.rint(mixed * 32768.0), -32768, 32767).astype(np.int16)
    extension = storage.format or "flac"
    if extension == "opus" and rate not in OPUS_RATES:
        raise Unusable(f"Opus has no {rate} Hz: store it with --resample 48000, say")
    stored = io.BytesIO()
    container, subtype = _ENCODERS[extension]
    sf.write(stored, mixed, rate, format=container, subtype=subtype)
    data = stored.getvalue()
    return Audio(with_serial(data, 1) if extension == "opus" else data, extension, len(mixed), rate)


def _as_float(samples: Samples) -> Samples:
    return samples.astype(np.float32) / 32768.0 if samples.dtype == np.int16 else samples


def _check(header: Header, offset_s: float, duration_s: float, storage: StoredAudio) -> None:
    """Raise Unusable where the header shows that the segment cannot be had."""
    if header.channels != 1 and not storage.mono:
        raise Unusable(f"{header.channels} channels: NeMo trains on mono, mix it down (--mono)")
    if offset_s < 0:
        raise Unusable(f"a negative offset ({offset_s:g} s)", "segment_outside")
    end = offset_s + duration_s
    if end > header.seconds + OVERRUN_S:
        what = f"the segment ends at {end:.2f} s, the audio at {header.seconds:.2f} s"
        raise Unusable(what, "too_short")
    if header.frames - round(offset_s * header.rate) < 1:
        raise Unusable("the segment begins behind the end of the audio", "segment_outside")
    if header.is_cut_at(end):
        raise Unusable(header.why, "truncated")
