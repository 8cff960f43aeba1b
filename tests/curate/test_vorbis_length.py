"""Lengths of Vorbis files by their pages are those of libsndfile, or are left to it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from curate.manifest.headers import length_of
from curate.manifest.strict import Malformed
from curate.manifest.vorbis_length import HEAD, TAIL, vorbis_frames


def vorbis(frames: int, rate: int = 16_000, channels: int = 1, quality: float = 0.5) -> bytes:
    out = io.BytesIO()
    noise = np.random.default_rng(frames).uniform(-0.4, 0.4, (frames, channels))
    with sf.SoundFile(
        out, "w", rate, channels, format="OGG", subtype="VORBIS", compression_level=quality
    ) as file:
        file.write(noise)
    return out.getvalue()


def by_pages(data: bytes) -> tuple[int, int, int] | None:
    return vorbis_frames(data[:HEAD], data[-TAIL:])


CASES = [
    (frames, rate, channels, quality)
    for frames in (1, 700, 16_000, 70_001, 400_000)
    for rate, channels, quality in ((8_000, 1, 0.1), (16_000, 1, 0.9), (44_100, 2, 0.5))
]


def test_lengths_are_those_of_libsndfile() -> None:
    own = 0
    for frames, rate, channels, quality in CASES:
        data = vorbis(frames, rate, channels, quality)
        info = sf.info(io.BytesIO(data))
        length = by_pages(data)
        assert length in (None, (info.frames, info.samplerate, info.channels)), frames
        own += length is not None
        assert length is not None or frames <= 70_001
    assert own >= len(CASES) / 3


def page_ends(data: bytes) -> list[int]:
    """Where each page of an Ogg file ends, by its segments."""
    ends, at = [], 0
    while at < len(data):
        assert data[at : at + 4] == b"OggS"
        count = data[at + 26]
        at += 27 + count + sum(data[at + 27 : at + 27 + count])
        ends.append(at)
    return ends


WHOLE = vorbis(200_000)
ENDS = page_ends(WHOLE)
AUDIO = next(end for end in ENDS if WHOLE[end + 6 : end + 14] > bytes(8))
"""Where audio begins."""


def without_first_audio(data: bytes) -> bytes:
    behind = next(end for end in ENDS if end > AUDIO)
    return data[:AUDIO] + data[behind:]


ODD: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("cut in a page", lambda data: data[:-100]),
    ("cut behind a page", lambda data: data[: ENDS[-2]]),
    ("more behind it", lambda data: data + b"tag"),
    ("two streams", lambda data: data + vorbis(50_000)),
    ("begins later", without_first_audio),
    ("no audio", lambda data: data[:AUDIO]),
    ("only a magic", lambda data: b"OggS"),
    ("zeros", lambda data: b"OggS" + bytes(5000)),
]


@pytest.mark.parametrize(("name", "change"), ODD, ids=[name for name, _ in ODD])
def test_odd_files_are_left_to_libsndfile(
    name: str, change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    data = change(WHOLE)
    assert by_pages(data) is None
    (tmp_path / "a.ogg").write_bytes(data)
    try:
        expected = int(sf.info(tmp_path / "a.ogg").frames)
    except sf.SoundFileError:
        expected = 0
    if 0 < expected < 1 << 62:
        assert length_of(str(tmp_path / "a.ogg")).frames == expected
    else:
        with pytest.raises(Malformed):
            length_of(str(tmp_path / "a.ogg"))


def test_a_byte_changed_anywhere_breaks_nothing() -> None:
    """Whatever a header says, an answer is a positive length or none."""
    rng = np.random.default_rng(1)
    for at in rng.integers(0, AUDIO + 2000, 2000).tolist():
        data = bytearray(WHOLE)
        data[at] = int(rng.integers(256))
        length = by_pages(bytes(data))
        assert length is None or min(length) > 0
