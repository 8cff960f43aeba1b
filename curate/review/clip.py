"""One segment of audio for the ear and the eye: a WAV of it, and its spectrogram as a PNG."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

from curate.audio.faults import Unusable
from curate.audio.paths import find_audio, open_audio

LONGEST_S = 120.0
"""Longer segments are cut: the rest is a recording to open in its own program."""

WIDTH, HEIGHT = 960, 128
_WINDOW = 512
_QUIETEST_DB = -80.0

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clip:
    """A segment: mono samples in [-1, 1], their rate, and whether LONGEST_S cut it."""

    samples: Samples
    rate: int
    cut: bool


def load_clip(
    name: str, folder: Path, allowed: Sequence[Path], offset_s: float, duration_s: float
) -> Clip:
    """The segment of a file as a manifest names it; channels mixed down. Raises Unusable."""
    path = find_audio(name, folder, allowed)
    try:
        with open_audio(path) as descriptor, sf.SoundFile(descriptor, closefd=False) as file:
            start, wanted_s = max(offset_s, 0.0), min(duration_s, LONGEST_S)
            if start >= file.frames / file.samplerate:
                raise Unusable("the segment begins behind the end of the audio", "segment_outside")
            file.seek(int(start * file.samplerate))
            count = max(1, round(wanted_s * file.samplerate))
            samples = file.read(count, dtype="float32", always_2d=True).mean(axis=1)
            return Clip(samples, file.samplerate, duration_s > LONGEST_S)
    except sf.LibsndfileError as error:
        raise Unusable(f"cannot be decoded: {error.error_string}") from None


def wav(clip: Clip) -> bytes:
    """The clip as a 16-bit WAV file."""
    out = io.BytesIO()
    sf.write(out, clip.samples, clip.rate, format="WAV", subtype="PCM_16")
    return out.getvalue()


def spectrogram(clip: Clip) -> bytes:
    """Energy by time and frequency, WIDTH x HEIGHT, 0 to 8 kHz from the bottom up; 8-bit grey PNG.

    Dark is loud: 80 dB from the loudest to white.
    """
    levels = _levels_db(clip)
    top = max(1, round(levels.shape[1] * min(1.0, 8000 / (clip.rate / 2))))
    across = np.linspace(0, levels.shape[0] - 1, WIDTH).round().astype(np.intp)
    upward = np.linspace(top - 1, 0, HEIGHT).round().astype(np.intp)
    shown = levels[across][:, upward].T
    grey = 255 * np.clip((shown - shown.max()) / _QUIETEST_DB, 0, 1)
    return _png(grey.astype(np.uint8))


def _levels_db(clip: Clip) -> npt.NDArray[np.float64]:
    """Power in dB, (frames, bins): Hann windows, at most about WIDTH of them."""
    samples = np.pad(clip.samples, (0, max(0, _WINDOW - len(clip.samples))))
    samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    hop = max(_WINDOW // 4, (len(samples) - _WINDOW) // WIDTH or 1)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), axis=1)) ** 2
    levels: npt.NDArray[np.float64] = 10 * np.log10(power + 1e-10)
    return levels


def _png(grey: npt.NDArray[np.uint8]) -> bytes:
    """An 8-bit grey PNG of (height, width)."""
    height, width = grey.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = grey
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
