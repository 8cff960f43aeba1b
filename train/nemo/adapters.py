"""NeMo's linear adapters in the layers of the encoder."""

from __future__ import annotations

from collections.abc import Iterator

from nemo.collections.asr.models import ASRModel
from nemo.collections.common.parts.adapter_modules import LinearAdapterConfig
from nemo.core.classes.mixins.adapter_mixins import update_module_class_with_adapter_class
from omegaconf import OmegaConf, open_dict
from torch import nn

from train.config import AdapterConfig


def add_adapter(model: ASRModel, adapter: AdapterConfig) -> None:
    """Add the adapter to each layer; its last weights are zero, so the output stays the same."""
    encoder = model.encoder
    update_module_class_with_adapter_class(encoder, model.cfg, update_config=False, verbose=False)
    with open_dict(model.cfg):  # NeMo replaces a name that most configurations do not have
        model.cfg.encoder["_target_"] = f"{type(encoder).__module__}.{type(encoder).__qualname__}"
    config = LinearAdapterConfig(
        in_features=encoder.d_model, dim=adapter.dim, dropout=adapter.dropout
    )
    model.add_adapter(adapter.name, cfg=OmegaConf.structured(config))


def train_adapter_only(model: nn.Module, name: str) -> None:
    """Train the adapter; of all else no weight and no statistic changes, and nothing drops out.

    SpecAugment masks features in training, so the model itself stays in training mode.
    """
    model.requires_grad_(False)
    for child_name, child in model.named_children():
        child.train(child_name == "spec_augmentation")
    for adapter in _modules_of(model, name):
        adapter.train()
        adapter.requires_grad_(True)


def _modules_of(model: nn.Module, name: str) -> Iterator[nn.Module]:
    for module in model.modules():
        adapters = getattr(module, "adapter_layer", None)
        if isinstance(adapters, nn.ModuleDict) and name in adapters:
            yield adapters[name]
