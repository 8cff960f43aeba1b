"""One audio file and the segments that records cut from it: resolved, opened once, read forward.

Nothing that is wrong with a file is fatal: it becomes the fault of its segments, with the reason.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile as sf

from curate.audio.faults import NAMES, NONE, Unusable
from curate.audio.header import Header, NotDecoded, open_sound, plain, read_header
from curate.audio.lengths import OVERRUN_S
from curate.audio.paths import find_audio, open_audio
from curate.audio.signal import FULL_SCALES, Block, Signal, SignalMeter, as_floats
from curate.audio.vad import Voice, voice_of
from curate.files.state import FileState, state_of

Depth = Literal["header", "signal", "vad"]
"""How far audio is looked into; each includes what is before it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What a record cuts from its file; `offset_s` is None where the record gives none, `channel`
    where it takes all channels.
    """

    row: int
    offset_s: float | None
    duration_s: float
    channel: int | None = None

    @property
    def begin_s(self) -> float:
        """Where the segment begins."""
        return self.offset_s or 0.0


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """What is known of one segment; None is not known. Names are those of the columns."""

    row: int
    audio_fault: str | None = NONE
    audio_why: str | None = None
    audio_codec: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    file_s: float | None = None
    length_gap_s: float | None = None
    overrun_s: float | None = None
    signal: Signal | None = None
    vad_share: float | None = None

    def at_fault(self, fault: str, why: str) -> SegmentResult:
        """The same with this fault, where it is worse than the one that is there."""
        assert self.audio_fault is not None, "no fault is known of what is not decoded"
        if self.audio_fault != NONE and NAMES.index(self.audio_fault) <= NAMES.index(fault):
            return self
        return replace(self, audio_fault=fault, audio_why=why)


def analyse_segments(
    name: str, folder: Path, segments: Sequence[Segment], depth: Depth, allowed: Sequence[Path] = ()
) -> tuple[FileState | None, list[SegmentResult]]:
    """The state of a file (None where it could not be opened), and what there is to know of its
    segments, in the order given.

    `name`, `folder` and `allowed` are as for `find_audio`. Segments are read in the order of
    their beginnings, so that the file is decoded once however many there are.
    """
    state: FileState | None = None
    try:
        path = find_audio(name, folder, allowed)
        with open_audio(path) as descriptor:
            state = state_of(os.fstat(descriptor))
            results = _analyse_open_file(descriptor, path, segments, depth)
            if state_of(os.fstat(descriptor)) != state:
                raise Unusable("changed while it was read", "unreadable")
            return state, results
    except NotDecoded as error:
        return state, [SegmentResult(segment.row, None, str(error)) for segment in segments]
    except Unusable as error:
        return state, [SegmentResult(segment.row, error.fault, str(error)) for segment in segments]


def _analyse_open_file(
    descriptor: int, path: Path, segments: Sequence[Segment], depth: Depth
) -> list[SegmentResult]:
    with open_sound(descriptor) as sound:
        header = read_header(sound, path)
        results = [_of_header(segment, header) for segment in segments]
        if depth == "header":
            return results
        return _decode_all(sound, header, segments, results, depth == "vad")


def _of_header(segment: Segment, header: Header) -> SegmentResult:
    """What the header gives for a segment."""
    end = segment.begin_s + segment.duration_s
    whole = segment.offset_s is None
    result = SegmentResult(
        segment.row,
        audio_codec=header.codec,
        sample_rate=header.rate,
        channels=header.channels,
        file_s=_round(header.seconds),
        length_gap_s=_round(header.seconds - segment.duration_s) if whole else None,
        overrun_s=_round(max(0.0, end - header.seconds)),
    )
    if header.fault:
        reached = header.fault != "truncated" or header.is_cut_at(end)
        result = result.at_fault(header.fault if reached else "header_lies", header.why)
    if segment.channel is not None and 1 < header.channels <= segment.channel:
        why = f"channel {segment.channel} of {header.channels} (the first is 0)"
        result = result.at_fault("no_channel", why)
    if segment.begin_s < 0 or round(segment.begin_s * header.rate) >= header.frames:
        why = f"begins at {segment.begin_s:g} s, the audio is {header.seconds:.3f} s long"
        return result.at_fault("segment_outside", why)
    if end > header.seconds + OVERRUN_S:
        why = f"ends at {end:.3f} s, the audio is {header.seconds:.3f} s long"
        return result.at_fault("too_short", why)
    return result


def _round(seconds: float) -> float | None:
    """Seconds as they are stored; None for the length of a stream that does not say it."""
    return round(seconds, 4) + 0.0 if math.isfinite(seconds) else None


@dataclass(slots=True)
class SegmentReader:
    """An open file that is read forward; `at` is the sample that comes next."""

    sound: sf.SoundFile
    at: int = 0

    def blocks(self, first: int, count: int, size: int) -> Iterator[Block]:
        """The samples from `first` on, `size` at a time; fewer than `count` where the file ends.

        Integers of 16 bits stay what they are: libsndfile would divide them one at a time. A block
        is valid until the next one is read.
        """
        if self.at != first:
            self.sound.seek(first)
            self.at = first
        channels = self.sound.channels
        shape = (min(size, count), channels) if channels > 1 else (min(size, count),)
        room: Block = np.empty(shape, np.int16 if self.sound.subtype == "PCM_16" else np.float32)
        while count > 0:
            block = self.sound.read(out=room[: min(size, count)])
            self.at += len(block)
            if not len(block):
                return
            yield block
            count -= len(block)


def _decode_all(
    sound: sf.SoundFile,
    header: Header,
    segments: Sequence[Segment],
    from_headers: Sequence[SegmentResult],
    voices: bool,
) -> list[SegmentResult]:
    results, reader = list(from_headers), SegmentReader(sound)
    for at in sorted(range(len(segments)), key=lambda at: segments[at].begin_s):
        if results[at].audio_fault not in ("segment_outside", "no_channel"):
            results[at] = _decode_segment(reader, header, segments[at], results[at], voices)
    return results


def _decode_segment(
    reader: SegmentReader, header: Header, segment: Segment, result: SegmentResult, voices: bool
) -> SegmentResult:
    """Decode one segment and measure it; a decoder's error ends it with what came before."""
    first = round(segment.begin_s * header.rate)
    count = min(round(segment.duration_s * header.rate), header.frames - first)
    listener = SignalMeter(
        header.rate, count, 1 if segment.channel is not None else header.channels
    )
    voice = voice_of(header.rate) if voices else None
    length, error = 0, ""
    try:
        for block in reader.blocks(first, count, listener.block):
            mono = listener.add(_channel(block, segment.channel))
            length += mono.size
            if voice:
                voice.add(as_floats(mono))
    except sf.LibsndfileError as raised:
        error = plain(raised)
    result = _measured(result, listener, voice) if length else result
    return _cut_short(result, segment, header, length, count, error)


