"""Two models on the same utterances: whether one is better, and what it has forgotten.

Differences are of word error rates, or of character error rates where most rows are in scripts that
write no spaces (new less old, so negative is better), over the same draws of speakers for both,
which takes out how hard the utterances are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.statistics.bootstrap import Floats, Ints, interval, p_value, ratio
from train.scoring.rates import Rates
from train.scoring.scoring import Scored
from train.scoring.slices import SLICES, Values

Json = dict[str, Any]
Key = tuple[object, ...]

SLICED = ("manifest", "verdict", "tag", "lang", "stratum", "duration")
"""The slices by which models are compared; one speaker is too little to compare on."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What the guardrail says: the gate is shut where the rate (WER or CER) rose by more than
    `limit`, for sure.
    """

    limit: float
    difference: float | None
    low: float | None
    metric: str = "wer"

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
        self.old_char_errors = np.array([each.char_edits for each in edits if each], np.float64)

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

    def _counts(self, name: str) -> tuple[Floats, Floats, Floats]:
        """Errors of the old model and of the new one, and what they are over."""
        if name == "cer":
            return self.old_char_errors, self.rates.char_errors, self.rates.chars
        return self.old_errors, self.rates.errors, self.rates.words

    def _drawn(self, parts: Sequence[Ints]) -> Floats:
        """Differences in every draw: of CER where that is the rate to name, else of WER."""
        asked = []
        for part in parts:
            old, new, whole = self._counts(self.rates.primary(part))
            asked.append((part, (new - old, whole)))
        return ratio(*self.rates.bootstrap.sums_each(asked))

    def _told(self, part: Ints, drawn: Floats) -> Json:
        metric = self.rates.primary(part)
        rates = {name: self._rates(part, name) for name in ("wer", "cer")}
        old, new = rates[metric]
        words = float(self.rates.words[part].sum())
        found = interval(drawn) if self.rates.enough(part) else None
        low, high = (found.low, found.high) if found else (None, None)
        return {
            "rows": int(part.size),
            "ref_words": int(words),
            "metric": metric,
            "wer_old": rates["wer"][0],
            "wer_new": rates["wer"][1],
            "cer_old": rates["cer"][0],
            "cer_new": rates["cer"][1],
            "difference": None if old is None or new is None else round(new - old, 6),
            "low": low,
            "high": high,
            "p": p_value(drawn) if found else None,
            "says": _says(low, high),
        }

    def _rates(self, part: Ints, name: str) -> tuple[float | None, float | None]:
        old, new, whole = (float(each[part].sum()) for each in self._counts(name))
        if not whole:
            return None, None
        return round(old / whole, 6), round(new / whole, 6)


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
    gate = Forgetting(min(rails.values()), told["difference"], told["low"], told["metric"])
    found["guardrail"] = {**told, "limit": gate.limit, "passed": gate.passed}
    return found, gate
