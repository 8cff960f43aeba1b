"""What changes the training audio and features: shown by the plan, with the share it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.formatting.units import duration, plural
from train.artifacts.plan import Augmentation
from train.config import SLOWEST
from train.data.augmentation import Clip
from train.plan.facts import Facts

DROPOUTS = ("dropout", "dropout_pre_encoder", "dropout_emb", "dropout_att")
"""FastConformer's rates, as its configuration has them."""


def plan_augmentation(facts: Facts) -> tuple[Augmentation, ...]:
    """Each augmentation of the run; of validation nothing is changed."""
    return tuple(
        Augmentation(name=name, share=share, effect=effect)
        for name, share, effect in (*_of_audio(facts), *_of_features(facts.recipe.config))
    )


def _of_audio(facts: Facts) -> Iterator[tuple[str, float, str]]:
    config = facts.run.augmentation
    if config.noise_path is not None:
        low, high = config.noise_snr
        source = _source(facts.clips.noise, facts.sample_rate)
        yield "noise", config.noise_mix_prob, f"{low:g} to {high:g} dB SNR, of {source}"
    if config.perturb_speed:
        yield "speed", 2 / 3, f"copies at {SLOWEST:g} and 1.1 of the speed{_too_slow(facts)}"
    if config.lowpass_enabled:
        low, high = config.lowpass_frequencies_interval
        yield "low-pass", config.lowpass_prob, f"above {low:,.0f} to {high:,.0f} Hz"
    if config.rir_enabled:
        rirs = facts.clips.rirs
        source = _source(rirs, facts.sample_rate) if rirs else "simulated rooms"
        yield "reverberation", config.rir_prob, f"impulse responses of {source}"
    if config.compression_enabled:
        low, high = config.compression_level_interval
        codecs = ", ".join(config.compression_codecs)
        yield "compression", config.compression_prob, f"{codecs}, level {low:g} to {high:g}"


def _source(clips: tuple[Clip, ...], rate: int) -> str:
    hours = sum(clip.duration_s for clip in clips) / 3600
    notes = (
        (sum(clip.rate != rate for clip in clips), "resampled"),
        (sum(clip.channels > 1 for clip in clips), "reduced to the first channel"),
    )
    remarks = "".join(f"; {number:,} {what}" for number, what in notes if number)
    return f"{plural(len(clips), 'file')}, {duration(hours=hours)}{remarks}"


def _too_slow(facts: Facts) -> str:
    """Cuts whose slow copies exceed max_duration, where there are some."""
    limit = facts.run.train_ds.max_duration
    seconds = facts.corpus.durations["duration_s"]
    longest = seconds.filter((seconds > SLOWEST * limit) & (seconds <= limit))
    number = len(longest) * facts.corpus.scale
    return f"; {number:,.0f} slow copies exceed {limit:g} s and are dropped" if number else ""


def _of_features(config: dict[str, Any]) -> Iterator[tuple[str, float | None, str]]:
    spec = config.get("spec_augment") or {}
    masks = [
        (spec.get(f"{axis}_masks"), f"{axis} masks up to {spec.get(f'{axis}_width')}")
        for axis in ("freq", "time")
    ]
    if any(number for number, _ in masks):
        yield "SpecAugment", 1.0, ", ".join(f"{number} {what}" for number, what in masks if number)
    encoder = config.get("encoder") or {}
    rates = {name: encoder[name] for name in DROPOUTS if encoder.get(name)}
    if rates:
        yield "dropout", None, ", ".join(f"encoder.{name} {rate}" for name, rate in rates.items())
