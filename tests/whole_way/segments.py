"""A small corpus of long recordings, its segments written in each form that we read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

SPEAKERS = 10
RATE = 16_000
LONG_S = 14.0
PLACES = ((0.0, 2.755), (3.0, 2.5), (7.25, 3.125), (11.0, 2.9))
"""Where the segments of each recording lie: start and length, seconds."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a recording and what is said in it."""

    audio: Path
    speaker: str
    number: int
    start_s: float
    duration_s: float

    @property
    def id(self) -> str:
        return f"{self.speaker}-{self.number}"

    @property
    def text(self) -> str:
        """Words of its own, so that no two segments are near duplicates."""
        rng = np.random.default_rng(abs(hash_of(self.id)))
        words = ["".join(rng.choice(list("abdegiklmnorstuv"), 5)) for _ in range(5)]
        return " ".join(words)


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode()[-7:], "big")


def record(audio: Path, seconds: float, channels: int = 1, rate: int = RATE, seed: int = 0) -> None:
    """Write noise of another loudness in each channel."""
    rng = np.random.default_rng(seed)
    loud = 0.05 * (1 + np.arange(channels))
    sf.write(audio, rng.normal(0, 1, (round(seconds * rate), channels)) * loud, rate)


def segments(folder: Path, channels: int = 1, rate: int = RATE) -> list[Segment]:
    """Write the recordings of a corpus; its segments."""
    made = []
    for speaker in range(SPEAKERS):
        audio = folder / f"s{speaker}.wav"
        record(audio, LONG_S, channels, rate, speaker)
        for number, (start, length) in enumerate(PLACES):
            made.append(Segment(audio, f"s{speaker}", number, start, length))
    return made


def nemo_row(each: Segment, **fields: Any) -> dict[str, Any]:
    return {
        "audio_filepath": str(each.audio),
        "duration": each.duration_s,
        "offset": each.start_s,
        "text": each.text,
        "lang": "en",
        "speaker": each.speaker,
        **fields,
    }


def lhotse_recording(each: Segment, channels: int = 1, rate: int = RATE) -> dict[str, Any]:
    return {
        "id": each.audio.stem,
        "sources": [{"type": "file", "channels": list(range(channels)), "source": str(each.audio)}],
        "sampling_rate": rate,
        "num_samples": round(LONG_S * rate),
        "duration": LONG_S,
        "channel_ids": list(range(channels)),
    }


def lhotse_supervision(each: Segment, start_s: float, **fields: Any) -> dict[str, Any]:
    return {
        "id": each.id,
        "recording_id": each.audio.stem,
        "start": start_s,
        "duration": each.duration_s,
        "channel": 0,
        "text": each.text,
        "language": "en",
        "speaker": each.speaker,
        **fields,
    }


def lhotse_cut(each: Segment, rate: int = RATE, **fields: Any) -> dict[str, Any]:
    return {
        "id": each.id,
        "start": each.start_s,
        "duration": each.duration_s,
        "channel": 0,
        "supervisions": [lhotse_supervision(each, 0.0)],
        "recording": lhotse_recording(each, rate=rate),
        "type": "MonoCut",
        **fields,
    }


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    data = lines.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def write_kaldi(folder: Path, all_segments: Iterable[Segment]) -> Path:
    folder.mkdir()
    rows = list(all_segments)
    files = {
        "text": [f"{row.id} {row.text}" for row in rows],
        "segments": [
            f"{row.id} {row.audio.stem} {row.start_s} {round(row.start_s + row.duration_s, 6)}"
            for row in rows
        ],
        "wav.scp": sorted({f"{row.audio.stem} {row.audio}" for row in rows}),
        "utt2spk": [f"{row.id} {row.speaker}" for row in rows],
        "utt2lang": [f"{row.id} en" for row in rows],
    }
    for name, lines in files.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder
