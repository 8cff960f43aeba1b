"""Warnings where audio that is not analysed does not exist or is too short, by a sample."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curate.artifacts.profile_audio import Audio
from curate.manifest.absent_audio import (
    LOOKED_FOR,
    SampledAudio,
    absent_warnings,
    profile_rejecting,
)
from curate.manifest.short_audio import StatedLengths, short_audio_warnings
from curate.profiles.measure.source import Source


def absent_audio_warnings(
    read: Sequence[Source], audio: Audio | None, root: Path | None, command: str = ""
) -> list[str]:
    """The warnings about files that were looked for and do not exist, or are shorter than their
    records; none where the audio is analysed, which counts them all. `root` is where relative paths
    begin, if named; `command` is that which profiles them, for a hint.
    """
    if audio is not None:
        return []
    most = max(1, LOOKED_FOR // max(1, len(read)))
    samples = [SampledAudio.of(each.origin, each.sample.paths, root, most) for each in read]
    stated = [
        StatedLengths.of(each.origin, each.sample, sample, root)
        for each, sample in zip(read, samples, strict=True)
    ]
    rejecting = profile_rejecting(command, [each.name for each in read])
    return [*absent_warnings(samples, rejecting), *short_audio_warnings(stated, rejecting)]
