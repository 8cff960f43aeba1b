"""What decoded samples show: levels, silence, noise, bandwidth, and a name for the sound.

A segment is analysed block by block, so that an hour of audio takes no more memory than a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from curate.arrays import Float32s, Int16s
from curate.audio import kernel

BLOCK = 1 << 18
"""Samples analysed at once, all channels together: 16 s at 16 kHz, half of a second cache."""
FRAME_S = 0.02
"""Frames in which energy is measured; speech is stationary for about so long."""
FLOOR = 1e-10
"""Mean square below which a frame is digital silence: rounding to 16 bits is already above it."""
SILENT = 1e-4
"""A frame is silent below this share (-40 dB) of the segment's loud frames."""
SILENT_DBFS = -80.0
"""And silent below this level in any case: a few steps of 16 bits."""
QUIET_PEAK = 0.1
"""Below this peak (-20 dBFS) rounding makes flat tops of its own."""
SPECTRA = 48
"""Spectra taken of a segment, spread over it; more change the bandwidth by less than a bin."""
BAND_EDGE = 1e-5
"""Bandwidth ends where the mean spectrum lies 50 dB below its highest point for good."""
CANCELLED = 1e-3
"""Channels cancel where their mix has less of their mean power (-30 dB); apart they lose 3 dB."""
FULL_SCALES = 2.0
"""Float samples beyond this are of another scale: decoders overshoot full scale by a little."""
LEAST_FRAMES = 10
"""An SNR of fewer frames with sound in them says nothing."""

INT16_STEP = np.float32(1 / 32768)
"""From one integer of 16 bits to the next, where full scale is 1."""

Numbers = npt.NDArray[np.float64]
Block = npt.NDArray[Any]
"""Samples, or samples by channels: floats of full scale 1, or integers of 16 bits."""
Mono = Float32s | Int16s
"""Samples of one channel, as those of a `Block`."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Measures of one segment; None where they cannot be known. Names are those of the metrics."""

    peak_db: float | None
    rms_db: float | None
    clipped_share: float
    dc_offset: float
    silence_share: float
    lead_silence_s: float
    trail_silence_s: float
    snr_db: float | None
    bandwidth_hz: float | None
    signal_key: int


