"""Scored rows to error rates with their intervals: overall, macro, weighted, and by slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from curate.statistics.bootstrap import (
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
from train.data.rows import Row
from train.scoring.clusters import clusters_of
from train.scoring.edits import Edits
from train.scoring.scoring import Scored
from train.scoring.slices import SLICES, Values, order

Json = dict[str, Any]
Parts = Mapping[str | None, Ints]
"""Row numbers by value, in the order of tables."""
Draws = Mapping[tuple[int, str], Floats]
"""Error rates in every draw, by the part's identity and the rate's name."""


class Rates:
    """Rows that have a prediction, as arrays, and the draws that all intervals come from."""

    def __init__(self, scored: Sequence[Scored], seed: int = 0) -> None:
        self.items = [item for item in scored if item.edits is not None]
        self._counts = np.array([_counts(item.edits) for item in self.items if item.edits])
        self._counts = self._counts.reshape(-1, len(Edits.__dataclass_fields__)).astype(np.int64)
        self.words = self._counts[:, 0].astype(np.float64)
        self.errors = self._counts[:, 1:4].sum(axis=1).astype(np.float64)
        self.chars = self._counts[:, 4].astype(np.float64)
        self.char_errors = self._counts[:, 5].astype(np.float64)
        self.bootstrap = Bootstrap(clusters_of([item.row for item in self.items]), seed)

    def parts(self, values: Values) -> Parts:
        """The rows of each value."""
        found: dict[str | None, list[int]] = {}
        for at, item in enumerate(self.items):
            for value in values(item.row):
                found.setdefault(value, []).append(at)
        return {value: np.array(found[value], np.int64) for value in sorted(found, key=order)}

    def primary(self, part: Ints) -> str:
        """The rate to name: `cer` where most rows are in scripts that write no spaces."""
        return "cer" if 2 * int(self._counts[part, 6].sum()) > part.size else "wer"

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
                **self._rates(self._everything, drawn, surely=True),
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
                        **self._rates(part, drawn),
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

    def _drawn(self, parts: Sequence[Ints]) -> Draws:
        """Rates in every draw, by the part's identity and the rate's name: of everything, of the
        parts, and weighted. CER where it is the rate to name, WER in any case.
        """
        words, chars = (self.errors, self.words), (self.char_errors, self.chars)
        weights = np.nan_to_num(self._weights)
        asked = [((id(part), "wer"), part, words) for part in (self._everything, *parts)]
        asked += [
            ((id(part), "cer"), part, chars)
            for part in (self._everything, *parts)
            if self.primary(part) == "cer"
        ]
        weighted = (self.errors * weights, self.words * weights)
        asked.append(((id(self._weighted_rows), "wer"), self._weighted_rows, weighted))
        rates = ratio(*self.bootstrap.sums_each([(part, sums) for _, part, sums in asked]))
        return {key: draws for (key, _, _), draws in zip(asked, rates, strict=True)}

    def _total(self, part: Ints) -> Edits:
        return Edits(*self._counts[part].sum(axis=0).tolist())

    def _rates(self, part: Ints, drawn: Draws, surely: bool = False) -> Json:
        """The rates of some rows; their intervals where there are clusters enough, or `surely`."""
        summed = self._total(part)
        known = drawn if surely or self.enough(part) else {}
        draws = {name: known.get((id(part), name)) for name in ("wer", "cer")}
        return {
            "rows": int(part.size),
            "primary": self.primary(part),
            "ref_words": summed.ref_words,
            "wer": summed.wer,
            **_bounds(None if draws["wer"] is None else interval(draws["wer"])),
            "ref_chars": summed.ref_chars,
            "cer": summed.cer,
            **_bounds(None if draws["cer"] is None else interval(draws["cer"]), "cer"),
        }

    def _macro(self, strata: Parts, drawn: Draws) -> Json:
        """The mean of the strata's rates: each counts alike, however long it is."""
        parts = [part for part in strata.values() if self.words[part].sum()]
        if not parts:
            return {"strata": 0, "wer": None, **_bounds(None)}
        rates = [self.errors[part].sum() / self.words[part].sum() for part in parts]
        draws = np.array([drawn[id(part), "wer"] for part in parts])
        absent = bool(np.isnan(draws).all(axis=0).any())  # a draw that holds no stratum at all
        found = None if absent else interval(np.nanmean(draws, axis=0))
        return {"strata": len(parts), "wer": round(float(np.mean(rates)), 6), **_bounds(found)}

    @cached_property
    def _weighted_rows(self) -> Ints:
        return np.flatnonzero(~np.isnan(self._weights))

    def _weighted(self, drawn: Draws) -> Json | None:
        """The rate of the corpus that the rows were drawn from; None where no row has a weight."""
        known = self._weighted_rows
        if not known.size:
            return None
        weights = np.nan_to_num(self._weights)
        errors, words = self.errors * weights, self.words * weights
        draws = drawn[id(known), "wer"]
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


def _bounds(found: Interval | None, name: str = "wer") -> Json:
    return {
        f"{name}_low": found.low if found else None,
        f"{name}_high": found.high if found else None,
    }


def _weight(row: Row) -> float:
    weight = row.curated.get("weight")
    known = isinstance(weight, int | float) and not isinstance(weight, bool)
    return float(weight) if known else np.nan  # type: ignore[arg-type]
