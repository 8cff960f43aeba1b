"""Odd rows over recordings in which every second of every file has a pitch of its own.

By pitch and length a test tells what a loaded row is: another second, another file, or the same at
another speed, has another pitch. A `Case` says what a row becomes: a `Place`, or why it is refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tests.whole_way.corpus import RATE, Samples, encode
from tests.whole_way.journey import Journey
from tests.whole_way.referee import Loaded, disagreements, loaded_of_export

FILE_S = 8
FIRST_HZ, STEP_HZ = 300, 12
FILES = 75
"""So many files are told apart, below 7.5 kHz."""


USED = ("clean", "borderline", "unknown")
"""Verdicts of rows that are in an output."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a row is: so many seconds of a file, from a whole second on."""

    file: int
    start_s: int
    seconds: float

    @property
    def pitch_hz(self) -> float:
        """The pitch of its first second."""
        return FIRST_HZ + STEP_HZ * (FILE_S * self.file + self.start_s)


@dataclass(frozen=True, slots=True)
class Case:
    """A row of a corpus: what is odd in it, its text, and its place or why it is refused."""

    name: str
    text: str
    due: Place | str

    @property
    def is_carried(self) -> bool:
        """Whether the row is in an output."""
        return isinstance(self.due, Place)


def write_stepped(path: Path, file: int, seconds: float = FILE_S, rate: int = RATE) -> Path:
    """Write a file in the format of its extension; `file` is its number."""
    assert file < FILES
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_encoded(path.suffix, file, seconds, rate))
    return path


@lru_cache(maxsize=500)
def _encoded(suffix: str, file: int, seconds: float, rate: int) -> bytes:
    return encode(stepped(file, seconds, rate), rate, suffix)


def stepped(file: int, seconds: float = FILE_S, rate: int = RATE) -> Samples:
    """The samples of a file."""
    times = np.arange(round(seconds * rate)) / rate
    pitches = np.array([Place(file, second, 1).pitch_hz for second in range(FILE_S + 1)])
    samples: Samples = 0.4 * np.sin(2 * np.pi * times * pitches[times.astype(int)])
    return samples


def refused(journey: Journey) -> Mapping[tuple[str, int], str]:
    """Source and line of each row that is in no output, with the reason that the command gives."""
    records = pl.read_parquet(journey.out / "profile" / "records.parquet")
    unused = records.filter(
        pl.col("verdict").cast(pl.String).is_in(["bad", "malformed", "skipped"])
    )
    columns = ("source", "line", "reason")
    reasons = {(source, line): str(why) for source, line, why in unused.select(columns).iter_rows()}
    for each in _lines(journey.shards / "skipped.reasons.jsonl"):
        source, _, line = each["id"].rpartition(":")
        reasons[source, int(line)] = each["reason"]
    return reasons


def misplaced(
    journey: Journey, corpus: Mapping[str, Sequence[Case]], tolerance_s: float = 0.01
) -> list[str]:
    """Rows that are not what their case says; the cases of a source are in the order of its lines.

    Carried rows are loaded by the trainers from one output each, by their place's pitch and
    seconds; the others are in none, and their reason is given. Ledgers agree with what is loaded.
    """
    due = {case.text: case for cases in corpus.values() for case in cases if case.is_carried}
    loaded = [
        (o, output_rows)
        for o, output_rows in loaded_of_export(journey.shards).items()
        if o != "shar"
    ]
    texts = Counter(text for _, each in loaded for text in each.texts)
    messages = [*_refused_otherwise(journey, corpus), *disagreements(journey, tolerance_s)]
    messages += [f"{case.name}: loaded {texts[text]} times" for text, case in due.items()
              if texts[text] != 1]  # fmt: skip
    messages += [f"loaded, though no case says so: {text}" for text in texts.keys() - due.keys()]
    for output, each in loaded:
        for text, pitch_hz, length_s in _rows(each):
            place = due[text].due if text in due else None
            if not isinstance(place, Place):
                continue
            if abs(pitch_hz - place.pitch_hz) > 4 or abs(length_s - place.seconds) > tolerance_s:
                what = f"{pitch_hz:.0f} Hz, {length_s:.3f} s, not {place.pitch_hz:.0f} Hz"
                messages.append(f"{output}: {due[text].name}: {what}, {place.seconds} s")
    return messages


def _refused_otherwise(journey: Journey, corpus: Mapping[str, Sequence[Case]]) -> Iterator[str]:
    reasons = refused(journey)
    lines = _lines_of_sources(journey)
    for source, cases in corpus.items():
        if len(cases) != len(lines[source]):
            yield f"{source}: {len(lines[source])} rows, {len(cases)} cases"
        for case, line in zip(cases, lines[source], strict=False):
            reason = reasons.get((source, line), "")
            if isinstance(case.due, str) and case.due not in reason:
                yield f"{case.name}: refused with {reason!r}, not {case.due!r}"
            elif case.is_carried and reason:
                yield f"{case.name}: refused: {reason}"


def miscounted(journey: Journey) -> list[str]:
    """Where `train plan` counts other rows and seconds than were stored, or `train eval` leaves a
    row of eval or test without a score.
    """
    ledger, plan, scored = journey.steps["shard"], journey.steps["plan"], journey.steps["eval"]
    messages = [
        f"plan: {plan.rows[name]} rows of {name}, {plan.seconds[name]:.2f} s; the ledger says "
        f"{ledger.rows[name]}, {ledger.seconds[name]:.2f} s"
        for name in ("train", "eval")
        if plan.rows[name] != ledger.rows[name]
        or abs(plan.seconds[name] - ledger.seconds[name]) > 0.02 * ledger.rows[name]
    ]
    rows = ledger.rows["eval"] + ledger.rows["test"]
    due = {"scored": rows, "unscored": 0, "predictions": rows}
    return messages if scored.rows == due else [*messages, f"eval: {scored.rows}, not {due}"]


def _rows(loaded: Loaded) -> Iterator[tuple[str, float, float]]:
    return zip(loaded.texts, loaded.pitches_hz, loaded.lengths_s, strict=True)


def _lines_of_sources(journey: Journey) -> Mapping[str, list[int]]:
    records = pl.read_parquet(journey.out / "profile" / "records.parquet")
    grouped = records.group_by("source", maintain_order=True).agg(pl.col("line"))
    return dict(grouped.iter_rows())


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
