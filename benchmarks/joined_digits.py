"""Utterances of real voices: recordings of digits, joined within a speaker.

From a manifest of single digits (FSDD: 3,000 recordings, six speakers): utterances of 3 to 7
digits, each from the takes of one speaker, with short pauses between.

`python -m benchmarks.joined_digits RECORDINGS OUT` writes that manifest of a folder of FSDD
(github.com/Jakobovski/free-spoken-digit-dataset, `recordings`, CC BY-SA 4.0).
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

RATE = 16_000
LEAST, MOST = 3, 7
"""Digits of an utterance."""
PAUSE_S = (0.04, 0.15)
EDGE_S = (0.05, 0.3)
"""Silence before the first digit and after the last one."""

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

Json = dict[str, Any]
Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Takes:
    """The recordings of each speaker: the word and its samples."""

    by_speaker: Mapping[str, Sequence[tuple[str, Samples]]]

    @classmethod
    def read(cls, manifest: Path) -> Takes:
        """Every record of the manifest, at RATE."""
        takes: dict[str, list[tuple[str, Samples]]] = {}
        for line in manifest.read_text(encoding="utf-8").removesuffix("\n").split("\n"):
            row = json.loads(line)
            samples, rate = soundfile.read(manifest.parent / row["audio_filepath"], dtype="float32")
            takes.setdefault(row["speaker"], []).append(
                (row["text"], soxr.resample(samples, rate, RATE).astype(np.float32))
            )
        return cls(takes)

    def divided(self, count: int) -> tuple[Takes, Takes]:
        """The first `count` recordings of each speaker and word, and all others."""
        first: dict[str, list[tuple[str, Samples]]] = {}
        others: dict[str, list[tuple[str, Samples]]] = {}
        for speaker, takes in self.by_speaker.items():
            met = Counter[str]()
            for word, samples in takes:
                side = first if met[word] < count else others
                side.setdefault(speaker, []).append((word, samples))
                met[word] += 1
        return Takes(first), Takes(others)


def utterances(
    takes: Takes, speakers: Sequence[str], count: int, folder: Path, seed: int
) -> Iterator[Json]:
    """`count` records without a defect, as many of each speaker; their audio goes into `folder`.

    `edges_s` are the seconds from the beginning to the end of the first digit, and from the
    beginning of the last digit to the end: what a cut may take away.
    """
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        speaker = speakers[number % len(speakers)]
        chosen = rng.choices(takes.by_speaker[speaker], k=rng.randint(LEAST, MOST))
        pieces = [_silence(rng, EDGE_S)]
        for _, samples in chosen:
            pieces += [samples, _silence(rng, PAUSE_S)]
        pieces[-1] = _silence(rng, EDGE_S)
        path = folder / f"{speaker}-{number:05d}.wav"
        whole = np.concatenate(pieces)
        soundfile.write(path, whole, RATE)
        yield {
            "audio_filepath": str(path),
            "duration": round(whole.size / RATE, 4),
            "text": " ".join(word for word, _ in chosen),
            "lang": "en",
            "speaker": speaker,
            "utterance": path.stem,
            "kind": "sound",
            "edges_s": [
                (pieces[0].size + pieces[1].size) / RATE,
                (pieces[-1].size + pieces[-2].size) / RATE,
            ],
            "words_s": [pieces[1].size / RATE, pieces[-2].size / RATE],
        }


def _silence(rng: random.Random, bounds_s: tuple[float, float]) -> Samples:
    """Faint noise: digital silence would be a cue that no recording has."""
    count = round(rng.uniform(*bounds_s) * RATE)
    noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(count)
    return (noise * 1e-4).astype(np.float32)


def write_rows(path: Path, rows: Sequence[Json]) -> Path:
    """A manifest of the rows, without what only the planting needs."""
    kept = ({k: v for k, v in row.items() if k not in {"edges_s", "words_s"}} for row in rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    return path


def read_rows(manifest: Path) -> list[Json]:
    """The records of a manifest."""
    lines = manifest.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    return [json.loads(line) for line in lines]


def seconds(rows: Sequence[Json]) -> float:
    """Declared seconds of the rows."""
    return float(sum(row["duration"] for row in rows))


def single_digits(recordings: Path) -> Iterator[Json]:
    """The records of FSDD's files (`7_jackson_32.wav`: digit, speaker, take), sorted by name."""
    for path in sorted(recordings.glob("[0-9]_*_*.wav")):
        digit, speaker, _ = path.stem.split("_")
        yield {
            "audio_filepath": str(path.absolute()),
            "duration": soundfile.info(path).duration,
            "text": WORDS[int(digit)],
            "lang": "en",
            "speaker": speaker,
        }


def main() -> None:
    """Write the manifest of single digits."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("recordings", type=Path)
    arguments.add_argument("out", type=Path)
    options = arguments.parse_args()
    rows = list(single_digits(options.recordings))
    if not rows:
        raise SystemExit(f"{options.recordings}: no files such as 7_jackson_32.wav")
    write_rows(options.out, rows)
    print(f"{len(rows)} recordings of {len({row['speaker'] for row in rows})} speakers")


if __name__ == "__main__":
    main()
