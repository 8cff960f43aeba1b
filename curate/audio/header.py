"""What a file's header says, and where it cannot be true. Nothing is decoded."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import soundfile as sf

from curate.audio.faults import Unusable
from curate.audio.lengths import WHOLE_FILE_S
from curate.nemo.ffmpeg_kinds import ffmpeg_kind

_FORMATS: Mapping[str, frozenset[str]] = {
    ".wav": frozenset({"WAV", "WAVEX", "RF64", "W64"}),
    ".flac": frozenset({"FLAC"}),
    ".mp3": frozenset({"MP3"}),
    ".ogg": frozenset({"OGG"}),
    ".oga": frozenset({"OGG"}),
    ".opus": frozenset({"OGG"}),
    ".aif": frozenset({"AIFF"}),
    ".aiff": frozenset({"AIFF"}),
    ".au": frozenset({"AU"}),
    ".caf": frozenset({"CAF"}),
    ".w64": frozenset({"W64"}),
}
"""libsndfile's formats by extension; of an extension that is not here nothing is known."""

_SIZES = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
"""How libsndfile notes a WAV header that promises another amount of data than there is."""
_LENGTH = re.compile(r"^Length : (\d+)$", re.MULTILINE)
_LONGEST_HEADER = 512
"""Bytes; a WAV file without a sample that is larger was written to a pipe, and not gone back to."""
_UNKNOWN = 1 << 62
"""libsndfile's number of frames where a stream does not say how many it has."""
_PLACEHOLDER = 0x7F000000
"""Programs that write to a pipe promise about 2 or 4 GiB, since they cannot go back."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says; `fault` and `why` where it is at fault and yet can be read."""

    rate: int
    channels: int
    frames: int
    codec: str
    fault: str = ""
    why: str = ""

    @property
    def seconds(self) -> float:
        """Length as the header has it, or as libsndfile corrected it; infinite where it has
        none.
        """
        return self.frames / self.rate if self.frames < _UNKNOWN else math.inf

    def is_cut_at(self, end_s: float) -> bool:
        """Whether the file was cut short, and a segment that ends at `end_s` reaches the cut."""
        return self.fault == "truncated" and end_s > self.seconds - WHOLE_FILE_S


class _Forward(sf.SoundFile):  # type: ignore[misc]
    """A file that is read on from where the last block ended.

    SoundFile seeks to that place behind each block. Where a page of an Ogg stream is lost the seek
    leads back before the gap, so that the blocks add up to a whole file that is not there.
    """

    def seekable(self) -> bool:
        """No: not behind each block. `seek` still does what it says."""
        return False


BY_FFMPEG = "which libsndfile does not read and NeMo decodes by ffmpeg"


class NotDecoded(Unusable):
    """Audio of a kind that is not read here, and is by NeMo: nothing is known of it."""


@contextmanager
def open_sound(descriptor: int) -> Iterator[sf.SoundFile]:
    """An open file for libsndfile: its descriptor, never its name. Raises Unusable."""
    try:
        sound = _Forward(descriptor, closefd=False)
    except sf.LibsndfileError as error:
        if os.fstat(descriptor).st_size == 0:
            raise Unusable("the file is empty (0 bytes)", "empty") from None
        if container := ffmpeg_kind(os.pread(descriptor, 16, 0)):
            what = f"{container}, {BY_FFMPEG}"
            raise NotDecoded(what) from None
        raise Unusable(f"no audio that can be read: {plain(error)}", "undecodable") from None
    with sound:
        yield sound


def plain(error: sf.LibsndfileError) -> str:
    """The words of libsndfile, without the name of the file."""
    return str(error.error_string).strip().rstrip(".").removeprefix("Error : ")


def read_header(sound: sf.SoundFile, path: Path) -> Header:
    """The header of an open file; Unusable where it announces no sample."""
    format, frames = sound.format, sound.frames  # looked up each time
    codec = f"{format} {sound.subtype}".lower()
    if frames <= 0:
        raise Unusable(_without_samples(sound, codec), "no_samples")
    fault, why = _doubts(sound, format, frames, path)
    return Header(sound.samplerate, sound.channels, frames, codec, fault, why)


def _without_samples(sound: sf.SoundFile, codec: str) -> str:
    """What is wrong: there is no sample, or the size of a stream was never filled in."""
    size = _LENGTH.search(sound.extra_info)
    if codec.startswith("wav") and size and int(size[1]) > _LONGEST_HEADER:
        return f"the {codec} header says 0 bytes of samples, and readers load none of {size[1]}"
    return f"a {codec} header without a sample behind it"


def _doubts(sound: sf.SoundFile, format: str, frames: int, path: Path) -> tuple[str, str]:
    """The most severe fault of a header that can be read."""
    if format in _FORMATS[".wav"] and (sizes := _SIZES.search(sound.extra_info)):
        promised, there = map(int, sizes.groups())
        why = f"the header promises {promised:,} bytes of samples, {there:,} are there"
        return ("truncated" if there < promised < _PLACEHOLDER else "header_lies"), why
    if frames >= _UNKNOWN:
        return "header_lies", "the header does not give the length of the audio"
    suffix = path.suffix
    expected = _FORMATS.get(suffix.lower())
    if expected is not None and format not in expected:
        return "wrong_extension", f"named {suffix}, and is {format}"
    return "", ""
