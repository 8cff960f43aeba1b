"""Noise and impulse responses for augmentation: read, checked, and written as Lhotse reads them.

NeMo takes a file `*.jsonl` for Lhotse cuts and any other for a NeMo manifest, whose text (often
`-`) it would add to the transcript of every recording with that noise. So a run reads its own
files, cuts without supervisions, whose audio was there before step 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile as sf

from curate.artifacts.outputs import whole_file
from curate.errors import Fault, InputError, raise_all
from curate.errors.nearest import absent, unreadable
from curate.nemo.manifest_fields import audio_path
from train.config import RunConfig

FOLDER = "augmentation"
"""Where the files lie, inside the run's directory."""

NOISE = "noise.jsonl"
RIRS = "rirs.jsonl"

SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".aiff", ".aif"})
"""Files of a directory that are taken for audio."""

SHORTEST_S = 0.1
"""Lhotse joins noise until it is as long as the recording: hundreds of pieces of shorter ones."""

MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of an audio file, by its header."""

    path: Path
    offset_s: float
    duration_s: float
    rate: int
    frames: int
    channels: int


@dataclass(frozen=True, slots=True)
class AugmentationClips:
    """What a run mixes in and convolves with."""

    noise: tuple[Clip, ...] = ()
    rirs: tuple[Clip, ...] = ()


def read_augmentation(run: RunConfig) -> AugmentationClips:
    """Read the headers of all noise and impulse responses; InputError with all that is wrong."""
    config = run.augmentation
    noise, noise_faults = _read_clips(config.noise_path)
    rirs, rir_faults = _read_clips(config.rir_path)
    raise_all(InputError, [*_first(noise_faults, "noise"), *_first(rir_faults, "rir")])
    return AugmentationClips(tuple(noise), tuple(rirs))


def augmentation_file(run: RunConfig, name: str) -> Path:
    """The run's own file of noise or impulse responses."""
    return run.out / FOLDER / name


def write_augmentation(run: RunConfig, clips: AugmentationClips, rate: int) -> None:
    """Write cuts of the noise, and recordings of the impulse responses at the model's rate."""
    lines = {
        NOISE: [_as_cut(number, clip) for number, clip in enumerate(clips.noise)],
        RIRS: [_as_recording(number, clip, rate) for number, clip in enumerate(clips.rirs)],
    }
    for name, records in lines.items():
        if records:
            path = augmentation_file(run, name)
            path.parent.mkdir(exist_ok=True)
            with whole_file(path) as beside:
                text = "".join(json.dumps(record) + "\n" for record in records)
                beside.write_text(text, encoding="utf-8")


def _first(faults: list[Fault], name: str) -> Iterator[Fault]:
    yield from faults[:MOST_NAMED]
    if len(faults) > MOST_NAMED:
        more = f"{len(faults) - MOST_NAMED} more files are unusable"
        yield Fault(f"augmentation.{name}_path", more)


def _read_clips(source: Path | None) -> tuple[list[Clip], list[Fault]]:
    if source is None:
        return [], []
    if not source.exists():
        return [], [absent(source, "name a directory of audio files, or a NeMo manifest")]
    clips: list[Clip] = []
    faults: list[Fault] = []
    for where, path, offset_s, duration_s in _entries(source, faults):
        clip = _probe(path, offset_s, duration_s)
        if isinstance(clip, Clip):
            clips.append(clip)
        else:
            faults.append(Fault(where, clip))
    if not clips and not faults:
        faults.append(Fault(str(source), "holds no audio file"))
    return clips, faults


def _entries(source: Path, faults: list[Fault]) -> Iterator[tuple[str, Path, float, float | None]]:
    """Place, audio, offset and duration (None: to the end) of what a source names."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.suffix.lower() in SUFFIXES:
                yield str(path), path, 0.0, None
        return
    try:
        lines = source.read_bytes().split(b"\n")
    except OSError as error:
        faults.append(unreadable(source, error, "name a NeMo manifest"))
        return
    for number, line in enumerate(lines, start=1):
        where = f"{source}:{number}"
        fields = _fields(line) if line.strip() else {}
        name = fields.get("audio_filepath") if fields else None
        if isinstance(name, str) and name:
            offset, duration = (fields.get(key) for key in ("offset", "duration"))
            path = Path(audio_path(name, source.parent))
            yield where, path, _number(offset) or 0.0, _number(duration)
        elif line.strip():
            hint = "one JSON object a line, as in a NeMo manifest"
            faults.append(Fault(where, "has no audio_filepath", hint))


def _fields(line: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(line)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _probe(path: Path, offset_s: float, duration_s: float | None) -> Clip | str:
    """The clip, or why Lhotse cannot load it."""
    try:
        info = sf.info(path)
    except (sf.LibsndfileError, OSError, RuntimeError) as error:
        if not path.is_file():
            return f"audio file is missing: {path}"
        return f"audio cannot be read: {' '.join(str(error).split())}"
    left_s = info.frames / info.samplerate - offset_s
    length_s = left_s if duration_s is None else min(duration_s, left_s)
    if length_s < SHORTEST_S:
        return f"audio is {max(length_s, 0):.2f} s long, and {SHORTEST_S:g} s are the least: {path}"
    return Clip(path.absolute(), offset_s, length_s, info.samplerate, info.frames, info.channels)


def _as_cut(number: int, clip: Clip) -> dict[str, Any]:
    """A Lhotse cut of the first channel, without a supervision."""
    return {
        "id": f"noise-{number}",
        "start": round(clip.offset_s, 9),
        "duration": round(clip.duration_s, 9),
        "channel": 0,
        "supervisions": [],
        "recording": _source(f"noise-{number}", clip),
        "type": "MonoCut",
    }


def _as_recording(number: int, clip: Clip, rate: int) -> dict[str, Any]:
    """A Lhotse recording at `rate`: Lhotse convolves only what has one sampling rate."""
    recording = _source(f"rir-{number}", clip)
    if clip.rate == rate:
        return recording
    samples = round(clip.frames * rate / clip.rate)
    rates = {"source_sampling_rate": clip.rate, "target_sampling_rate": rate}
    return recording | {
        "sampling_rate": rate,
        "num_samples": samples,
        "duration": samples / rate,
        "transforms": [{"name": "Resample", "kwargs": rates}],
    }


def _source(name: str, clip: Clip) -> dict[str, Any]:
    channels = list(range(clip.channels))
    return {
        "id": name,
        "sources": [{"type": "file", "channels": channels, "source": str(clip.path)}],
        "sampling_rate": clip.rate,
        "num_samples": clip.frames,
        "duration": clip.frames / clip.rate,
        "channel_ids": channels,
    }
