"""Error rates of scored rows with their intervals: overall, macro, weighted, and by slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from curate.arrays import Floats, Int64s
from curate.statistics.bootstrap import CONFIDENCE, DRAWS, FEWEST, Bootstrap, interval, ratio
from train.artifacts.wer import Intervals, Macro, Overall, RateName, Rates, Slice, Weighted
from train.data.rows import Row
from train.scoring.clusters import clusters_of
from train.scoring.edits import Edits
from train.scoring.scoring import Scored
from train.scoring.slices import SLICES, Values, order

Parts = Mapping[str | None, Int64s]
"""Row numbers by value, in the order of tables."""
Pair = tuple[str, str]
"""Source and target language of translations."""
Draws = Mapping[tuple[int, str], Floats]
"""Error rates in every draw, by the part's identity and the rate's name."""


class ScoredRows:
    """Rows that have a prediction, as arrays, and the draws that all intervals come from.

    Error rates are of `recognised` rows only; `translations` have scores of their own.
    """

    def __init__(self, scored: Sequence[Scored], seed: int = 0) -> None:
        self.items = [item for item in scored if item.edits is not None]
        self._counts = np.array([_counts(item.edits) for item in self.items if item.edits])
        self._counts = self._counts.reshape(-1, len(Edits.__dataclass_fields__)).astype(np.int64)
        self.words = self._counts[:, 0].astype(np.float64)
        self.errors = self._counts[:, 1:4].sum(axis=1).astype(np.float64)
        self.chars = self._counts[:, 4].astype(np.float64)
        self.char_errors = self._counts[:, 5].astype(np.float64)
        self.bootstrap = Bootstrap(clusters_of([item.row for item in self.items]), seed)
        pairs: dict[Pair | None, list[int]] = {None: []}
        for at, item in enumerate(self.items):
            pairs.setdefault(item.row.translation, []).append(at)
        self.recognised: Int64s = np.array(pairs.pop(None), np.int64)
        self.translations: Mapping[Pair, Int64s] = {
            pair: np.array(pairs[pair], np.int64) for pair in sorted(filter(None, pairs))
        }

    def parts(self, values: Values) -> Parts:
        """The recognised rows of each value."""
        numbers: dict[str | None, list[int]] = {}
        for at in self.recognised.tolist():
            for value in values(self.items[at].row):
                numbers.setdefault(value, []).append(at)
        return {value: np.array(numbers[value], np.int64) for value in sorted(numbers, key=order)}

    def primary(self, part: Int64s) -> RateName:
        """The rate to name: `cer` where most rows are in scripts that write no spaces."""
        return "cer" if 2 * int(self._counts[part, 6].sum()) > part.size else "wer"

    def enough(self, part: Int64s) -> bool:
        """Whether the rows are of so many clusters that an interval means something."""
        return self.bootstrap.clusters_in(part) >= FEWEST

    @cached_property
    def parts_by_slice(self) -> Mapping[str, Parts]:
        """The rows of each value of each of SLICES."""
        return {name: self.parts(values) for name, values in SLICES}

    def overall(self) -> Overall:
        """The rates of recognition, and of which edits the word errors consist."""
        edits = self._total(self.recognised)
        return Overall(
            **self._rates(self.recognised, surely=True),
            substitutions=edits.substitutions,
            deletions=edits.deletions,
            insertions=edits.insertions,
        )

    def by(self) -> Mapping[str, tuple[Slice, ...]]:
        """The rates by slice."""
        return {
            name: tuple(self._slice(value, part) for value, part in parts.items())
            for name, parts in self.parts_by_slice.items()
        }

    def macro(self) -> Macro:
        """The mean of the strata's rates: each counts alike, however long it is."""
        strata = self.parts_by_slice["stratum"]
        parts = [part for part in strata.values() if self.words[part].sum()]
        if not parts:
            return Macro(strata=0, wer=None, wer_low=None, wer_high=None)
        rates = [self.errors[part].sum() / self.words[part].sum() for part in parts]
        draws = np.array([self._draws[id(part), "wer"] for part in parts])
        absent = bool(np.isnan(draws).all(axis=0).any())  # a draw that holds no stratum at all
        low, high = _bounds(None if absent else np.nanmean(draws, axis=0))
        mean = round(float(np.mean(rates)), 6)
        return Macro(strata=len(parts), wer=mean, wer_low=low, wer_high=high)

    def weighted(self) -> Weighted | None:
        """The rate of the corpus that the rows were drawn from; None where no row has a weight."""
        known = self._weighted_rows
        if not known.size:
            return None
        weights = np.nan_to_num(self._weights)
        errors, words = self.errors * weights, self.words * weights
        rate = round(float(errors.sum() / words.sum()), 6) if words.sum() else None
        low, high = _bounds(self._draws[id(known), "wer"])
        return Weighted(rows=int(known.size), wer=rate, wer_low=low, wer_high=high)

    def intervals(self) -> Intervals:
        """How the intervals were made."""
        clusters = self.bootstrap.clusters
        return Intervals(
            unit=clusters.unit,
            clusters=clusters.count,
            draws=DRAWS,
            seed=self.bootstrap.seed,
            confidence=CONFIDENCE,
        )

    @cached_property
    def _weights(self) -> Floats:
        """How much of the corpus each row stands for, as `curate split` says; NaN for none."""
        weights = np.array([_weight(item.row) for item in self.items], np.float64)
        weights[list(chain.from_iterable(self.translations.values()))] = np.nan
        return weights

    @cached_property
    def _weighted_rows(self) -> Int64s:
        return np.flatnonzero(~np.isnan(self._weights))

    @cached_property
    def _draws(self) -> Draws:
        """Rates in every draw, by the part's identity and the rate's name: of recognition, of
        the parts, and weighted. CER where it is the rate to name, WER in any case.
        """
        slices = [part for parts in self.parts_by_slice.values() for part in parts.values()]
        parts = (self.recognised, *slices)
        words, chars = (self.errors, self.words), (self.char_errors, self.chars)
        weights = np.nan_to_num(self._weights)
        sums = [((id(part), "wer"), part, words) for part in parts]
        sums += [((id(part), "cer"), part, chars) for part in parts if self.primary(part) == "cer"]
        weighted = (self.errors * weights, self.words * weights)
        sums.append(((id(self._weighted_rows), "wer"), self._weighted_rows, weighted))
        rates = ratio(*self.bootstrap.sums_each([(part, values) for _, part, values in sums]))
        return {key: draws for (key, _, _), draws in zip(sums, rates, strict=True)}

    def _total(self, part: Int64s) -> Edits:
        return Edits(*self._counts[part].sum(axis=0).tolist())

    def _slice(self, value: str | None, part: Int64s) -> Slice:
        clusters = self.bootstrap.clusters_in(part)
        return Slice(value=value, **self._rates(part), clusters=clusters)

    def _rates(self, part: Int64s, surely: bool = False) -> dict[str, Any]:
        """The fields of `Rates`; intervals where there are clusters enough, or `surely`."""
        edits = self._total(part)
        draws = self._draws if surely or self.enough(part) else {}
        (wer_low, wer_high), (cer_low, cer_high) = (
            _bounds(draws.get((id(part), name))) for name in ("wer", "cer")
        )
        rates = Rates(
            rows=int(part.size),
            primary=self.primary(part),
            ref_words=edits.ref_words,
            wer=edits.wer,
            wer_low=wer_low,
            wer_high=wer_high,
            ref_chars=edits.ref_chars,
            cer=edits.cer,
            cer_low=cer_low,
            cer_high=cer_high,
        )
        return rates.model_dump()


def _counts(edits: Edits) -> tuple[int, ...]:
    return tuple(getattr(edits, name) for name in Edits.__dataclass_fields__)


def _bounds(draws: Floats | None) -> tuple[float | None, float | None]:
    """The interval of one rate's draws; nothing where there is none."""
    bounds = None if draws is None else interval(draws)
    return (bounds.low, bounds.high) if bounds else (None, None)


def _weight(row: Row) -> float:
    weight = row.curated.get("weight")
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        return np.nan
    return float(weight)
