"""Rooms, bandwidth and codecs for training recordings, by Lhotse's own transforms.

Noise and speed are NeMo's (`noise_path`, `perturb_speed`): they come before batches are made. NeMo
would apply the others too, but it convolves a recording with noise as a whole, which Lhotse writes
down beside the tracks: compression then drops it without a word, and Canary's prompt stops at a
batch in which such a recording is padded. Here each track is convolved with the same response.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lhotse import CutSet, RecordingSet
from lhotse.cut import MixedCut
from lhotse.dataset.cut_transforms import Compress, LowpassUsingResampling

from train.config import RunConfig
from train.data.augmentation import RIRS, augmentation_file

Transform = Callable[[CutSet], CutSet]


def transforms_of(run: RunConfig) -> Iterator[Transform]:
    """What is done to the cuts of each batch, in the order of nature: room, telephone, codec."""
    config = run.augmentation
    if config.rir_enabled:
        yield Reverberation(augmentation_file(run, RIRS), config.rir_prob, run.seed)
    if config.lowpass_enabled:
        interval = config.lowpass_frequencies_interval
        yield LowpassUsingResampling(config.lowpass_prob, interval, seed=run.seed)
    if config.compression_enabled:
        yield Compress(
            list(config.compression_codecs),
            config.compression_level_interval,
            p=config.compression_prob,
            seed=run.seed,
        )


class Reverberation:
    """Convolves some cuts with impulse responses: of a file, else simulated ones."""

    def __init__(self, rirs: Path, share: float, seed: int) -> None:
        self._rirs: Sequence[Any] = list(RecordingSet.from_file(rirs)) if rirs.is_file() else ()
        self._share = share
        self._random = random.Random(seed)  # noqa: S311 - no secret

    def __call__(self, cuts: CutSet) -> CutSet:
        """The cuts, some of them convolved."""
        return CutSet.from_cuts(map(self._convolve, cuts))

    def _convolve(self, cut: Any) -> Any:
        if self._random.random() > self._share:
            return cut
        rir = self._random.choice(self._rirs) if self._rirs else None
        tracks = {"mix_first": False} if isinstance(cut, MixedCut) else {}
        return cut.reverb_rir(rir, **tracks)
