"""Damaged audio: what cannot be decoded whole is in no shard; profile and shard agree on it."""

from __future__ import annotations

import io
import math
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.audio import flac
from curate.audio.analyse import Segment, analyse_segments
from curate.audio.faults import Unusable
from curate.audio.flac import is_whole
from curate.audio.ogg import opus_is_whole, page_checksum
from curate.shards.audio import StoredAudio, check_segment, load_segment
from tests.whole_way.corpus import SUFFIXES, tone, write_audio

SECONDS = 4.0

Damage = Callable[[bytes], bytes]


def cut(share: float) -> Damage:
    return lambda data: data[: int(len(data) * share)]


def zeroed(share: float, count: int) -> Damage:
    def damage(data: bytes) -> bytes:
        at = int(len(data) * share)
        return data[:at] + bytes(min(count, len(data) - at)) + data[at + count :]

    return damage


def without(share: float, count: int) -> Damage:
    def damage(data: bytes) -> bytes:
        at = int(len(data) * share)
        return data[:at] + data[at + count :]

    return damage


def flipped(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :]


DAMAGES: dict[str, Damage] = {
    "cut in half": cut(0.5),
    "cut near its end": cut(0.95),
    "three bytes short": lambda data: data[:-3],
    "100 bytes zeroed": zeroed(0.5, 100),
    "4 KB zeroed": zeroed(0.4, 4096),
    "zeroed to the end": zeroed(0.9, 1 << 20),
    "a bit flipped": flipped,
    "1 KB lost": without(0.5, 1024),
}

HARMLESS: dict[str, Damage] = {
    "as it was": lambda data: data,
    "a tag behind it": lambda data: data + b"TAG" + bytes(125),
    "other bytes behind it": lambda data: data + b"junk" * 64,
}


def decoded(data: bytes) -> int:
    """Samples that the whole file decodes to in one call; -1 where the decoder gives up."""
    try:
        with sf.SoundFile(io.BytesIO(data)) as file:
            return len(file.read())
    except sf.LibsndfileError:
        return -1


def fault(path: Path, seconds: float, offset_s: float | None = None) -> str:
    """What a profile says of it, all samples decoded."""
    (result,) = analyse_segments(path.name, path.parent, [Segment(0, offset_s, seconds)], "signal")[
        1
    ]
    assert result.audio_fault is not None, "libsndfile reads each of these formats"
    return result.audio_fault


# Whatever was done to them, none of these is known to hold less than it did: a WAV has no checksum,
# and an Ogg Vorbis or MP3 stream that lost its last samples is a shorter one.
KEPT_LENGTH = {(".wav", name) for name in ("100 bytes zeroed", "4 KB zeroed", "a bit flipped")}
KEPT_LENGTH |= {(".wav", "zeroed to the end"), (".mp3", "a bit flipped")}
KEPT_LENGTH |= {(".mp3", "100 bytes zeroed"), (".mp3", "three bytes short")}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_audio_is_left_out_or_decodes_whole(
    tmp_path: Path, suffix: str, damage: str
) -> None:
    path = write_audio(tmp_path / f"a{suffix}", SECONDS)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    if fault(path, SECONDS) != "none":
        assert (suffix, damage) not in KEPT_LENGTH
        for attempt in (load_segment, check_segment):
            with pytest.raises(Unusable) as raised:
                attempt(path, 0.0, SECONDS)
            assert raised.value.fault in {"truncated", "too_short", "undecodable"}
        return
    stored = load_segment(path, 0.0, SECONDS)
    assert decoded(stored.data) == stored.samples
    assert stored.duration_s > SECONDS - 0.25
    assert check_segment(path, 0.0, SECONDS) == 1
    if (suffix, damage) in KEPT_LENGTH:
        assert stored.data == path.read_bytes()