@dataclass(slots=True)
class SignalMeter:
    """Analyse a segment of `samples` at `rate` Hz, block by block; `result` has its measures.

    `samples` is what is expected; fewer may come.
    """

    rate: int
    samples: int
    channels: int = 1
    numbers: Numbers = field(default_factory=lambda: np.zeros(5))
    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(5, np.int64))
    key: int = 0
    blocks: int = 0
    _energies: list[Numbers] = field(default_factory=list)
    _apart: float = 0.0
    _spectrum: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self._spectrum = np.zeros(self.bins // 2 + 1)
        self.key = self.rate

    @property
    def frame(self) -> int:
        """Samples in a frame."""
        return max(1, round(self.rate * FRAME_S))

    @property
    def block(self) -> int:
        """Samples of each channel in a block; a power of two."""
        return max(BLOCK >> (self.channels - 1).bit_length(), 1 << 10)

    @property
    def bins(self) -> int:
        """Samples in a spectrum: the power of two nearest to 32 ms, and at most a block."""
        nearest = round(math.log2(self.rate * 0.032))
        return min(1 << max(nearest, 4), self.block)

    @property
    def broken(self) -> int:
        """Samples that are not finite numbers."""
        return int(self.counts[kernel.BROKEN])

    @property
    def cancels(self) -> bool:
        """Whether channels were mixed that cancel each other."""
        mixed = float(self.numbers[kernel.SQUARES] + self.numbers[kernel.PARTIAL])
        return cancel(mixed, self._apart)

    @property
    def peak(self) -> float:
        """The largest magnitude so far; 1 is full scale."""
        return float(self.numbers[kernel.PEAK])

    def add(self, block: Block) -> Mono:
        """Take in the next block; returns it mixed to mono.

        Every block but the last is of `block` samples.
        """
        broken, done = self.broken, int(self.counts[kernel.FRAMES])
        energies = np.empty(len(block) // self.frame + 1)
        mono = self._mixed(block)
        pass_over: Any = kernel.pass_over
        if mono.dtype == np.int16:
            pass_over = kernel.pass_over_integers
        pass_over(mono, self.frame, self.numbers, self.counts, energies)
        self._energies.append(energies[: int(self.counts[kernel.FRAMES]) - done])
        if self.broken > broken:
            mono = np.where(np.isfinite(mono), mono, np.float32(0))
        self._add_spectra(mono)
        self.blocks += 1
        return mono

    def _mixed(self, block: Block) -> Mono:
        """The block mixed to mono, and the key carried on with all of its channels."""
        key, flat = np.uint64(self.key), block.reshape(-1)
        if block.dtype == np.int16:
            self.key = int(kernel.carry(key, flat.view(np.uint8)))
        else:
            self.key = int(kernel.carry_floats(key, flat, np.empty(flat.size, np.int16)))
        if block.ndim == 1:
            return block
        floats = as_floats(block)
        self._apart += mean_squares(floats)
        mono: Float32s = floats.mean(axis=1, dtype=np.float32)
        return mono

    def _add_spectra(self, mono: Mono) -> None:
        size = self.bins
        first = self.blocks * (self.block // size)
        step = max(1, self.samples // size // SPECTRA)
        frames = mono[: mono.size // size * size].reshape(-1, size)[-first % step :: step]
        if frames.size:
            window = _window_of_integers(size) if mono.dtype == np.int16 else _window(size)
            spectra = np.fft.rfft(frames * window)
            kernel.add_powers(spectra.view(np.float32).reshape(-1), self._spectrum)

    def result(self) -> Signal:
        """The measures, once all blocks are analysed."""
        counts, numbers = self.counts, self.numbers
        done, rest = int(counts[kernel.FRAMES]), int(counts[kernel.FILLED])
        energies = np.concatenate([*self._energies, np.empty(0)])
        if not done and rest:
            sums = numbers[kernel.PARTIAL], numbers[kernel.PARTIAL_SUM]
            energies = np.array([kernel.variance(*sums, rest)])
        length = done * self.frame + rest
        peak = float(numbers[kernel.PEAK])
        squares = float(numbers[kernel.SQUARES] + numbers[kernel.PARTIAL])
        ordered = np.sort(energies)
        silent = energies < _silence(ordered)
        sounding = np.flatnonzero(~silent)
        seconds = length / self.rate
        lead, trail = seconds, seconds
        if sounding.size:
            lead = int(sounding[0]) * self.frame / self.rate
            trail = (energies.size - 1 - int(sounding[-1])) * self.frame / self.rate
        return Signal(
            peak_db=_db(peak * peak),
            rms_db=_db(squares / max(length, 1)),
            clipped_share=_round(counts[kernel.FLAT] / max(length, 1) * (peak >= QUIET_PEAK), 6),
            dc_offset=_round(numbers[kernel.SUM] / max(length, 1), 6),
            silence_share=_round(silent.mean() if silent.size else 1.0, 6),
            lead_silence_s=_round(lead, 3),
            trail_silence_s=_round(trail, 3),
            snr_db=_snr(ordered),
            bandwidth_hz=_bandwidth(self._spectrum, self.rate),
            signal_key=self.key,
        )


def mean_squares(block: npt.NDArray[np.floating]) -> float:
    """Sum over all samples of the squares' mean over the channels (samples, channels)."""
    squares = float(np.einsum("ij,ij->", block, block, dtype=np.float64))
    return squares / block.shape[1] if math.isfinite(squares) else 0.0


def cancel(mixed: float, apart: float) -> bool:
    """Whether a mix with the sum of squares `mixed` lost its channels, whose mean was `apart`."""
    return apart > 0 and mixed < CANCELLED * apart


def as_floats(samples: Block) -> Float32s:
    """Samples as floats of full scale 1."""
    return samples * INT16_STEP if samples.dtype == np.int16 else samples


@cache
def _window(size: int) -> Float32s:
    return np.hanning(size).astype(np.float32)


@cache
def _window_of_integers(size: int) -> Float32s:
    """The same for integers of 16 bits: their step is a power of two, which rounds nothing."""
    return _window(size) * INT16_STEP


def _round(value: float, digits: int) -> float:
    """A float rounded to its significant digits; never -0.0."""
    return round(float(value), digits) + 0.0


def _db(power: float) -> float | None:
    return _round(10 * math.log10(power), 2) if power > 0 else None


def _silence(ordered: Numbers) -> float:
    """Mean square below which a frame is silent, of the frames' in order."""
    floor = 10 ** (SILENT_DBFS / 10)
    return max(floor, _percentile(ordered, 0.95) * SILENT) if ordered.size else floor


def _snr(ordered: Numbers) -> float | None:
    """Level of the loud frames over that of the quiet ones, as NIST's stnr takes them.

    Frames of digital silence are passed over: they are no room, but a gate or a seam.
    """
    sounding = ordered[np.searchsorted(ordered, FLOOR, "right") :]
    if sounding.size < LEAST_FRAMES:
        return None
    return _db(_percentile(sounding, 0.95) / _percentile(sounding, 0.10))


def _percentile(ordered: Numbers, share: float) -> float:
    """The value at nearest rank."""
    return float(ordered[max(math.ceil(share * ordered.size) - 1, 0)])


def _bandwidth(spectrum: Numbers, rate: int) -> float | None:
    """Highest frequency at which the mean spectrum is within 50 dB of its highest point, Hz."""
    spectrum = spectrum[1:]  # without the constant part, which is no sound
    highest = float(spectrum.max(initial=0.0))
    if highest <= FLOOR:
        return None
    last = int(np.flatnonzero(spectrum >= highest * BAND_EDGE)[-1]) + 1
    return _round(last * rate / 2 / spectrum.size, 1)
