"""Batches by the arithmetic that Lhotse follows: bins, sizes, padding, steps in an epoch.

A batch takes cuts of one bucket until it has as many as were measured to fit, or until another one
as long as its longest would exceed batch_duration, where a duration d counts as
d + d^2 / quadratic_duration (Lhotse's TimeConstraint). That is played through here, on a seeded
sample of each bucket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import LANG, VERDICT
from train.artifacts.plan import Bin, DroppedCuts, Padding, PlanBatches
from train.config import SLOWEST, TrainData
from train.plan.buckets import BucketData, effective_s
from train.plan.corpus import Corpus
from train.recipe.buckets import Bucket, Buckets

Seconds = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

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
    padding: tuple[Padding, ...]

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
            padding=self.padding,
        )


def _rounded(each: Bin) -> Bin:
    return Bin(
        upto_s=round(each.upto_s, 3),
        upto_tokens=each.upto_tokens,
        cuts_a_batch=round(each.cuts_a_batch, 2),
        share=round(each.share, 6),
    )


def plan_batches(data: BucketData, buckets: Buckets, padding: tuple[Padding, ...] = ()) -> Batches:
    """What the settings make of the data; of no usable cut, no bins and zero steps."""
    run, dropped = data.run, _drop(data.corpus, data.run.train_ds)
    if not data.cuts:
        return Batches(0, 0.0, dropped, (), 0.0, 0.0, 0.0, 0.0, 0.0, 1, ())
    lengths = (data.durations_s, np.zeros(0))
    if buckets.is_2d and len(data.sampled_s):
        lengths = (data.sampled_s, data.tokens)
    bins, counts = _bins(*lengths, buckets, run.train_ds)
    each = data.cuts / len(lengths[0])
    batches = sum(n * each / b.cuts_a_batch for b, n in zip(bins, counts, strict=True))
    steps = batches / (run.trainer.devices * run.trainer.accumulate_grad_batches)
    epochs = run.trainer.max_steps / steps
    slowest = SLOWEST if run.augmentation.perturb_speed else 1.0
    return Batches(
        cuts=round(data.cuts),
        hours=data.hours,
        dropped=dropped,
        bins=bins,
        steps_per_epoch=steps,
        epochs=epochs,
        hours_seen=epochs * data.hours,
        speech_a_batch_s=data.hours * 3600 / batches,
        longest_s=min(data.longest_s / slowest, run.train_ds.max_duration),
        val_check_interval=propose_interval(steps, run.trainer.max_steps),
        padding=padding,
    )


def propose_interval(steps_per_epoch: float, max_steps: int) -> int:
    """Steps between validations: twice an epoch, and five times in a run at least.

    >>> propose_interval(818, 50_000), propose_interval(818, 1_000), propose_interval(3.2, 4)
    (400, 200, 1)
    """
    interval = min(steps_per_epoch / VALIDATIONS_AN_EPOCH, max_steps / FEWEST_VALIDATIONS)
    unit = 10 ** max(0, len(str(int(interval))) - 1)
    return max(1, int(interval // unit * unit))


def _drop(corpus: Corpus, data: TrainData) -> tuple[DroppedCuts, ...]:
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
    return tuple(
        DroppedCuts(lang=lang, verdict=verdict, hours=hours, rows=round(count), why=why)
        for lang, verdict, why, hours, count in lost.iter_rows()
    )


def _bins(
    durations: Seconds, tokens: Seconds, buckets: Buckets, data: TrainData
) -> tuple[tuple[Bin, ...], list[int]]:
    """Each bucket that holds some of `durations`, and how many."""
    places = assign(durations, tokens, buckets)
    bins, counts = [], []
    for number, bucket in enumerate(buckets.buckets):
        held = durations[places == number]
        if len(held):
            bins.append(
                Bin(
                    upto_s=bucket.upto_s,
                    upto_tokens=bucket.upto_tokens,
                    cuts_a_batch=bucket.batch_size or _pack(_draw(held), bucket, data).cuts_a_batch,
                    share=len(held) / len(durations),
                )
            )
            counts.append(len(held))
    return tuple(bins), counts


def assign(durations: Seconds, tokens: Seconds, buckets: Buckets) -> Indices:
    """The bucket of each record, as NeMo's lenient mode chooses: the first that it fits into.

    Without sizes the last bucket takes the rest.
    """
    tops = np.array([bucket.upto_s for bucket in buckets.buckets])
    if not buckets.is_2d:
        return np.minimum(np.searchsorted(tops, durations), len(tops) - 1)
    limits = np.array([bucket.upto_tokens for bucket in buckets.buckets])
    fits = (durations[:, None] <= tops) & (tokens[:, None] <= limits)
    return np.where(fits.any(axis=1), fits.argmax(axis=1), len(tops) - 1)


@dataclass(frozen=True, slots=True)
class _Packed:
    """Records of one bucket in batches: where each begins, and the mean number of cuts."""

    starts: Indices
    cuts_a_batch: float

    def padded(self, lengths: Seconds) -> float:
        """The lengths' sum with padding, over their sum."""
        sizes = np.diff(np.append(self.starts, len(lengths)))
        whole = float((np.maximum.reduceat(lengths, self.starts) * sizes).sum())
        return whole / float(lengths.sum() or 1.0)


def _draw(durations: Seconds) -> Seconds:
    return np.random.default_rng(0).choice(durations, min(len(durations), MOST_PACKED))


def _pack(durations: Seconds, bucket: Bucket, data: TrainData) -> _Packed:
    """Batches of these cuts, in their order."""
    if bucket.batch_size:
        starts = np.arange(0, len(durations), bucket.batch_size)
        return _Packed(starts, bucket.batch_size)
    begins, cuts, longest = [0], 0, 0.0
    for number, duration in enumerate(durations.tolist(), start=1):
        cuts += 1
        longest = max(longest, effective_s(duration, data.quadratic_duration))
        if (cuts + 1) * longest > data.batch_duration:
            begins.append(number)
            cuts, longest = 0, 0.0
    unfinished = cuts * longest / data.batch_duration if cuts else 0.0
    whole = len(begins) - 1 + unfinished
    starts = np.array([begin for begin in begins if begin < len(durations)])
    return _Packed(starts, len(durations) / max(whole, 1e-9))


def measure_padding(data: BucketData, kinds: Sequence[Buckets]) -> tuple[Padding, ...]:
    """How much longer audio and tokens of the sample become by padding, with each kind of buckets.

    Nothing where no record was sampled.
    """
    return tuple(_padding(data, buckets) for buckets in kinds if len(data.sampled_s))


def _padding(data: BucketData, buckets: Buckets) -> Padding:
    places = assign(data.sampled_s, data.tokens, buckets)
    audio = tokens = 0.0
    for number, bucket in enumerate(buckets.buckets):
        held = np.flatnonzero(places == number)
        if not len(held):
            continue
        drawn = np.random.default_rng(0).choice(held, MOST_PACKED)  # batches as full as in the run
        packed = _pack(data.sampled_s[drawn], bucket, data.run.train_ds)
        audio += packed.padded(data.sampled_s[drawn]) * float(data.sampled_s[held].sum())
        tokens += packed.padded(data.tokens[drawn]) * float(data.tokens[held].sum())
    return Padding(
        kind="2d" if buckets.is_2d else "1d",
        audio=round(audio / float(data.sampled_s.sum()), 4),
        tokens=round(tokens / float(data.tokens.sum() or 1.0), 4),
    )
