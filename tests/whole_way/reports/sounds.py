"""Audio of public reports: what each file holds, and what is said of its row."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from tests.whole_way.corpus import RATE, Corpus, Samples, tone


@dataclass(frozen=True)
class Sound:
    """A file, its row's fields, and the outcome: verdict, a rule or fault in the reason, and
    `loaded_s`, the seconds that NeMo loads of our export (None where nothing is exported).
    """

    data: bytes
    verdict: str
    reason: str = ""
    loaded_s: float | None = 2.0
    file: str = ""
    seconds: float = 2.0
    row: dict[str, Any] = field(default_factory=dict)


def wav(samples: Samples, rate: int = RATE, subtype: str = "PCM_16", form: str = "WAV") -> bytes:
    stored = io.BytesIO()
    sf.write(stored, samples, rate, format=form, subtype=subtype)
    return stored.getvalue()


def sized(data: bytes, riff: int, samples: int) -> bytes:
    """A WAV file with other sizes in its header."""
    at = data.index(b"data")
    first, between, rest = data[:4], data[8 : at + 4], data[at + 8 :]
    return first + struct.pack("<I", riff) + between + struct.pack("<I", samples) + rest


def mp3(seed: int, rate: int) -> bytes:
    hiss = np.random.default_rng(seed).normal(0, 0.1, round(2.0 * rate))
    return wav(tone(2.0, seed, rate) + hiss, rate, "MPEG_LAYER_III", "MP3")


def with_tail(silence_s: float) -> Samples:
    return np.concatenate([tone(2.0, 116), np.zeros(round(silence_s * RATE))])


AAC = struct.pack(">I", 32) + b"ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0" + b"mdat" * 40
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 64044\n"

BAD_HEADER = "audio_fault no_samples"
SOUNDS = {
    "wav-of-a-pipe": Sound(
        sized(wav(tone(2.0, 101)), 0x7FFFFFFF, 0x7FFFFFDB), "borderline", "header_lies"
    ),
    "wav-of-ffmpeg": Sound(
        sized(wav(tone(2.0, 102)), 0xFFFFFFFF, 0xFFFFFFFF), "borderline", "header_lies"
    ),
    "wav-of-size-0": Sound(sized(wav(tone(2.0, 103)), 0, 0), "bad", BAD_HEADER, None),
    "wav-header-only": Sound(wav(np.zeros(0)), "bad", BAD_HEADER, None),
    "mp3-of-0-bytes": Sound(b"", "bad", "audio_fault empty", None, "empty.mp3"),
    "silent-clip": Sound(wav(np.zeros(2 * RATE)), "bad", "silence_share 1 ", None),
    "constant-offset": Sound(wav(np.full(2 * RATE, 0.4)), "bad", "silence_share 1 ", None),
    "silent-tail": Sound(wav(with_tail(6.0)), "borderline", "silence_share 0.75", 8.0, seconds=8.0),
    "aac-named-wav": Sound(AAC, "unknown", "audio_fault unknown", None),
    "lfs-pointer": Sound(LFS, "bad", "undecodable", None),
    "one-hertz": Sound(wav(np.array([0.1, -0.1]), 1), "bad", "sample_rate 1 < 4000", None),
    "gsm-in-wav": Sound(wav(tone(2.0, 112, 8000), 8000, "GSM610"), "borderline", "sample_rate"),
    "adpcm-in-wav": Sound(wav(tone(2.0, 113), RATE, "IMA_ADPCM"), "clean", "", 2.034),
    "opposite-phase": Sound(
        wav(np.stack([tone(2.0, 114), -tone(2.0, 114)], 1)), "bad", "channels_cancel", None
    ),
    "float-beyond-scale": Sound(
        wav(tone(2.0, 115) * 32768, RATE, "FLOAT"), "borderline", "over_full_scale"
    ),
    "mixed-rates": Sound(mp3(117, 44_100), "clean", "", 2.0, "rates.mp3"),
    "ends-5-ms-late": Sound(wav(tone(2.0, 118)), "clean", "", 2.0, seconds=2.005),
    "dots-in-a-name": Sound(wav(tone(2.0, 119)), "clean", "", 2.0, "a.b.1.0.wav"),
    "dots-in-a-folder": Sound(wav(tone(2.0, 120)), "clean", "", 2.0, "22.0/1.1.wav"),
    "one-name-in-two-folders": Sound(wav(tone(2.0, 121)), "clean", "", 2.0, "c/s0-0.wav"),
}


def add_sounds(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Write each file and its row into the corpus; the rows by id of the report."""
    rows = {}
    for id, sound in SOUNDS.items():
        path = Path(sound.file or f"{id}.wav")
        (corpus.folder / path).parent.mkdir(exist_ok=True)
        (corpus.folder / path).write_bytes(sound.data)
        rows[id] = corpus.refer(str(path), None, sound.seconds, **sound.row)
    return rows
