"""One pass over decoded samples: levels, flat tops, energies of frames. Compiled.

Sums are taken in one fixed order, so that the same samples give the same digits everywhere.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np
import numpy.typing as npt

from curate.text.words import absorb, hash_bytes

SUM, SQUARES, PEAK, PARTIAL = range(4)
"""Running numbers: of samples, of squares, the largest magnitude, squares of the open frame."""
FLAT, RUN, BROKEN, FILLED, FRAMES = range(5)
"""Running counts: samples in flat tops, length of the open one, samples that are no numbers,
samples in the open frame, finished frames."""

Samples = npt.NDArray[np.float32]

_FLAT_RUN = 3
_NEAR = 0.999
"""A flat top: so many samples in a row, so near to the largest magnitude."""


@nb.njit(nogil=True, cache=True)
def pass_over(samples, frame, numbers, counts, energies):  # type: ignore[no-untyped-def]
    """Carry one block of a segment into `numbers`, `counts` and `energies`.

    `frame` is the samples in a frame; `energies` gets the mean squares of those that end in this
    block. Samples that are no finite
    number count as BROKEN and as 0.
    """
    total, squares, peak, partial = numbers[0], numbers[1], numbers[2], numbers[3]
    flat, run, broken, filled, done = counts[0], counts[1], counts[2], counts[3], counts[4]
    near = peak * _NEAR
    before = done
    for sample in samples:
        value = np.float64(sample)
        magnitude = abs(value)
        if not magnitude < math.inf:
            broken += 1
            value = magnitude = np.float64(0.0)
        total += value
        partial += value * value
        if magnitude >= near and magnitude > 0:
            if magnitude * _NEAR > peak:
                flat, run = 0, 0  # a higher top: what was flat below it is none
            if magnitude > peak:
                peak = magnitude
                near = peak * _NEAR
            run += 1
            if run == _FLAT_RUN:
                flat += _FLAT_RUN
            elif run > _FLAT_RUN:
                flat += 1
        else:
            run = 0
        filled += 1
        if filled == frame:
            energies[done - before] = partial / frame
            squares += partial
            done += 1
            partial = 0.0
            filled = 0
    numbers[0], numbers[1], numbers[2], numbers[3] = total, squares, peak, partial
    counts[0], counts[1], counts[2], counts[3], counts[4] = flat, run, broken, filled, done


@nb.njit(nogil=True, cache=True)
def carry(key, data):  # type: ignore[no-untyped-def]
    """A running 64-bit key with the bytes of one more block in it; `key` is a uint64."""
    return absorb(key, np.uint64(hash_bytes(data, 0, data.size)))
