"""The arms of `benchmarks.effect_real`: from one corpus of joined digits, what each is trained on.

- `start`: few utterances without a defect; all other arms begin with its model.
- `clean`: no defect.
- `swapped`, `cut`, `looped`, `deleted`, `other_speaker`: ONE_SHARE of the records have this defect.
- `spoiled`: EACH_SHARE of the records have each of them.
- `rules`, `agreement`, `alignment`: what a preset leaves in training of `spoiled`. The last two see
  the scores of the model that was trained on `spoiled`, so no other data is needed.
- `over-filtered`: of `spoiled`, the middle half by characters per second.
- `NAME, random`: records of `spoiled` at random, as many hours as NAME has.
"""

from __future__ import annotations

import json
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import curate
from benchmarks.digit_defects import plant
from benchmarks.joined_digits import Json, Takes, utterances, write_rows

ONE_SHARE = 0.3
EACH_SHARE = 0.08
KINDS = ("swapped", "cut", "looped", "deleted", "other_speaker")
PRESETS = {"rules": "default", "agreement": "agreement", "alignment": "alignment"}
FILTERS = (*PRESETS, "over-filtered")
RANDOM = ", random"
ARMS = (
    "start",
    "spoiled",
    "clean",
    *(name + also for name in FILTERS for also in ("", RANDOM)),
    *KINDS,
)
"""In the order in which they are trained: the scores that some need come first."""

EVERYTHING = """\
schema: curate.rules/1
name: everything
extends: null
rules:
  - id: nothing
    metric: duration_s
    bad: "< 0.001"
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Utterances that all models begin with, to train on, to validate on and to test on."""

    start: int = 120
    train: int = 400
    validation: int = 12
    test: int = 200


def held_out(speakers: Sequence[str], seed: int) -> list[str]:
    """The two speakers that a seed tests on: each pair in turn, so that all are tested."""
    first = 2 * seed % (len(speakers) // 2 * 2)
    return sorted(speakers)[first : first + 2]


@dataclass(frozen=True)
class Corpus:
    """The utterances of one seed, in `folder`; `score` writes a manifest with scores beside one."""

    takes: Takes
    sizes: Sizes
    folder: Path
    seed: int
    score: Callable[[Path], Path] | None = None

    @cached_property
    def tested(self) -> list[str]:
        """The held-out speakers."""
        return held_out(sorted(self.takes.by_speaker), self.seed)

    def speak(self, name: str, speakers: Sequence[str], count: int) -> list[Json]:
        """Sound utterances; other ones for each name and seed."""
        seed = 100 * self.seed + ("train", "validation", "test", "start").index(name)
        return list(utterances(self.takes, speakers, count, self.folder / "audio" / name, seed))

    @cached_property
    def trained(self) -> list[str]:
        """The speakers to train on."""
        return [name for name in sorted(self.takes.by_speaker) if name not in self.tested]

    @cached_property
    def start(self) -> list[Json]:
        """A few utterances without a defect, which the models of all arms begin with."""
        return self.speak("start", self.trained, self.sizes.start)

    @cached_property
    def clean(self) -> list[Json]:
        """The utterances to train on, without a defect."""
        return self.speak("train", self.trained, self.sizes.train)

    @cached_property
    def spoiled(self) -> list[Json]:
        """The same with all kinds of defects."""
        return plant(self.clean, dict.fromkeys(KINDS, EACH_SHARE), self.seed)

    @cached_property
    def validation(self) -> Path:
        """Utterances of the training's speakers, which decide nothing."""
        rows = self.speak("validation", self.trained, self.sizes.validation)
        return write_rows(self.folder / "validation.jsonl", rows)

    @cached_property
    def test(self) -> Path:
        """Utterances of the held-out speakers."""
        rows = self.speak("test", self.tested, self.sizes.test)
        return write_rows(self.folder / "test.jsonl", rows)

    def rows(self, arm: str) -> list[Json]:
        """What the arm is trained on."""
        if arm in {"start", "clean", "spoiled"}:
            return list(getattr(self, arm))
        if arm in KINDS:
            return plant(self.clean, {arm: ONE_SHARE}, self.seed)
        if name := arm.removesuffix(RANDOM) if arm.endswith(RANDOM) else "":
            return at_random(self.spoiled, seconds(self.rows(name)), self.seed)
        return middle_half(self.spoiled) if arm == "over-filtered" else self.curated(arm)

    def curated(self, arm: str) -> list[Json]:
        """The rows of `spoiled` that a preset leaves in training."""
        manifest = write_rows(self.folder / "spoiled.jsonl", self.spoiled)
        if arm != "rules":
            assert self.score is not None
            manifest = self.score(manifest)
        split = make_split(manifest, self.validation, self.folder / f"{arm}-split", PRESETS[arm])
        left = {row["utterance"] for row in read_rows(split / "train.jsonl")}
        return [row for row in self.spoiled if row["utterance"] in left]


def make_split(manifest: Path, validation: Path, out: Path, rules: str | Path) -> Path:
    """`curate split --given`: what the rules leave in training, beside the whole validation set."""
    given = {"train": [str(manifest)], "eval": [str(validation)]}
    targets = curate.NamedManifests(given, whole=frozenset({"eval"}))
    curate.split(curate.SplitRequest(targets=targets, resplit=True), out, rules=rules)
    return out


def read_rows(manifest: Path) -> list[Json]:
    """The records of a manifest."""
    lines = manifest.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    return [json.loads(line) for line in lines]


def seconds(rows: Sequence[Json]) -> float:
    """Declared seconds of the rows."""
    return float(sum(row["duration"] for row in rows))


def at_random(rows: Sequence[Json], length_s: float, seed: int) -> list[Json]:
    """Rows at random, in their order, whose seconds are nearest to `length_s`."""
    order = random.Random(f"hours {seed}").sample(range(len(rows)), len(rows))  # not `plant`'s
    chosen: set[int] = set()
    missing_s = length_s
    for at in order:
        duration_s = rows[at]["duration"]
        if abs(missing_s - duration_s) >= abs(missing_s):
            break
        chosen.add(at)
        missing_s -= duration_s
    return [row for at, row in enumerate(rows) if at in chosen]


def middle_half(rows: Sequence[Json]) -> list[Json]:
    """The rows between the quartiles of characters per second."""
    rates = [len(row["text"]) / row["duration"] for row in rows]
    low, _, high = statistics.quantiles(rates, n=4)
    return [row for row, rate in zip(rows, rates, strict=True) if low <= rate <= high]


def count_kinds(rows: Sequence[Json]) -> Mapping[str, int]:
    """How many rows have each kind of defect."""
    kinds = [row["kind"] for row in rows]
    return {kind: kinds.count(kind) for kind in KINDS if kind in kinds}
