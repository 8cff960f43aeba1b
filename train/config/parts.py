"""The parts of a model that can be frozen, by the names of their weights."""

from __future__ import annotations

from typing import Literal

FrozenPart = Literal["encoder", "decoder", "encoder_layers"]

SUBSAMPLING = "pre_encode"
"""What comes before the layers of NeMo's encoder."""

DECODER_PARTS = ("transf_decoder", "log_softmax", "decoder", "joint", "ctc_decoder")
"""Each model has some of these; log_softmax shares its weight with the decoder's embedding."""


def is_of_part(weight: str, part: FrozenPart, layers: int) -> bool:
    """Whether a weight belongs to the part, by its name in the model.

    >>> is_of_part("encoder.layers.11.norm_out.weight", "encoder_layers", 12)
    True
    >>> is_of_part("encoder.layers.12.norm_out.weight", "encoder_layers", 12)
    False
    """
    first, _, rest = weight.partition(".")
    if part == "decoder":
        return first in DECODER_PARTS
    if first != "encoder" or part == "encoder":
        return first == "encoder"
    section, _, number = rest.partition(".")
    return section == SUBSAMPLING or (
        section == "layers" and int(number.partition(".")[0]) < layers
    )
