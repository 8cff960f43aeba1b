"""The results of `benchmarks.effect_real`, and their table with paired intervals.

A difference between two arms is over the seeds that both have: the same utterances of the same
held-out speakers, models from the same weights. Its interval is a bootstrap of two stages: seeds
are drawn with replacement, and in each drawn seed its test utterances.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.effect_arms import ARMS, FILTERS, KINDS, MIXED, MIXED_ARMS, RANDOM

TITLES = {"ctc": "CTC", "canary": "Canary"}
"""Of the models, by the names of their folders of results."""
DRAWS = 10_000
ORDER = ("start", "clean", "spoiled", *ARMS[3:])


@dataclass(frozen=True, slots=True)
class Result:
    """One model: what it was trained on, and its errors on each test utterance."""

    arm: str
    seed: int
    digest: str
    speakers: tuple[str, ...]
    rows: int
    minutes: float
    kinds: Mapping[str, int]
    errors: Sequence[int]
    words: Sequence[int]
    processor_s: float

    @property
    def wer(self) -> float:
        """Errors over reference words."""
        return sum(self.errors) / sum(self.words)


def read_results(folder: Path, digest: str | None = None) -> list[Result]:
    """The results in a folder, by seed and arm; SystemExit where their digests differ, or are not
    `digest`: they do not compare.
    """
    paths = sorted(folder.glob("*.json"))
    results = [Result(**json.loads(path.read_text(encoding="utf-8"))) for path in paths]
    digests = {each.digest for each in results} | ({digest} if digest else set())
    if len(digests) > 1:
        raise SystemExit(f"{folder}: results of several configurations; choose another --results")
    return sorted(results, key=lambda each: (each.seed, ORDER.index(each.arm)))


ByModel = Mapping[str, Sequence[Result]]
"""The results of each model, by its name in the tables."""


def read_models(folder: Path) -> ByModel:
    """The results in the folder of each model that has some."""
    return {
        title: results for name, title in TITLES.items() if (results := read_results(folder / name))
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """WER of one arm less that of another, and its interval of 95 %."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def compare(new: Sequence[Result], old: Sequence[Result], seed: int = 0) -> Difference | None:
    """The paired difference over the seeds that both have; None without one."""
    before = {each.seed: each for each in old}
    pairs = [(each, before[each.seed]) for each in new if each.seed in before]
    if not pairs:
        return None
    return interval(
        [np.subtract(a.errors, b.errors) for a, b in pairs],
        [np.array(a.words) for a, _ in pairs],
        seed,
    )


Counts = np.ndarray[tuple[int], np.dtype[np.int64]]


def interval(more: Sequence[Counts], words: Sequence[Counts], seed: int = 0) -> Difference:
    """`more` errors over `words`, an array of utterances a seed, and the bootstrap's interval."""
    rng = np.random.default_rng(seed)
    drawn = [_resample(a, b, rng) for a, b in zip(more, words, strict=True)]
    errors, totals = np.array([each[0] for each in drawn]), np.array([each[1] for each in drawn])
    # A seed that is drawn twice has two draws of its utterances: each takes another column.
    seeds = rng.integers(len(more), size=(len(more), DRAWS))
    columns = rng.permuted(np.tile(np.arange(DRAWS), (len(more), 1)), axis=1)
    rates = errors[seeds, columns].sum(axis=0) / totals[seeds, columns].sum(axis=0)
    low, high = np.percentile(rates, [2.5, 97.5])
    value = sum(each.sum() for each in more) / sum(each.sum() for each in words)
    return Difference(float(value), float(low), float(high))


def _resample(more: Counts, words: Counts, rng: np.random.Generator) -> tuple[Counts, Counts]:
    """Sums over as many utterances as there are, drawn with replacement, DRAWS times."""
    drawn = rng.integers(more.size, size=(DRAWS, more.size), dtype=np.int32)
    return more[drawn].sum(axis=1), words[drawn].sum(axis=1)


