"""One segment of audio for playback: mono samples cut out of its file, and files that play."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

from curate.audio.faults import Unusable
from curate.audio.ogg import with_serial
from curate.audio.paths import find_audio, open_audio

LONGEST_S = 120.0
"""Longer segments are cut: the rest is a recording to open in its own program."""

OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clip:
    """A segment: mono samples in [-1, 1], their rate, and whether it was cut."""

    samples: Samples
    rate: int
    cut: bool


def load_clip(
    name: str,
    folder: Path,
    allowed: Sequence[Path],
    offset_s: float,
    duration_s: float,
    longest_s: float = LONGEST_S,
    channel: int | None = None,
) -> Clip:
    """The segment of a file as a manifest names it: one channel, or all mixed. Raises Unusable."""
    path = find_audio(name, folder, allowed)
    try:
        with open_audio(path) as descriptor, sf.SoundFile(descriptor, closefd=False) as file:
            start, wanted_s = max(offset_s, 0.0), min(duration_s, longest_s)
            if start >= file.frames / file.samplerate:
                raise Unusable("the segment begins behind the end of the audio", "segment_outside")
            file.seek(int(start * file.samplerate))
            count = max(1, round(wanted_s * file.samplerate))
            samples = file.read(count, dtype="float32", always_2d=True)
            if channel is not None and 1 < file.channels <= channel:
                raise Unusable(f"channel {channel} of {file.channels}", "no_channel")
            whole = channel is None or file.channels == 1
            mono = samples.mean(axis=1) if whole else samples[:, channel]
            return Clip(mono, file.samplerate, duration_s > longest_s)
    except sf.LibsndfileError as error:
        raise Unusable(f"cannot be decoded: {error.error_string}") from None


def wav(clip: Clip) -> bytes:
    """The clip as a 16-bit WAV file."""
    out = io.BytesIO()
    sf.write(out, clip.samples, clip.rate, format="WAV", subtype="PCM_16")
    return out.getvalue()


def small(clip: Clip) -> tuple[str, bytes]:
    """(media type, file): Opus where it knows the rate, else FLAC; the same bytes each time."""
    out = io.BytesIO()
    if clip.rate in OPUS_RATES:
        sf.write(out, clip.samples, clip.rate, format="OGG", subtype="OPUS")
        return "audio/ogg", with_serial(out.getvalue(), 1)
    sf.write(out, clip.samples, clip.rate, format="FLAC", subtype="PCM_16")
    return "audio/flac", out.getvalue()


def outline(clip: Clip, width: int, height: int) -> str:
    """The clip's loudness as the path of an SVG of this size; the loudest moment fills it."""
    parts = np.array_split(np.abs(np.nan_to_num(clip.samples)), width)
    peaks = np.array([part.max(initial=0.0) for part in parts])
    half = np.round(peaks / max(float(peaks.max(initial=0.0)), 1e-6) * height / 2, 1)
    return "".join(f"M{at} {height / 2 - up:g}V{height / 2 + up:g}" for at, up in enumerate(half))
