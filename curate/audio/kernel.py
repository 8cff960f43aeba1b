"""One pass over decoded samples: levels, flat tops, energies of frames. Compiled.

Sums are taken in one fixed order, so that the same samples give the same digits everywhere. A
frame at a time: what no sample of a frame can reach is not compared for each.
"""

from __future__ import annotations

from curate.arrays import Bytes, Float32s, Floats, Int16s, Int64s, Word
from curate.native import kernel

SUM, SQUARES, PEAK, PARTIAL, PARTIAL_SUM = range(5)
"""Running numbers: of samples, of squares, the largest magnitude; squares and samples of the open
frame.
"""
FLAT, RUN, BROKEN, FILLED, FRAMES = range(5)
"""Running counts: samples in flat tops, length of the open one, samples that are no numbers,
samples in the open frame, finished frames."""


@kernel("levels")
def pass_over(
    samples: Float32s, frame: int, numbers: Floats, counts: Int64s, energies: Floats
) -> None:
    """Carry one block of a segment into `numbers`, `counts` and `energies`.

    `frame` is the samples in a frame; `energies` gets the variances of those that end in this
    block: a constant offset is no sound. What is no finite number counts as BROKEN and as 0.
    """
    raise NotImplementedError


@kernel("levels")
def variance(squares: float, total: float, count: int) -> float:
    """Mean square about the mean, of so many samples with these sums; never negative."""
    raise NotImplementedError


@kernel("levels")
def carry(key: Word, data: Bytes) -> Word:
    """A running 64-bit key with the bytes of one more block in it; `key` is a uint64.

    Four hashes side by side, since each waits for its own last step; then one of the four.
    """
    raise NotImplementedError


@kernel("levels")
def carry_floats(key: Word, samples: Float32s, room: Int16s) -> Word:
    """`carry` of the integers of 16 bits that these samples are, where full scale is 1; of the
    floats where one is none.

    `room` is as long as `samples`.
    """
    raise NotImplementedError


@kernel("levels")
def pass_over_integers(
    samples: Int16s, frame: int, numbers: Floats, counts: Int64s, energies: Floats
) -> None:
    """`pass_over` of integers of 16 bits, where full scale is 32,768."""
    raise NotImplementedError


@kernel("levels")
def add_powers(spectra: Float32s, totals: Floats) -> None:
    """Add the squared magnitudes of spectra to the sums of their frequencies.

    `spectra` holds a real and an imaginary part for each of `totals`, one spectrum after another.
    """
    raise NotImplementedError
