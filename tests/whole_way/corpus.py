"""Small corpora for tests that go the whole way: audio of tones, a manifest of rows.

`Corpus` writes a sound corpus that can be split; a test adds its own odd rows to it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile as sf

RATE = 16_000

Record = dict[str, Any]
Samples = npt.NDArray[np.float64]

CODECS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}
"""libsndfile's format and subtype by extension."""

SUFFIXES = tuple(CODECS)

_SYLLABLES = {
    "en": ("ye", "es", "no", "we", "ell", "wel", "nes", "so"),
    "de": ("ja", "ne", "in", "do", "och", "nei", "jad", "ide"),
}
"""Of letters that the tiny models' tokenizer of the language knows."""


def sentence(number: int, lang: object = "en") -> str:
    """A text of its own for each number, of letters that the tiny models' tokenizers know."""
    draw = np.random.default_rng(number)
    syllables = _SYLLABLES["de" if lang == "de" else "en"]
    words = ("".join(draw.choice(syllables, draw.integers(2, 4))) for _ in range(4))
    return " ".join(words)


def tone(seconds: float, seed: int = 0, rate: int = RATE, channels: int = 1) -> Samples:
    """A tone with noise, of its own for each seed: (frames,) or (frames, channels)."""
    times = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).normal(0, 0.01, (len(times), channels))
    pitches = 200 + 37 * (seed % 41) + 90 * np.arange(channels)
    samples: Samples = np.sin(2 * np.pi * times[:, None] * pitches) / 3 + noise
    return samples[:, 0] if channels == 1 else samples


def write_audio(
    path: Path, seconds: float = 2.0, seed: int = 0, rate: int = RATE, channels: int = 1
) -> Path:
    """A file of `seconds` in the format of its extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_encoded(path.suffix, seconds, seed, rate, channels))
    return path


@lru_cache(maxsize=1_000)
def _encoded(suffix: str, seconds: float, seed: int, rate: int, channels: int) -> bytes:
    """The bytes of a file; corpora of several tests have the same ones."""
    return encode(tone(seconds, seed, rate, channels), rate, suffix)


def encode(samples: Samples, rate: int, suffix: str) -> bytes:
    """The bytes of a file in the format of an extension."""
    format, subtype = CODECS[suffix]
    stored = io.BytesIO()
    sf.write(stored, samples, rate, format=format, subtype=subtype)
    return stored.getvalue()


def write_manifest(path: Path, rows: list[Record]) -> Path:
    """The rows as a NeMo manifest."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")
    return path


@dataclass
class Corpus:
    """A corpus in `folder`: sound rows of several speakers, and what a test adds to them."""

    folder: Path
    suffix: str = ".wav"
    rows: list[Record] = field(default_factory=list)

    @classmethod
    def sound(cls, folder: Path, speakers: int = 10, each: int = 3, suffix: str = ".wav") -> Corpus:
        """Rows that nothing is wrong with, `each` of 2 s for every speaker, half of them German."""
        corpus = cls(folder, suffix)
        for speaker in range(speakers):
            lang = ("en", "de")[speaker % 2]
            for number in range(each):
                corpus.add(f"s{speaker}-{number}", lang=lang, speaker=f"s{speaker}")
        return corpus

    def add(
        self, name: str, text: str | None = None, seconds: float = 2.0, **fields: Any
    ) -> Record:
        """Write a file `name` (its extension is the corpus's where it has none) and add its row.

        `fields` come on top of the row's; text and speaker are its own where none are given.
        """
        file = name if Path(name).suffix in SUFFIXES else f"{name}{self.suffix}"
        write_audio(self.folder / file, seconds, seed=len(self.rows))
        return self.refer(file, text, seconds, **fields)

    def refer(
        self, file: str, text: str | None = None, seconds: float = 2.0, **fields: Any
    ) -> Record:
        """Add a row for a file that stands there already, or does not."""
        speaker = f"{Path(file).stem}-{len(self.rows)}"
        text = sentence(len(self.rows), fields.get("lang", "en")) if text is None else text
        row = {"audio_filepath": file, "duration": seconds, "text": text, "lang": "en"}
        self.rows.append({**row, "speaker": speaker, **fields})
        return self.rows[-1]

    def manifest(self, name: str = "manifest.jsonl") -> Path:
        """Write the rows."""
        return write_manifest(self.folder / name, self.rows)


def amounts(rows: list[Mapping[str, Any]]) -> tuple[int, float]:
    """How many rows, and their declared seconds."""
    return len(rows), round(sum(float(row["duration"]) for row in rows), 6)