def table_lines(by_model: ByModel) -> Iterator[str]:
    """How many runs there are, then a line a model and arm; those of two domains are
    `mixed_lines`.
    """
    one_domain = {
        model: [each for each in results if each.arm not in MIXED_ARMS]
        for model, results in by_model.items()
    }
    for model, results in one_domain.items():
        seeds = sorted({each.seed for each in results})
        speakers = sorted({name for each in results for name in each.speakers})
        hours = sum(each.processor_s for each in results) / 3600
        yield (
            f"{model}: {len(results)} runs in {hours:.1f} processor hours, seeds "
            f"{', '.join(map(str, seeds))}, held-out speakers {', '.join(speakers)}."
        )
    yield ""
    yield (
        "| model | training data | seeds | minutes | with a defect | WER | against clean "
        "| against spoiled | against random, equal hours |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for model, results in one_domain.items():
        by_arm = {arm: [each for each in results if each.arm == arm] for arm in ORDER}
        for arm, own in by_arm.items():
            if own:
                yield f"| {model} {_line(arm, own, by_arm)}"


def _line(arm: str, own: Sequence[Result], by_arm: Mapping[str, Sequence[Result]]) -> str:
    count = len(own)
    minutes = sum(each.minutes for each in own) / count
    spoiled = sum(sum(each.kinds.values()) for each in own) / sum(each.rows for each in own)
    rate = pooled_wer(own)
    others = {
        "clean": arm not in {"start", "clean"},
        "spoiled": arm not in {"start", "clean", "spoiled", *KINDS},
        f"{arm}{RANDOM}": arm in FILTERS,
    }
    cells = [
        str(compare(own, by_arm[other]) or "") if applies else ""
        for other, applies in others.items()
        if not applies or other in by_arm
    ]
    return f"| {arm} | {count} | {minutes:.1f} | {spoiled:.0%} | {rate:.3f} | {' | '.join(cells)} |"


LOOP = 2
"""Errors a reference word above which an utterance's output loops."""


def loop_lines(results: Sequence[Result]) -> Iterator[str]:
    """A line for each arm of one domain: utterances that loop, and the WER of the others."""
    yield "| training data | looped texts | utterances that loop | most errors | WER of others |"
    yield "|---|---|---|---|---|"
    for arm in ORDER:
        own = [each for each in results if each.arm == arm and arm not in MIXED_ARMS]
        pairs = [pair for each in own for pair in zip(each.errors, each.words, strict=True)]
        others = [(errors, words) for errors, words in pairs if errors <= LOOP * words]
        if others:
            looped = sum(each.kinds.get("looped", 0) for each in own)
            wer = sum(errors for errors, _ in others) / sum(words for _, words in others)
            amounts = f"{looped} | {len(pairs) - len(others)} of {len(pairs):,}"
            yield f"| {arm} | {amounts} | {max(errors for errors, _ in pairs)} | {wer:.3f} |"


def mixed_lines(results: Sequence[Result]) -> Iterator[str]:
    """A line for each arm of two domains, tested on one of them; none without a result."""
    by_arm = {arm: [each for each in results if each.arm == arm] for arm in MIXED_ARMS}
    if not any(by_arm.values()):
        return
    yield (
        "| training data | seeds | minutes | of the target's domain | WER | against everything "
        "| against random, equal hours |"
    )
    yield "|---|---|---|---|---|---|---|"
    for arm, own in by_arm.items():
        if own:
            minutes = sum(each.minutes for each in own) / len(own)
            share = sum(sum(each.kinds.values()) for each in own) / sum(each.rows for each in own)
            everything = "" if arm == MIXED else compare(own, by_arm[MIXED])
            random = compare(own, by_arm.get(f"{arm}{RANDOM}", []))
            yield (
                f"| {arm} | {len(own)} | {minutes:.1f} | {share:.0%} | {pooled_wer(own):.3f} "
                f"| {everything or ''} | {random or ''} |"
            )


README = {
    "clean": "no defect in the data",
    "spoiled": "everything: 40 % of the records with a defect",
    "rules": "after the default rules",
    "agreement": "after the preset `agreement`",
    "alignment": "after the preset `alignment`",
    "over-filtered": "the middle half by characters per second: over-filtered",
}
"""Arms that README shows, in words."""


def readme_lines(by_model: ByModel) -> Iterator[str]:
    """The table of README: the main arms, and what each gains over random data."""
    columns = [f"{model}: WER | against random, equal hours, 95 %" for model in by_model]
    yield f"| trained on | {' | '.join(columns)} |"
    yield f"|---|{'---|---|' * len(by_model)}"
    for arm, words in README.items():
        cells = [cell for results in by_model.values() for cell in _readme_cells(arm, results)]
        yield f"| {words} | {' | '.join(cells)} |"


CLAIMED = {
    "rules": "the default rules",
    "agreement": "the preset `agreement`",
    "alignment": "the preset `alignment`",
    "over-filtered": "the narrow limit on the speaking rate",
}
"""Filters of which README claims something, in words."""


def claim_lines(by_model: ByModel) -> Iterator[str]:
    """What README claims of each model: which filters have another WER than random data of equal
    hours. Where the interval includes zero, nothing is claimed.
    """
    for model, results in by_model.items():
        of = {arm: [each for each in results if each.arm == arm] for arm in ORDER}
        pairs = {words: compare(of[arm], of[f"{arm}{RANDOM}"]) for arm, words in CLAIMED.items()}
        known = {words: each for words, each in pairs.items() if each is not None}
        groups = {
            "a lower WER": [words for words, each in known.items() if each.high < 0],
            "a higher WER": [words for words, each in known.items() if each.low > 0],
            "no measurable difference": [
                w for w, each in known.items() if each.low <= 0 <= each.high
            ],
        }
        claims = [f"{what} after {' and '.join(named)}" for what, named in groups.items() if named]
        yield f"- {model}, against random data of equal hours: {'; '.join(claims)}."


def _readme_cells(arm: str, results: Sequence[Result]) -> tuple[str, str]:
    """WER of an arm, and what it is against random data; empty where the model has no such arm."""
    own = [each for each in results if each.arm == arm]
    other = [each for each in results if each.arm == f"{arm}{RANDOM}"]
    if not own:
        return "", ""
    return f"{pooled_wer(own):.3f}", str(compare(own, other) or "")


def pooled_wer(results: Sequence[Result]) -> float:
    """Errors over words of several results together."""
    return sum(sum(each.errors) for each in results) / sum(sum(each.words) for each in results)
