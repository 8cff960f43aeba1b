"""Gradient checkpointing of the encoder: NeMo has none for its Conformer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from train.nemo.callbacks import BATCHNORM


def checkpoint_layers(model: nn.Module) -> None:
    """Let each layer of the encoder keep only its input, and compute the rest again backwards.

    Gradients are the same numbers: dropout draws the same again, and BatchNorm, which has seen the
    batch, does not count it twice.
    """
    encoder = model.encoder
    for layer in encoder.layers:
        layer.forward = partial(_forward, layer, layer.forward)


def _forward(layer: nn.Module, forward: Callable[..., Any], *given: Any, **named: Any) -> Any:
    if not torch.is_grad_enabled():
        return forward(*given, **named)
    context = partial(_contexts, layer)
    return checkpoint(forward, *given, use_reentrant=False, context_fn=context, **named)


def _contexts(
    layer: nn.Module,
) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """What the two passes run in: the second leaves running statistics as they are."""
    return nullcontext(), _statistics_held(layer)


@contextmanager
def _statistics_held(layer: nn.Module) -> Iterator[None]:
    """Let BatchNorm count into copies. The statistics themselves must stay the tensors that the
    first pass has seen, so they are exchanged and not written back.
    """
    tracking = [each for each in layer.modules() if isinstance(each, BATCHNORM)]
    held = [dict(each.named_buffers(recurse=False)) for each in tracking]
    for module, buffers in zip(tracking, held, strict=True):
        for name, value in buffers.items():
            setattr(module, name, value.clone())
    try:
        yield
    finally:
        for module, buffers in zip(tracking, held, strict=True):
            for name, value in buffers.items():
                setattr(module, name, value)
