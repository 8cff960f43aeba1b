"""FAULTS: every way in which a record's audio can be at fault, worst first. Add one here."""

from __future__ import annotations

from typing import NamedTuple


class AudioFault(NamedTuple):
    """A kind of fault: its name in the column `audio_fault`, and what it means."""

    name: str
    meaning: str


FAULTS: tuple[AudioFault, ...] = (
    AudioFault("command", "the path is a command to run; it is not run"),
    AudioFault("url", "the path is a web address or another scheme; nothing is fetched"),
    AudioFault("unsafe_name", "a name that readers open through a shell, or that no file can have"),
    AudioFault("outside", "the path leads out of the allowed roots"),
    AudioFault("special_file", "a device, a pipe, a socket, a directory: no regular file"),
    AudioFault("archived", "the audio is inside an archive (tar, Parquet); it is not opened here"),
    AudioFault("missing", "the file does not exist"),
    AudioFault("unreadable", "the file is there and cannot be opened, or changed meanwhile"),
    AudioFault("empty", "the file has no byte"),
    AudioFault("undecodable", "libsndfile cannot read the file: not audio, or damaged"),
    AudioFault("no_samples", "a header without a sample behind it"),
    AudioFault("segment_outside", "the segment begins before or behind the audio"),
    AudioFault("no_channel", "the file has not the channel that the record names"),
    AudioFault("truncated", "the audio decodes to less than its header says"),
    AudioFault("too_short", "the audio ends before the segment does"),
    AudioFault("not_finite", "samples that are not finite (NaN, infinity)"),
    AudioFault("channels_cancel", "mixed to one, the channels cancel each other (opposite phase)"),
    AudioFault("over_full_scale", "float samples far beyond full scale, as of unscaled integers"),
    AudioFault("header_lies", "the header's length is not the length of what is behind it"),
    AudioFault("wrong_extension", "the name's extension is not the format of the content"),
)  # fmt: skip
"""A row with several gets the first."""

NONE = "none"
"""The fault of audio that has none."""

NAMES = tuple(fault.name for fault in FAULTS)


class Unusable(ValueError):  # noqa: N818 - a verdict on one record, reported with its id
    """Why a record's audio cannot be used: in words, and `fault`, its kind among FAULTS."""

    def __init__(self, reason: str, fault: str = "undecodable") -> None:
        assert fault in NAMES, fault
        super().__init__(reason)
        self.fault = fault
