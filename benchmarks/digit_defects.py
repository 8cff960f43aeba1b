"""Defects planted into utterances of joined digits: what corpora of real recordings suffer from.

Each defect takes a record, another one and a generator, and returns the fields that change.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.joined_digits import RATE, Json

LOST = (0.5, 1.0)
"""How much of the first or last digit's audio a cut takes away."""
TIMES = (4, 20)
"""How often a decoder that loops repeats the last one or two words, in all."""
DELETED = (0.34, 0.67)
"""The share of words that the text lacks."""
INTRUDING_S = (0.6, 1.8)
"""Seconds of another speaker behind the utterance."""

SOUND = "sound"


def swapped(row: Json, other: Json, rng: random.Random) -> Json:
    """Another utterance's text."""
    return {"text": other["text"]}


def cut_start(row: Json, other: Json, rng: random.Random) -> Json:
    """The segment begins inside the first word, or behind it."""
    return _cut(row, 0, rng)


def cut_end(row: Json, other: Json, rng: random.Random) -> Json:
    """The segment ends inside the last word, or before it."""
    return _cut(row, 1, rng)


def cut(row: Json, other: Json, rng: random.Random) -> Json:
    """The segment begins or ends inside a word."""
    return _cut(row, rng.randrange(2), rng)


def _cut(row: Json, end: int, rng: random.Random) -> Json:
    lost_s = row["edges_s"][end] - row["words_s"][end] * (1 - rng.uniform(*LOST))
    offset_s = 0.0 if end else round(lost_s, 4)
    return {"duration": round(row["duration"] - lost_s, 4), "offset": offset_s}


def looped(row: Json, other: Json, rng: random.Random) -> Json:
    """The text repeats its last one or two words."""
    words = row["text"].split()
    phrase = words[-rng.randint(1, 2) :]
    return {"text": " ".join(words + phrase * (rng.randint(*TIMES) - 1))}


def deleted(row: Json, other: Json, rng: random.Random) -> Json:
    """The text lacks a run of its words; one at least is left."""
    words = row["text"].split()
    count = max(1, round(len(words) * rng.uniform(*DELETED)))
    at = rng.randint(0, len(words) - count)
    return {"text": " ".join(words[:at] + words[at + count :])}


def other_speaker(row: Json, other: Json, rng: random.Random) -> Json:
    """Another speaker goes on where the text ends, as where diarisation fails; a file of its own
    beside the record's.
    """
    own, intruding = (_samples(each["audio_filepath"]) for each in (row, other))
    whole = np.concatenate([own, intruding[: round(rng.uniform(*INTRUDING_S) * RATE)]])
    path = Path(row["audio_filepath"])
    path = path.with_name(f"{path.stem}+{Path(other['audio_filepath']).stem}-{whole.size}.wav")
    soundfile.write(path, whole, RATE)
    return {"audio_filepath": str(path), "duration": round(whole.size / RATE, 4)}


def _samples(path: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    samples: np.ndarray[tuple[int], np.dtype[np.float32]] = soundfile.read(path, dtype="float32")[0]
    return samples


DEFECTS: Mapping[str, Callable[[Json, Json, random.Random], Json]] = {
    each.__name__: each
    for each in (swapped, cut_start, cut_end, cut, looped, deleted, other_speaker)
}

_DIFFERS = {"swapped": "text", "other_speaker": "speaker"}
"""The field in which the other record differs, where it matters."""


def plant(rows: Sequence[Json], shares: Mapping[str, float], seed: int) -> list[Json]:
    """The rows, of which `shares` of all have a defect each, no row two; `kind` names it."""
    rng = random.Random(seed)
    order = rng.sample(range(len(rows)), len(rows))
    planted = [dict(row) for row in rows]
    first = 0
    for kind, share in shares.items():
        chosen = order[first : first + round(share * len(rows))]
        first += len(chosen)
        for at, row in enumerate(chosen):
            other = next(_others(kind, rows[row], [rows[n] for n in chosen[at + 1 :]], rows))
            planted[row] |= {"kind": kind, **DEFECTS[kind](rows[row], other, rng)}
    return planted


def _others(kind: str, row: Json, near: Sequence[Json], rows: Sequence[Json]) -> Iterator[Json]:
    """Rows that a defect of this row may take from, those behind it first."""
    field = _DIFFERS.get(kind)
    return (each for each in (*near, *rows) if field is None or each[field] != row[field])
