"""A segment as it is heard and seen: cut, encoded, drawn as a spectrogram and as an outline."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from curate.audio.clip import LONGEST_S, Clip, load_clip, outline, small, wav
from curate.reviews.spectrogram import HEIGHT, WIDTH, spectrogram


def test_a_spectrogram_shows_the_tone() -> None:
    seconds = np.arange(2 * 16000) / 16000
    tone = np.sin(2 * np.pi * 2000 * seconds).astype(np.float32)
    grey = _pixels(spectrogram(Clip(tone, 16000, cut=False)))
    assert grey.shape == (HEIGHT, WIDTH)
    darkest = grey.mean(axis=1).argmin()
    assert abs(darkest - HEIGHT * (1 - 2000 / 8000)) < 4


@pytest.mark.parametrize("samples", [[], [0.0] * 5, [float("nan")] * 700, [1.0] * 3])
def test_a_spectrogram_of_hardly_anything(samples: Sequence[float]) -> None:
    clip = Clip(np.array(samples, np.float32), 8000, cut=False)
    assert _pixels(spectrogram(clip)).shape == (HEIGHT, WIDTH)


def _pixels(png: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    width, height = struct.unpack(">II", png[16:24])
    at = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[at - 4 : at])
    data = np.frombuffer(zlib.decompress(png[at + 4 : at + 4 + length]), np.uint8)
    return data.reshape(height, width + 1)[:, 1:]


def test_a_long_segment_is_cut(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", np.zeros(int((LONGEST_S + 5) * 100), np.int16), 100)
    clip = load_clip("a.wav", tmp_path, (), 0.0, LONGEST_S + 5)
    assert (clip.cut, len(clip.samples)) == (True, LONGEST_S * 100)
    assert len(wav(clip)) == 44 + 2 * LONGEST_S * 100


@pytest.mark.parametrize(
    ("rate", "kind"), [(16000, "audio/ogg"), (8000, "audio/ogg"), (44100, "audio/flac")]
)
def test_a_small_file_plays_the_clip_and_is_the_same_each_time(rate: int, kind: str) -> None:
    tone = np.sin(np.arange(rate) * 2 * np.pi * 440 / rate).astype(np.float32) / 2
    clip = Clip(tone.astype(np.float32), rate, cut=False)
    media_type, data = small(clip)
    assert (media_type, data) == small(clip)
    assert media_type == kind
    decoded, _ = sf.read(io.BytesIO(data))
    assert abs(np.sqrt(np.mean(decoded**2)) - np.sqrt(np.mean(tone**2))) < 0.02


def test_an_outline_is_as_high_as_it_is_loud() -> None:
    samples = np.concatenate([np.zeros(100), np.ones(100)]).astype(np.float32)
    assert outline(Clip(samples, 100, cut=False), 4, 10) == "M0 5V5M1 5V5M2 0V10M3 0V10"
    assert outline(Clip(samples[:0], 100, cut=False), 2, 10) == "M0 5V5M1 5V5"
