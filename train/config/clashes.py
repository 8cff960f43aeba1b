"""Values of a section that are valid by themselves and wrong together."""

from __future__ import annotations

from collections.abc import Iterator

from train.config.sections import AugmentationConfig, FreezeConfig, TrainerConfig

INTERVALS = ("noise_snr", "lowpass_frequencies_interval", "compression_level_interval")


def augmentation_clashes(config: AugmentationConfig) -> Iterator[tuple[str, str, str]]:
    """Values that are valid by themselves and wrong together: key, what is wrong, hint."""
    for name in INTERVALS:
        low, high = getattr(config, name)
        if low >= high:
            yield name, f"'augmentation.{name}' goes from {low:g} to {high:g}", "the lower first"
    if config.rir_path is not None and not config.rir_enabled:
        what = "'augmentation.rir_path' is given, and rir_enabled is false: it would not be used"
        yield "rir_path", what, "--set augmentation.rir_enabled=true"
    if any(not 0 <= level <= 1 for level in config.compression_level_interval):
        what = "'augmentation.compression_level_interval' is not between 0 and 1"
        hint = "0 is the highest bit rate of a codec, 1 the lowest"
        yield "compression_level_interval", what, hint
    if min(config.lowpass_frequencies_interval) <= 0:
        what = "'augmentation.lowpass_frequencies_interval' is not positive"
        yield "lowpass_frequencies_interval", what, "[3500, 8000] is telephone to full bandwidth"


def freeze_clashes(config: FreezeConfig, max_steps: int) -> Iterator[tuple[str, str, str]]:
    """Parts that are never trained, or unfrozen without being frozen: key, what is wrong, hint."""
    if {"encoder", "decoder"} <= config.frozen_at(max_steps - 1) and config.batchnorm == "eval":
        yield "", "everything is frozen: nothing is left to train", ""
    for part, step in config.unfreeze_at.items():
        key = f"unfreeze_at.{part}"
        if part not in config.parts:
            what = f"'freeze.{key}' is {step}, and 'freeze.{part}' is not set"
            yield key, what, f"--set freeze.{part}=..."
        if step >= max_steps:
            what = f"'freeze.{key}' is {step}, and the run has {max_steps} steps"
            yield key, what, "a step before the last"
    if config.encoder and config.encoder_layers and "encoder" not in config.unfreeze_at:
        what = "'freeze.encoder_layers' is set, and 'freeze.encoder' freezes all layers"
        yield "encoder_layers", what, "leave one of them out, or set freeze.unfreeze_at.encoder"


def device_clashes(config: TrainerConfig) -> Iterator[tuple[str, str, str]]:
    """Options for several devices where there is one: key, what is wrong, hint."""
    if config.sync_batchnorm and (
        config.devices * config.num_nodes == 1 or config.accelerator == "cpu"
    ):
        what = "'trainer.sync_batchnorm' is set, and it takes several GPUs to have an effect"
        yield "sync_batchnorm", what, "leave it out, or set trainer.devices"
