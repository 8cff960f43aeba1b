"""Batches by the arithmetic that Lhotse follows: bins, sizes, steps in an epoch.

Bins share out the speech evenly (Lhotse's estimate_duration_buckets). A batch takes cuts of one bin
until another one as long as its longest would exceed batch_duration, where a duration d counts as
d + d^2 / quadratic_duration (Lhotse's TimeConstraint). That is played through here, on a seeded
sample of each bin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import LANG, VERDICT
from train.artifacts.plan import Bin, DroppedCuts, PlanBatches
from train.config import SLOWEST, RunConfig, TrainData
from train.plan.corpus import Corpus

Seconds = npt.NDArray[np.float64]

MOST_SORTED = 500_000
MOST_PACKED = 2_000
VALIDATIONS_AN_EPOCH = 2
FEWEST_VALIDATIONS = 5


@dataclass(frozen=True)
class Batches:
    """The run in batches. `cuts` and `hours` are those that are not dropped."""

    cuts: int
    hours: float
    dropped: tuple[DroppedCuts, ...]
    bins: tuple[Bin, ...]
    steps_per_epoch: float
    epochs: float
    hours_seen: float
    speech_a_batch_s: float
    longest_s: float
    val_check_interval: int

    @property
    def dropped_hours(self) -> float:
        """Hours that Lhotse leaves out."""
        return sum(stratum.hours for stratum in self.dropped)

    def record(self) -> PlanBatches:
        """The batches for plan.json."""
        return PlanBatches(
            cuts=self.cuts,
            hours=round(self.hours, 6),
            dropped_hours=round(self.dropped_hours, 6),
            dropped=tuple(
                each.model_copy(update={"hours": round(each.hours, 6)}) for each in self.dropped
            ),
            bins=tuple(_rounded(each) for each in self.bins),
            steps_per_epoch=round(self.steps_per_epoch, 1),
            epochs=round(self.epochs, 2),
            hours_seen=round(self.hours_seen, 3),
            speech_a_batch_s=round(self.speech_a_batch_s, 1),
            longest_s=round(self.longest_s, 3),
            proposed_val_check_interval=self.val_check_interval,
        )


def _rounded(each: Bin) -> Bin:
    return Bin(
        upto_s=round(each.upto_s, 3),
        cuts_a_batch=round(each.cuts_a_batch, 2),
        share=round(each.share, 6),
    )


def plan_batches(corpus: Corpus, run: RunConfig) -> Batches:
    """What the settings make of the data; of no usable cut, no bins and zero steps."""
    data, scale = run.train_ds, corpus.scale
    usable, dropped = _drop(corpus, data)
    if not len(usable):
        return Batches(0, 0.0, dropped, (), 0.0, 0.0, 0.0, 0.0, 0.0, 1)
    durations = np.sort(usable[:: max(1, len(usable) // MOST_SORTED)])
    per_row = scale * len(usable) / len(durations)
    bins, counts = _bins(durations, data)
    batches = sum(n * per_row / b.cuts_a_batch for b, n in zip(bins, counts, strict=True))
    each_step = run.trainer.devices * run.trainer.accumulate_grad_batches
    steps = batches / each_step
    hours = float(usable.sum()) * scale / 3600
    epochs = run.trainer.max_steps / steps
    slowest = SLOWEST if run.augmentation.perturb_speed else 1.0
    return Batches(
        cuts=round(len(usable) * scale),
        hours=hours,
        dropped=dropped,
        bins=bins,
        steps_per_epoch=steps,
        epochs=epochs,
        hours_seen=epochs * hours,
        speech_a_batch_s=hours * 3600 / batches,
        longest_s=min(float(durations[-1]) / slowest, data.max_duration),
        val_check_interval=propose_interval(steps, run.trainer.max_steps),
    )


def propose_interval(steps_per_epoch: float, max_steps: int) -> int:
    """Steps between validations: twice an epoch, and five times in a run at least.

    >>> propose_interval(818, 50_000), propose_interval(818, 1_000), propose_interval(3.2, 4)
    (400, 200, 1)
    """
    interval = min(steps_per_epoch / VALIDATIONS_AN_EPOCH, max_steps / FEWEST_VALIDATIONS)
    unit = 10 ** max(0, len(str(int(interval))) - 1)
    return max(1, int(interval // unit * unit))


def effective_s(duration_s: float, quadratic_s: float | None) -> float:
    """What a cut counts against batch_duration.

    >>> effective_s(30.0, 15.0), effective_s(30.0, None)
    (90.0, 30.0)
    """
    return duration_s + duration_s**2 / quadratic_s if quadratic_s else duration_s


def _drop(corpus: Corpus, data: TrainData) -> tuple[Seconds, tuple[DroppedCuts, ...]]:
    duration = pl.col("duration_s")
    reason = (
        pl.when(duration < data.min_duration)
        .then(pl.lit(f"shorter than {data.min_duration} s"))
        .when(duration > data.max_duration)
        .then(pl.lit(f"longer than {data.max_duration} s"))
    )
    rows = corpus.durations.with_columns(reason.alias("why"))
    lost = (
        rows.filter(pl.col("why").is_not_null())
        .group_by(pl.col(LANG.name, VERDICT.name).cast(pl.String), "why")
        .agg(duration.sum() * corpus.scale / 3600, pl.len() * corpus.scale)
        .sort(pl.all())
    )
    dropped = tuple(
        DroppedCuts(lang=lang, verdict=verdict, hours=hours, rows=round(count), why=why)
        for lang, verdict, why, hours, count in lost.iter_rows()
    )
    usable = rows.filter(pl.col("why").is_null())["duration_s"]
    return usable.to_numpy(), dropped


def _bins(durations: Seconds, data: TrainData) -> tuple[tuple[Bin, ...], list[int]]:
    """Bins that hold equal shares of the speech, and how many of `durations` lie in each."""
    cumulated = np.cumsum(durations)
    targets = cumulated[-1] * np.arange(1, data.num_buckets + 1) / data.num_buckets
    ends = np.unique(np.minimum(np.searchsorted(cumulated, targets) + 1, len(durations)))
    counts = np.diff(ends, prepend=0).tolist()
    parts = np.split(durations, ends[:-1])
    return tuple(
        Bin(
            upto_s=float(part[-1]),
            cuts_a_batch=_cuts_a_batch(part, data),
            share=len(part) / len(durations),
        )
        for part in parts
    ), counts


def _cuts_a_batch(durations: Seconds, data: TrainData) -> float:
    """Cuts that a batch of this bin holds on average."""
    drawn = np.random.default_rng(0).choice(durations, min(len(durations), MOST_PACKED))
    batches, cuts, longest = 0, 0, 0.0
    for duration in drawn.tolist():
        cuts += 1
        longest = max(longest, effective_s(duration, data.quadratic_duration))
        if (cuts + 1) * longest > data.batch_duration:
            batches, cuts, longest = batches + 1, 0, 0.0
    unfinished = cuts * longest / data.batch_duration if cuts else 0.0
    return len(drawn) / max(batches + unfinished, 1e-9)
