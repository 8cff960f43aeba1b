"""The arms of `benchmarks.effect_real`: from one corpus of joined digits, what each is trained on.

- `start`: few utterances without a defect; all other arms begin with its model.
- `clean`: no defect.
- `swapped`, `cut`, `looped`, `deleted`, `other_speaker`: ONE_SHARE of the records have this defect.
- `spoiled`: EACH_SHARE of the records have each of them.
- `rules`, `agreement`, `alignment`: what a preset leaves in training of `spoiled`. The last two see
  the scores of the model that was trained on `spoiled`, so no other data is needed.
- `over-filtered`: of `spoiled`, the middle half by characters per second.
- `toward`: of `spoiled`, half of the hours, by `curate select --toward` the texts of `start`.
- `mixed`: records of two domains (`benchmarks.effect_toward`), tested on the one that is a quarter
  of them; `mixed, toward`: a quarter of the hours, by `curate select --toward` texts of that one.
- `NAME, random`: records of `spoiled` or `mixed` at random, as many hours as NAME has.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import curate
from benchmarks.digit_defects import plant
from benchmarks.effect_toward import (
    OTHER,
    TARGET,
    TARGET_SHARE,
    TARGET_TEXTS,
    choose_toward,
    domain,
    mix,
)
from benchmarks.joined_digits import Json, Takes, read_rows, seconds, utterances, write_rows

ONE_SHARE = 0.3
EACH_SHARE = 0.08
KINDS = ("swapped", "cut", "looped", "deleted", "other_speaker")
PRESETS = {"rules": "default", "agreement": "agreement", "alignment": "alignment"}
FILTERS = (*PRESETS, "over-filtered", "toward")
RANDOM = ", random"
MIXED = "mixed"
MIXED_TOWARD = "mixed, toward"
MIXED_ARMS = (MIXED, MIXED_TOWARD, MIXED_TOWARD + RANDOM)
"""Arms whose utterances are of two domains, and that are tested on one of them."""
ARMS = (
    "start",
    "spoiled",
    "clean",
    *(name + also for name in FILTERS for also in ("", RANDOM)),
    *KINDS,
    *MIXED_ARMS,
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


SPOKEN = ("train", "validation", "test", "start", "own", "foreign", "like", "own-test")
"""Sets of utterances, each of another draw."""
DOMAIN_OF = {"own": TARGET, "foreign": OTHER, "like": TARGET, "own-test": TARGET}
"""Those of one domain; the others are of all digits alike."""


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
    """The utterances of one seed, in `folder`; `score` writes a manifest with scores beside one.

    `start_takes` are joined for `start`, where it has takes of its own.
    """

    takes: Takes
    sizes: Sizes
    folder: Path
    seed: int
    score: Callable[[Path], Path] | None = None
    start_takes: Takes | None = None

    @cached_property
    def tested(self) -> list[str]:
        """The held-out speakers."""
        return held_out(sorted(self.takes.by_speaker), self.seed)

    def speak(self, name: str, speakers: Sequence[str], count: int) -> list[Json]:
        """Sound utterances; other ones for each name and seed."""
        seed = 100 * self.seed + SPOKEN.index(name)
        takes = domain(self.takes, DOMAIN_OF[name]) if name in DOMAIN_OF else self.takes
        if name == "start" and self.start_takes is not None:
            takes = self.start_takes
        return list(utterances(takes, speakers, count, self.folder / "audio" / name, seed))

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

    @cached_property
    def mixed(self) -> list[Json]:
        """Utterances without a defect, of two domains."""
        own = round(self.sizes.train * TARGET_SHARE)
        first = self.speak("own", self.trained, own)
        return mix(first, self.speak("foreign", self.trained, self.sizes.train - own), self.seed)

    def test_of(self, arm: str) -> Path:
        """The utterances of the held-out speakers that the arm is tested on."""
        if arm not in MIXED_ARMS:
            return self.test
        rows = self.speak("own-test", self.tested, self.sizes.test)
        return write_rows(self.folder / "own-test.jsonl", rows)

    def rows(self, arm: str) -> list[Json]:
        """What the arm is trained on."""
        if arm in {"start", "clean", "spoiled", MIXED}:
            return list(getattr(self, arm))
        if arm in KINDS:
            return plant(self.clean, {arm: ONE_SHARE}, self.seed)
        if name := arm.removesuffix(RANDOM) if arm.endswith(RANDOM) else "":
            pool = self.mixed if name == MIXED_TOWARD else self.spoiled
            return at_random(pool, seconds(self.rows(name)), self.seed)
        if arm in {"toward", MIXED_TOWARD}:
            return self.toward(arm)
        return middle_half(self.spoiled) if arm == "over-filtered" else self.curated(arm)

    def toward(self, arm: str) -> list[Json]:
        """The rows of `spoiled` or of `mixed` that are chosen toward sound utterances' texts."""
        folder = self.folder / f"{arm.replace(', ', '-')}-choice"
        folder.mkdir(exist_ok=True)
        everything = self.folder / "everything.yaml"
        everything.write_text(EVERYTHING, encoding="utf-8")
        if arm == "toward":
            return choose_toward(self.spoiled, self.start, 0.5, folder, everything)
        like = self.speak("like", self.trained, TARGET_TEXTS)
        return choose_toward(self.mixed, like, TARGET_SHARE, folder, everything)

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
    """How many rows have each kind of defect, or are of the target's domain."""
    kinds = [row["kind"] for row in rows]
    return {kind: kinds.count(kind) for kind in (*KINDS, TARGET) if kind in kinds}
