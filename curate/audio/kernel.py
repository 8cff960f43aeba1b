"""One pass over decoded samples: levels, flat tops, energies of frames. Compiled.

Sums are taken in one fixed order, so that the same samples give the same digits everywhere. A
frame at a time: what no sample of a frame can reach is not compared for each.
"""

from __future__ import annotations

import math

import numpy as np

from curate.arrays import Bytes, Float32s, Floats, Int64s, Word
from curate.arrays.compiled import kernel
from curate.text.words import absorb, hash_bytes, load_word, mix

SUM, SQUARES, PEAK, PARTIAL, PARTIAL_SUM = range(5)
"""Running numbers: of samples, of squares, the largest magnitude; squares and samples of the open
frame.
"""
FLAT, RUN, BROKEN, FILLED, FRAMES = range(5)
"""Running counts: samples in flat tops, length of the open one, samples that are no numbers,
samples in the open frame, finished frames."""


_FLAT_RUN = 3
_NEAR = 0.999
"""A flat top: so many samples in a row, so near to the largest magnitude."""


@kernel
def pass_over(
    samples: Float32s, frame: int, numbers: Floats, counts: Int64s, energies: Floats
) -> None:
    """Carry one block of a segment into `numbers`, `counts` and `energies`.

    `frame` is the samples in a frame; `energies` gets the variances of those that end in this
    block: a constant offset is no sound. What is no finite number counts as BROKEN and as 0.
    """
    at = before = 0
    while at < samples.size:
        stretch = samples[at : min(samples.size, at + frame - counts[FILLED])]
        total, squares, top = _sums(stretch)
        if not squares < math.inf:
            stretch = _without_not_finite(stretch, counts)
            total, squares, top = _sums(stretch)
        # Only what comes near the largest magnitude so far can be, or end in, a flat top.
        if top > 0 and top >= numbers[PEAK] * _NEAR:
            _flat_tops(stretch, numbers, counts)
        else:
            counts[RUN] = 0
        numbers[SUM] += total
        numbers[PARTIAL] += squares
        numbers[PARTIAL_SUM] += total
        counts[FILLED] += stretch.size
        if counts[FILLED] == frame:
            energies[before] = variance(numbers[PARTIAL], numbers[PARTIAL_SUM], frame)
            numbers[SQUARES] += numbers[PARTIAL]
            numbers[PARTIAL] = numbers[PARTIAL_SUM] = 0.0
            counts[FILLED] = 0
            counts[FRAMES] += 1
            before += 1
        at += stretch.size


@kernel
def variance(squares: float, total: float, count: int) -> float:
    """Mean square about the mean, of so many samples with these sums; never negative."""
    mean = total / count
    return max(squares / count - mean * mean, 0.0)


@kernel
def _sums(samples: Float32s) -> tuple[float, float, float]:
    """Sum, sum of squares and largest magnitude; four sums side by side, always the same four."""
    a = b = c = d = 0.0
    aa = bb = cc = dd = 0.0
    top = 0.0
    whole = samples.size - samples.size % 4
    for k in range(0, whole, 4):
        w, x = np.float64(samples[k]), np.float64(samples[k + 1])
        y, z = np.float64(samples[k + 2]), np.float64(samples[k + 3])
        a, b, c, d = a + w, b + x, c + y, d + z
        aa, bb, cc, dd = aa + w * w, bb + x * x, cc + y * y, dd + z * z
        top = max(top, max(max(abs(w), abs(x)), max(abs(y), abs(z))))
    for k in range(whole, samples.size):
        w = np.float64(samples[k])
        a, aa, top = a + w, aa + w * w, max(top, abs(w))
    return (a + b) + (c + d), (aa + bb) + (cc + dd), top


@kernel
def _without_not_finite(samples: Float32s, counts: Int64s) -> Float32s:
    """The samples with 0 for what is no finite number, which is counted."""
    finite = samples.copy()
    for k in range(samples.size):
        if not abs(samples[k]) < math.inf:
            finite[k] = 0.0
            counts[BROKEN] += 1
    return finite


@kernel
def _flat_tops(samples: Float32s, numbers: Floats, counts: Int64s) -> None:
    peak, flat, run = numbers[PEAK], counts[FLAT], counts[RUN]
    near = peak * _NEAR
    for sample in samples:
        magnitude = abs(np.float64(sample))
        if magnitude < near or magnitude == 0:
            run = 0
            continue
        if magnitude * _NEAR > peak:
            flat = run = 0  # a higher top: what was flat below it is none
        if magnitude > peak:
            peak = magnitude
            near = peak * _NEAR
        run += 1
        if run == _FLAT_RUN:
            flat += _FLAT_RUN
        elif run > _FLAT_RUN:
            flat += 1
    numbers[PEAK], counts[FLAT], counts[RUN] = peak, flat, run


@kernel
def carry(key: Word, data: Bytes) -> Word:
    """A running 64-bit key with the bytes of one more block in it; `key` is a uint64.

    Four hashes side by side, since each waits for its own last step; then one of the four.
    """
    a, b = mix(key ^ np.uint64(1)), mix(key ^ np.uint64(2))
    c, d = mix(key ^ np.uint64(3)), mix(key ^ np.uint64(4))
    whole = data.size - data.size % 32
    for at in range(0, whole, 32):
        a, b = absorb(a, load_word(data, at)), absorb(b, load_word(data, at + 8))
        c, d = absorb(c, load_word(data, at + 16)), absorb(d, load_word(data, at + 24))
    key = absorb(absorb(absorb(absorb(key, a), b), c), d)
    return absorb(key, np.uint64(hash_bytes(data, whole, data.size - whole)))
