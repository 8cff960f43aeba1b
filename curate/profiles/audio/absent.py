"""A warning where audio that is not analysed does not exist, by a sample of its paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curate.artifacts.profile_audio import Audio
from curate.manifest.absent_audio import LOOKED_FOR, SampledAudio, absent_warnings
from curate.profiles.measure.source import Source


def absent_audio_warnings(
    read: Sequence[Source], audio: Audio | None, root: Path | None
) -> list[str]:
    """The warning about files that were looked for and do not exist; none where the audio is
    analysed, which counts them all. `root` is where relative paths begin, if named.
    """
    if audio is not None:
        return []
    most = max(1, LOOKED_FOR // max(1, len(read)))
    samples = (SampledAudio.of(each.origin, each.sample.paths, root, most) for each in read)
    return absent_warnings(samples)