def _channel(block: Block, channel: int | None) -> Block:
    """One channel of a block; all of it where none is named."""
    return block if channel is None or block.ndim == 1 else np.ascontiguousarray(block[:, channel])


def _measured(result: SegmentResult, listener: SignalMeter, voice: Voice | None) -> SegmentResult:
    share = voice.share() if voice else None
    result = replace(result, signal=listener.result(), vad_share=share)
    if listener.broken:
        result = result.at_fault(
            "not_finite", f"{listener.broken:,} samples are not finite numbers"
        )
    if listener.cancels:
        result = result.at_fault("channels_cancel", CANCEL)
    if listener.peak > FULL_SCALES:
        result = result.at_fault("over_full_scale", beyond(listener.peak))
    return result


CANCEL = "the channels have opposite phase and cancel out when mixed to mono"


def beyond(peak: float) -> str:
    """The warning about samples beyond full scale."""
    return f"samples reach {peak:,.1f} times full scale"


def _cut_short(
    result: SegmentResult, segment: Segment, header: Header, length: int, count: int, error: str
) -> SegmentResult:
    """What it means where less came out than the header promised."""
    if length >= count and not error:
        return result
    there = segment.begin_s + length / header.rate
    overrun = max(0.0, segment.begin_s + segment.duration_s - there)
    gap = None if segment.offset_s is not None else _round(there - segment.duration_s)
    result = replace(result, overrun_s=_round(overrun), length_gap_s=gap)
    if not error and (count - length) / header.rate <= OVERRUN_S:
        return result  # codecs' padding
    if not error and math.isinf(header.seconds):
        end = segment.begin_s + segment.duration_s
        return result.at_fault("too_short", f"ends at {end:.3f} s, the audio is {there:.3f} s long")
    what = f"decodes to {there:.3f} s where the header says {header.seconds:.3f} s"
    if error:
        what = f"the decoder gave up behind {there:.3f} s: {error}"
    return result.at_fault("truncated" if length else "undecodable", what)
