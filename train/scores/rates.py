"""Scored rows to error rates with their intervals: overall, macro, weighted, and by slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from curate.resample import (
    CONFIDENCE,
    DRAWS,
    FEWEST,
    Bootstrap,
    Floats,
    Interval,
    Ints,
    interval,
    ratio,
)
from train.rows import Row
from train.scores.clusters import clusters_of
from train.scores.edits import Edits
from train.scores.scoring import Scored
from train.scores.slices import SLICES, Values, order

Json = dict[str, Any]
Parts = Mapping[str | None, Ints]
"""Row numbers by value, in the order of tables."""


class Rates:
    """Rows that have a prediction, as arrays, and the draws that all intervals come from."""

    def __init__(self, scored: Sequence[Scored], seed: int = 0) -> None:
        self.items = [item for item in scored if item.edits is not None]
        self._counts = np.array([_counts(item.edits) for item in self.items if item.edits])
        self._counts = self._counts.reshape(-1, len(Edits.__dataclass_fields__)).astype(np.int64)
        self.words = self._counts[:, 0].astype(np.float64)
        self.errors = self._counts[:, 1:4].sum(axis=1).astype(np.float64)
        self.bootstrap = Bootstrap(clusters_of([item.row for item in self.items]), seed)

    def parts(self, values: Values) -> Parts:
        """The rows of each value."""
        found: dict[str | None, list[int]] = {}
        for at, item in enumerate(self.items):
            for value in values(item.row):
                found.setdefault(value, []).append(at)
        return {value: np.array(found[value], np.int64) for value in sorted(found, key=order)}

    def enough(self, part: Ints) -> bool:
        """Whether the rows are of so many clusters that an interval means something."""
        return self.bootstrap.clusters_in(part) >= FEWEST

    def as_json(self) -> Json:
        """The entries of wer.json: interval, overall, macro, weighted, by."""
        cut = {name: self.parts(values) for name, values in SLICES}
        drawn = self._drawn([part for parts in cut.values() for part in parts.values()])
        edits = self._total(self._everything)
        return {
            "interval": self._about(),
            "overall": {
                **self._rates(self._everything, drawn.get(id(self._everything))),
                "substitutions": edits.substitutions,
                "deletions": edits.deletions,
                "insertions": edits.insertions,
            },
            "macro": self._macro(cut["stratum"], drawn),
            "weighted": self._weighted(drawn),
            "by": {
                name: [
                    {
                        "value": value,
                        **self._rates(part, drawn.get(id(part)) if self.enough(part) else None),
                        "clusters": self.bootstrap.clusters_in(part),
                    }
                    for value, part in parts.items()
                ]
                for name, parts in cut.items()
            },
        }

    @cached_property
    def _everything(self) -> Ints:
        return np.arange(len(self.items))

    @cached_property
    def _weights(self) -> Floats:
        """How much of the corpus each row stands for, as `curate split` says; NaN for none."""
        return np.array([_weight(item.row) for item in self.items], np.float64)

    def _drawn(self, parts: Sequence[Ints]) -> Mapping[int, Floats]:
        """WER in every draw, by the part's identity: of everything, of the parts, and weighted."""
        plain, weights = (self.errors, self.words), np.nan_to_num(self._weights)
        asked = [(part, plain) for part in (self._everything, *parts)]
        asked.append((self._weighted_rows, (self.errors * weights, self.words * weights)))
        rates = ratio(*self.bootstrap.sums_each(asked))
        return {id(part): draws for (part, _), draws in zip(asked, rates, strict=True)}

    def _total(self, part: Ints) -> Edits:
        return Edits(*self._counts[part].sum(axis=0).tolist())

    def _rates(self, part: Ints, draws: Floats | None) -> Json:
        summed = self._total(part)
        return {
            "rows": int(part.size),
            "ref_words": summed.ref_words,
            "wer": summed.wer,
            **_bounds(None if draws is None else interval(draws)),
            "cer": summed.cer,
        }

    def _macro(self, strata: Parts, drawn: Mapping[int, Floats]) -> Json:
        """The mean of the strata's rates: each counts alike, however long it is."""
        parts = [part for part in strata.values() if self.words[part].sum()]
        if not parts:
            return {"strata": 0, "wer": None, **_bounds(None)}
        rates = [self.errors[part].sum() / self.words[part].sum() for part in parts]
        draws = np.array([drawn[id(part)] for part in parts])
        absent = bool(np.isnan(draws).all(axis=0).any())  # a draw that holds no stratum at all
        found = None if absent else interval(np.nanmean(draws, axis=0))
        return {"strata": len(parts), "wer": round(float(np.mean(rates)), 6), **_bounds(found)}

    @cached_property
    def _weighted_rows(self) -> Ints:
        return np.flatnonzero(~np.isnan(self._weights))

    def _weighted(self, drawn: Mapping[int, Floats]) -> Json | None:
        """The rate of the corpus that the rows were drawn from; None where no row has a weight."""
        known = self._weighted_rows
        if not known.size:
            return None
        weights = np.nan_to_num(self._weights)
        errors, words = self.errors * weights, self.words * weights
        draws = drawn[id(known)]
        rate = round(float(errors.sum() / words.sum()), 6) if words.sum() else None
        return {"rows": int(known.size), "wer": rate, **_bounds(interval(draws))}

    def _about(self) -> Json:
        """How the intervals were made."""
        clusters = self.bootstrap.clusters
        return {
            "unit": clusters.unit,
            "clusters": clusters.count,
            "draws": DRAWS,
            "seed": self.bootstrap.seed,
            "confidence": CONFIDENCE,
        }


def _counts(edits: Edits) -> tuple[int, ...]:
    return tuple(getattr(edits, name) for name in Edits.__dataclass_fields__)


def _bounds(found: Interval | None) -> Json:
    return {
        "wer_low": found.low if found else None,
        "wer_high": found.high if found else None,
    }


def _weight(row: Row) -> float:
    weight = row.curated.get("weight")
    known = isinstance(weight, int | float) and not isinstance(weight, bool)
    return float(weight) if known else np.nan  # type: ignore[arg-type]
