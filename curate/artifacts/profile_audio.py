"""The part of profile.json that is about audio: what it is like, and what is wrong with it."""

from __future__ import annotations

from curate.artifacts.base import Model, OptionalKey
from curate.artifacts.records import Number


class AudioRequest(Model):
    """Where audio was looked for; `root` is null for each manifest's own folder, `sample` (a share,
    or a number of rows) for all records.
    """

    root: str | None
    allowed: tuple[str, ...]
    sample: Number | None


class FaultExample(Model):
    """A record whose audio is at fault, and why; null where the fault needs no words."""

    id: str
    why: str | None


class AudioFault(Model):
    """One kind of fault that audio has."""

    fault: str
    meaning: str
    rows: int
    hours: float
    example: FaultExample


class Unread(Model):
    """Why so many rows' audio could not be analysed."""

    why: str
    rows: int


class Codec(Model):
    """One format that audio is in."""

    codec: str
    rows: int
    hours: float


class SamplingRate(Model):
    """Rows whose audio has one sampling rate."""

    hz: int
    rows: int
    hours: float


class Audio(Model):
    """What the audio is like; `depth` says how far it was analysed."""

    depth: str
    request: AudioRequest
    rows: int
    analysed: int
    faults: tuple[AudioFault, ...]
    unread: tuple[Unread, ...]
    codecs: tuple[Codec, ...]
    sampling_rates: OptionalKey[tuple[SamplingRate, ...]] = None


class Loading(Model):
    """Rows of which NeMo's loader reads other seconds than they state, and the first of them."""

    rows: int
    hours: float
    loaded_hours: float
    example: str
