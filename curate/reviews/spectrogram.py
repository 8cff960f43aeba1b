"""A clip for the eye: its spectrogram as a PNG."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

from curate.audio.clip import Clip

WIDTH, HEIGHT = 960, 128
_WINDOW = 512
_QUIETEST_DB = -80.0
_SILENT_DB = -100.0
"""What digital silence has."""


def spectrogram(clip: Clip) -> bytes:
    """Energy by time and frequency, WIDTH x HEIGHT, from 0 to 8 kHz, or to half the rate where that
    is less, from the bottom up; 8-bit grey PNG.

    Dark is loud: 80 dB from the loudest to white; digital silence is white.
    """
    levels = _levels_db(clip)
    top = max(1, round(levels.shape[1] * min(1.0, 8000 / (clip.rate / 2))))
    across = np.linspace(0, levels.shape[0] - 1, WIDTH).round().astype(np.intp)
    upward = np.linspace(top - 1, 0, HEIGHT).round().astype(np.intp)
    shown = levels[across][:, upward].T
    loudest = max(float(shown.max()), _SILENT_DB - _QUIETEST_DB)
    grey = 255 * np.clip((shown - loudest) / _QUIETEST_DB, 0, 1)
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
