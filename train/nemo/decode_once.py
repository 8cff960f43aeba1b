"""Decode a batch once for all metrics of a Canary: NeMo decodes it for WER, and again for BLEU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

DECODE = "decode_predictions_tensor"
"""The public method of NeMo's multitask decoding that the metrics call."""


class DecodeOnce(Callback):
    """Within a batch, what was decoded last is not decoded again.

    Metrics choose their rows of a batch by themselves, so their tensors are compared, not trusted.
    Nothing is kept from one batch to the next: the weights change between them.
    """

    def on_validation_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, *_: Any, **__: Any
    ) -> None:
        """Keep what this batch's first metric decodes."""
        remember(pl_module)

    def on_validation_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *_: Any, **__: Any
    ) -> None:
        """Forget it."""
        forget(pl_module)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, *_: Any, **__: Any
    ) -> None:
        """Keep what this batch's first metric decodes, where NeMo decodes a batch of training."""
        remember(pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *_: Any, **__: Any
    ) -> None:
        """Forget it."""
        forget(pl_module)


def remember(model: Any) -> None:
    """Let the model's decoding return what it returned last for equal arguments."""
    forget(model)
    if decode := getattr(model.decoding, DECODE, None):
        setattr(model.decoding, DECODE, _Remembering(decode))


def forget(model: Any) -> None:
    """Let the model's decoding decode each time again."""
    vars(model.decoding).pop(DECODE, None)


class _Remembering:
    """A decoding with its last arguments and their result."""

    def __init__(self, decode: Callable[..., Any]) -> None:
        self._decode = decode
        self._last: tuple[dict[str, Any], Any] | None = None

    def __call__(self, **arguments: Any) -> Any:
        if self._last is None or not _are_equal(self._last[0], arguments):
            self._last = arguments, self._decode(**arguments)
        return self._last[1]


def _are_equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(_is_equal(one[key], other[key]) for key in one)


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return one.dtype == other.dtype and bool(torch.equal(one, other))
    return one is other
