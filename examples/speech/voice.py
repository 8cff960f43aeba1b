"""Speech for one planned utterance, by espeak-ng."""

from __future__ import annotations

import io
import subprocess

import numpy as np
import numpy.typing as npt
import soundfile
from corpus import Utterance

RATE = 16_000
GRID = RATE // 100
"""Durations are whole hundredths of a second, so two decimals say them exactly."""
MARGIN_S = {"short_clip": 0.02}
USUAL_MARGIN_S = 0.08
SILENCE = 120
"""Quieter samples at either end are silence (of 32,768)."""
PEAK = 5120
STEP = 32
"""-16 dBFS in steps of 1/1024: some 7 kB/s as FLAC instead of 14, and still clear."""

Samples = npt.NDArray[np.int16]


def speak(row: Utterance) -> Samples:
    """What espeak-ng says, at 16 kHz, trimmed, levelled, and padded as the row asks."""
    voice = row.speaker
    command = ["espeak-ng", "--stdout", "-v", voice.voice, "-p", str(voice.pitch)]
    command += ["-s", str(row.wpm or voice.wpm), row.spoken]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    samples, rate = soundfile.read(io.BytesIO(_with_length(spoken)), dtype="float64")
    return _padded(row, _levelled(_trimmed(_resampled(samples, rate))))


def _with_length(wav: bytes) -> bytes:
    """espeak-ng cannot know the length when it writes the header to a pipe: put it in."""
    body = len(wav) - 44
    return (
        wav[:4]
        + (body + 36).to_bytes(4, "little")
        + wav[8:40]
        + body.to_bytes(4, "little")
        + wav[44:]
    )


def _resampled(samples: npt.NDArray[np.float64], rate: int) -> npt.NDArray[np.float64]:
    """By cutting the spectrum: exact for a band-limited signal that begins and ends in silence."""
    size = round(len(samples) * RATE / rate)
    spectrum = np.fft.rfft(samples)[: size // 2 + 1]
    return np.fft.irfft(spectrum, size) * (size / len(samples))


def _trimmed(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    loud = np.flatnonzero(np.abs(samples) > SILENCE / 32_768)
    return samples[loud[0] : loud[-1] + 1]


def _levelled(samples: npt.NDArray[np.float64]) -> Samples:
    steps = np.round(samples / np.abs(samples).max() * (PEAK / STEP))
    return (steps * STEP).astype(np.int16)


def _padded(row: Utterance, samples: Samples) -> Samples:
    margin = round(MARGIN_S.get(row.kind, USUAL_MARGIN_S) * RATE)
    length = -(-(len(samples) + 2 * margin) // GRID) * GRID
    if row.kind == "number_format":  # whole seconds, so that an integer is true
        length = -(-length // RATE) * RATE
    length = max(length, round((row.length_s or 0) * 100) * GRID)
    padded = np.zeros(length, np.int16)
    padded[margin : margin + len(samples)] = samples
    return padded
