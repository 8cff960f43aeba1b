"""The samples of a record's segment, for a speaker model."""

from __future__ import annotations

import soundfile as sf

from curate.arrays import Float32s
from curate.environment.extras import require
from train.data.row_audio import audio_fault
from train.data.rows import Row

SHORTEST_S = 0.5
"""Of recorded digits, the equal error rate of pairs is 28 to 31 % below it, 20 % from 0.5 to 0.7 s,
17 % to 1 s and 6 % to 1.5 s.
"""
LONGEST_S = 30.0
"""What is behind it is not read: it changes the voice by little, and costs as much time."""


def read_segment(row: Row, rate: int) -> tuple[Float32s | None, str]:
    """The segment's samples at `rate`, LONGEST_S at most, or None and why there are none."""
    if row.duration_s < SHORTEST_S:
        return None, f"shorter than {SHORTEST_S:g} s: {row.duration_s:.2f} s"
    if fault := audio_fault(row, whole=True):
        return None, fault
    try:
        samples, own_rate = _read(row)
    except (sf.LibsndfileError, OSError, RuntimeError) as error:
        return None, f"audio cannot be read: {' '.join(str(error).split())}: {row.audio}"
    if not samples.any():
        return None, f"audio is silent: {row.audio}"
    if own_rate == rate:
        return samples, ""
    soxr = require("soxr", f"voice embeddings of audio that is not at {rate} Hz")
    return soxr.resample(samples, own_rate, rate), ""


def _read(row: Row) -> tuple[Float32s, int]:
    """The samples of a file with one channel, and their rate."""
    with sf.SoundFile(row.audio) as sound:
        first = round(row.offset_s * sound.samplerate)
        if first:
            sound.seek(first)
        seconds = min(row.duration_s, LONGEST_S)
        samples: Float32s = sound.read(round(seconds * sound.samplerate), dtype="float32")
        return samples, int(sound.samplerate)