@pytest.mark.parametrize("harmless", HARMLESS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_whole_audio_keeps_its_bytes(tmp_path: Path, suffix: str, harmless: str) -> None:
    path = write_audio(tmp_path / f"a{suffix}", SECONDS)
    path.write_bytes(HARMLESS[harmless](path.read_bytes()))
    stored = load_segment(path, 0.0, SECONDS)
    assert stored.data == path.read_bytes()
    assert (stored.samples, stored.rate) == (64_000, 16_000)
    assert fault(path, SECONDS) == "none"


def pages_of(data: bytes) -> Iterator[bytes]:
    while data:
        end = 27 + data[26] + sum(data[27 : 27 + data[26]])
        yield data[:end]
        data = data[end:]


@pytest.mark.parametrize("suffix", [".ogg", ".opus"])
def test_a_lost_page_in_a_long_recording_is_found(tmp_path: Path, suffix: str) -> None:
    """Read in blocks, a decoder goes on behind the gap as if there were none."""
    path = write_audio(tmp_path / f"a{suffix}", 40.0)
    pages = list(pages_of(path.read_bytes()))
    del pages[len(pages) // 2]
    path.write_bytes(b"".join(pages))
    assert fault(path, 40.0) == "truncated"
    with pytest.raises(Unusable, match="decodes to"):
        load_segment(path, 0.0, 40.0)


def test_one_page_of_another_length_is_not_believed(tmp_path: Path) -> None:
    """The last page says how long the stream is, with a checksum that holds."""
    path = write_audio(tmp_path / "a.opus", SECONDS)
    *pages, last = pages_of(path.read_bytes())
    lying = bytearray(last)
    struct.pack_into("<q", lying, 6, struct.unpack_from("<q", last, 6)[0] + 48_000)
    lying[22:26] = bytes(4)
    lying[22:26] = page_checksum(bytes(lying)).to_bytes(4, "little")
    path.write_bytes(b"".join(pages) + bytes(lying))
    assert sf.info(str(path)).duration == 5.0
    assert fault(path, 5.0) == "truncated"
    with pytest.raises(Unusable, match="decodes to"):
        load_segment(path, 0.0, 5.0)


XING_FRAMES = 8


def with_xing_frames(data: bytes, factor: float) -> bytes:
    """The header of a variable-rate MP3 that promises `factor` times as many frames."""
    at = next(at for tag in (b"Xing", b"Info") if (at := data.find(tag)) > 0)
    count = struct.unpack_from(">I", data, at + XING_FRAMES)[0]
    lying = struct.pack(">I", round(count * factor))
    return data[: at + XING_FRAMES] + lying + data[at + XING_FRAMES + 4 :]


# how many times the frames that are there are promised, the declared seconds, whether it is stored
XING: list[tuple[float, float, bool]] = [
    (2.0, 8.0, False),
    (2.0, 4.0, True),  # the row asks for no more than there is
    (1.5, 6.0, False),
    (1.0, 4.0, True),
    (0.5, 4.0, False),  # readers stop where the header says
    (0.5, 2.0, True),
]


@pytest.mark.parametrize(("factor", "seconds", "is_stored"), XING)
def test_an_mp3_header_is_not_believed(
    tmp_path: Path, factor: float, seconds: float, is_stored: bool
) -> None:
    path = write_audio(tmp_path / "a.mp3", SECONDS)
    path.write_bytes(with_xing_frames(path.read_bytes(), factor))
    if not is_stored:
        with pytest.raises(Unusable):
            load_segment(path, 0.0, seconds)
        assert fault(path, seconds) in {"truncated", "too_short"}
        return
    stored = load_segment(path, 0.0, seconds)
    assert decoded(stored.data) == stored.samples
    assert stored.duration_s == pytest.approx(seconds, abs=0.06)  # MP3's delay


def test_a_segment_before_the_cut_is_sound(tmp_path: Path) -> None:
    """A long recording that was cut short: what lies before the cut is there."""
    path = write_audio(tmp_path / "a.wav", 20.0)
    path.write_bytes(path.read_bytes()[: 16_000 * 2 * 10])
    assert load_segment(path, 2.0, 3.0).samples == 48_000
    assert fault(path, 3.0, 2.0) == "header_lies"
    assert fault(path, 3.0, 8.0) == "truncated"
    with pytest.raises(Unusable, match="promises"):
        load_segment(path, 8.0, 1.9987)


def test_samples_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    samples = tone(2.0).astype(np.float32)
    samples[7] = math.nan
    sf.write(tmp_path / "a.wav", samples, 16_000, subtype="FLOAT")
    with pytest.raises(Unusable, match="1 samples are not finite numbers"):
        load_segment(tmp_path / "a.wav", 0.0, 2.0)


def test_a_header_that_promises_what_no_file_holds_is_stored_without_it(tmp_path: Path) -> None:
    """As programs write that cannot go back; other readers may believe it."""
    path = write_audio(tmp_path / "a.wav", SECONDS)
    data = bytearray(path.read_bytes())
    data[40:44] = b"\xff" * 4
    path.write_bytes(data)
    stored = load_segment(path, 0.0, SECONDS)
    assert (stored.extension, stored.samples) == ("flac", 64_000)
    assert load_segment(path, 0.0, SECONDS, StoredAudio("wav")).samples == 64_000


def encoded(samples: int, channels: int, rate: int, suffix: str) -> bytes:
    out = io.BytesIO()
    format, subtype = {".flac": ("FLAC", "PCM_16"), ".opus": ("OGG", "OPUS")}[suffix]
    sound = tone(samples / rate, samples, rate, channels)
    sf.write(out, sound, rate, format=format, subtype=subtype)
    return out.getvalue()


def audio_begins(data: bytes) -> int:
    """Behind FLAC's metadata, which may be changed; an Ogg page's checksum covers all of it."""
    at, last = 4, data[:4] != b"fLaC"
    while not last:
        last = bool(data[at] & 0x80)
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
    return at if data[:4] == b"fLaC" else 0


PROOFS = {".flac": lambda data, frames, rate: is_whole(data, frames), ".opus": opus_is_whole}


@pytest.mark.parametrize("suffix", PROOFS)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    samples=st.integers(1, 30_000),
    channels=st.integers(1, 2),
    rate=st.sampled_from([8_000, 16_000, 48_000]),
    seed=st.integers(0, 1 << 20),
)
def test_what_is_proven_by_checksums_decodes_whole(
    suffix: str, samples: int, channels: int, rate: int, seed: int
) -> None:
    data = encoded(samples, channels, rate, suffix)
    prove = PROOFS[suffix]
    frames = sf.info(io.BytesIO(data)).frames
    assert prove(data, frames, rate)
    assert decoded(data) == frames
    assert not prove(data, frames + 4096, rate)
    draw = random.Random(seed)
    at = draw.randrange(audio_begins(data), len(data))
    broken = bytearray(data)
    broken[at] ^= 1 << draw.randrange(8)
    assert not prove(bytes(broken), frames, rate)
    assert not prove(data[: draw.randrange(len(data))], frames, rate)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(samples=st.integers(1, 30_000), seed=st.integers(0, 1 << 20))
def test_folded_checksums_are_those_by_tables(samples: int, seed: int) -> None:
    draw = random.Random(seed)
    data = encoded(samples, 1, 16_000, ".flac")
    broken = bytearray(data)
    broken[draw.randrange(audio_begins(data), len(data))] ^= 1 << draw.randrange(8)
    assert walked(data) == [samples] * 2
    assert walked(bytes(broken)) == [-1] * 2


def walked(data: bytes) -> list[int]:
    """Samples in FLAC frames whose checksums hold: by tables, and folded where it is possible."""
    tables = flac._remainders(0x07, 8)[0], flac._remainders(0x8005, 16)
    frames = np.frombuffer(data, np.uint8)
    ways = (False, flac._folds())
    return [flac._walk(frames, audio_begins(data), *tables, folds) for folds in ways]
