"""Two models on the same utterances: whether one is better, and what it has forgotten.

Differences are of word error rates (new less old, so negative is better), over the same draws of
speakers for both, which takes out how hard the utterances are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.resample import Floats, Ints, interval, p_value, ratio
from train.scores.rates import Rates
from train.scores.scoring import Scored
from train.scores.slices import SLICES, Values

Json = dict[str, Any]
Key = tuple[object, ...]

SLICED = ("manifest", "verdict", "tag", "lang", "stratum", "duration")
"""The slices by which models are compared; one speaker is too little to compare on."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What the guardrail says: the gate is shut where WER rose by more than `limit`, for sure."""

    limit: float
    difference: float | None
    low: float | None

    @property
    def passed(self) -> bool:
        """False where the rise is above the limit, and its interval (if any) above zero."""
        if self.difference is None or self.difference <= self.limit:
            return True
        return self.low is not None and self.low <= 0


def key_of(item: Scored) -> Key:
    """What makes two rows the same utterance: curation's id, else the audio segment."""
    given = item.row.curated.get("id")
    if isinstance(given, str):
        return (given, item.row.text)
    fields = item.row.fields
    return (fields["audio_filepath"], fields.get("offset", 0), fields["duration"], item.row.text)


class Pairs:
    """Utterances that both models have a prediction for."""

    def __init__(self, new: Sequence[Scored], old: Sequence[Scored], seed: int = 0) -> None:
        before = {key_of(item): item.edits for item in old if item.edits is not None}
        both = [item for item in new if item.edits is not None and key_of(item) in before]
        self.missing = sum(item.edits is not None for item in new) - len(both)
        self.rates = Rates(both, seed)
        edits = [before[key_of(item)] for item in both]
        self.old_errors = np.array([each.word_edits for each in edits if each], np.float64)

    def difference(self, part: Ints) -> Json:
        """The comparison over some of the rows."""
        (drawn,) = self._drawn([part])
        return self._told(part, drawn)

    def by(self) -> dict[str, list[Json]]:
        """The comparison by slice."""
        return {name: self._table(values) for name, values in SLICES if name in SLICED}

    def _table(self, values: Values) -> list[Json]:
        parts = self.rates.parts(values)
        drawn = self._drawn(list(parts.values())) if parts else np.zeros((0, 0))
        return [
            {"value": value, **self._told(part, draws)}
            for (value, part), draws in zip(parts.items(), drawn, strict=True)
        ]

    def _drawn(self, parts: Sequence[Ints]) -> Floats:
        change = self.rates.errors - self.old_errors
        return ratio(*self.rates.bootstrap.sums(parts, change, self.rates.words))

    def _told(self, part: Ints, drawn: Floats) -> Json:
        words = float(self.rates.words[part].sum())
        sums = (float(each[part].sum()) for each in (self.old_errors, self.rates.errors))
        old, new = (round(each / words, 6) if words else None for each in sums)
        found = interval(drawn) if self.rates.enough(part) else None
        low, high = (found.low, found.high) if found else (None, None)
        return {
            "rows": int(part.size),
            "ref_words": int(words),
            "wer_old": old,
            "wer_new": new,
            "difference": None if old is None or new is None else round(new - old, 6),
            "low": low,
            "high": high,
            "p": p_value(drawn) if found else None,
            "says": _says(low, high),
        }


def _says(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "too few to say"
    return "better" if high < 0 else "worse" if low > 0 else "no measurable difference"


def compare(
    new: Sequence[Scored],
    old: Sequence[Scored],
    named: str,
    guardrail: Mapping[str, float] | None = None,
    seed: int = 0,
) -> tuple[Json, Forgetting | None]:
    """The entry `against` of wer.json; and the guardrail's gate, where there is one.

    `guardrail` maps manifests (as they were named) to the rise in WER that they allow.
    """
    pairs = Pairs(new, old, seed)
    rails = guardrail or {}
    guarded = [str(item.row.manifest) in rails for item in pairs.rates.items]
    rows = np.array(guarded, np.bool_)
    found: Json = {
        "model": named,
        "missing": pairs.missing,
        "overall": pairs.difference(np.flatnonzero(~rows)),
        "by": pairs.by(),
        "guardrail": None,
    }
    if not rails:
        return found, None
    told = pairs.difference(np.flatnonzero(rows))
    gate = Forgetting(min(rails.values()), told["difference"], told["low"])
    found["guardrail"] = {**told, "limit": gate.limit, "passed": gate.passed}
    return found, gate
