"""One segment's audio, ready to store: a whole file's own bytes, all else encoded again.

Light: a worker whose files are all proven whole does not wait for what decodes others.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from curate.audio.flac import is_whole
from curate.audio.lengths import WHOLE_FILE_S
from curate.audio.paths import opened_audio
from curate.shards.headers import plain_header

AUDIO_FORMATS = ("flac", "wav", "opus")
"""What audio can be encoded as."""

OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)

_READ_WHOLE, _MOST_BYTES_A_SECOND = 1 << 16, 2 * 2 * 48_000
"""A file larger than that is no segment's own; to read it all would be in vain."""


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """What audio to store: `format` None keeps whole files as they are, and encodes the rest FLAC.

    `rate` None keeps the sampling rate; `mono` mixes channels down, which are refused else;
    `channel` is the one to take of a file with several.
    """

    format: str | None = None
    rate: int | None = None
    mono: bool = False
    channel: int | None = None

    def of_channel(self, channel: int | None) -> StoredAudio:
        """The same of one channel, where one is named."""
        return self if channel is None else replace(self, mono=True, channel=channel)


KEEP = StoredAudio()


@dataclass(frozen=True, slots=True)
class Audio:
    """Encoded audio of one segment: `data` in `extension` format, mono, `samples` at `rate` Hz.

    `source_channels` are those of the file that it was taken from.
    """

    data: bytes
    extension: str
    samples: int
    rate: int
    source_channels: int = 1

    @property
    def duration_s(self) -> float:
        """Length in seconds, as its samples say."""
        return self.samples / self.rate


def check_segment(
    path: Path | str, offset_s: float, duration_s: float, storage: StoredAudio = KEEP
) -> int:
    """The channels of a segment that can be used; nothing is encoded.

    Raises Unusable where `load_segment` does, and where the header does not say how long the file
    is, which its readers cannot do without.
    """
    if offset_s == 0 and _proven_whole(path, duration_s, storage) is not None:
        return 1
    from curate.shards.decoded_audio import check_decoded

    return check_decoded(path, offset_s, duration_s, storage)


def load_segment(
    path: Path | str, offset_s: float, duration_s: float, storage: StoredAudio = KEEP
) -> Audio:
    """Audio of a segment; a whole file keeps its bytes where `storage` lets it. Raises Unusable.

    No header is believed: the bytes of a file are stored that that was decoded to its end, or
    whose own checksums prove that it can be. What is encoded again has 16 bits. The same segment
    and storage give the same bytes.
    """
    if offset_s == 0 and (audio := _proven_whole(path, duration_s, storage)) is not None:
        return audio
    from curate.shards.decoded_audio import load_decoded

    return load_decoded(path, offset_s, duration_s, storage)


def _proven_whole(path: Path | str, duration_s: float, storage: StoredAudio) -> Audio | None:
    """A plain FLAC or WAV file that is stored whole and proven whole; None where it takes more."""
    descriptor, size = opened_audio(path)
    try:
        if size > _READ_WHOLE + duration_s * _MOST_BYTES_A_SECOND:
            return None  # a long recording, of which this is a part
        data = os.pread(descriptor, size, 0)
    finally:
        os.close(descriptor)
    header = plain_header(data)
    if header is None or header.channels != 1 or storage.format not in (None, header.extension):
        return None
    frames, rate = header.frames, header.rate
    if storage.rate not in (None, rate) or abs(frames / rate - duration_s) >= WHOLE_FILE_S:
        return None
    if header.extension == "flac" and not is_whole(data, frames):
        return None
    return Audio(data, header.extension, frames, rate)
