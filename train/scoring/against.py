"""Two models on the same utterances: whether one is better, and what it has forgotten.

Differences are of word error rates, or of character error rates where most rows are in scripts that
write no spaces (new less old, so negative is better), over the same draws of speakers for both,
which takes out how hard the utterances are. Translations are compared by BLEU; a guardrail counts
all of its rows by their words, translations too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from curate.arrays import Floats, Int64s
from curate.statistics.bootstrap import interval, p_value, ratio
from train.artifacts.wer import Against, Change, Guardrail, SliceChange, SmallerTest
from train.data.rows import Row
from train.scoring.rates import ScoredRows
from train.scoring.scoring import Scored
from train.scoring.slices import SLICES, Values
from train.scoring.smaller import smaller_tests
from train.scoring.translation import compare_translations, conclude

Key = tuple[object, ...]

SLICED = ("manifest", "verdict", "tag", "lang", "stratum", "duration")
"""The slices by which models are compared; one speaker is too little to compare on."""


def key_of(row: Row) -> Key:
    """What makes two rows the same utterance: curation's id, else the audio segment."""
    given = row.curated.get("id")
    if isinstance(given, str):
        return (given, row.text)
    fields = row.fields
    return (fields["audio_filepath"], fields.get("offset", 0), fields["duration"], row.text)


def has_some_of(old: Sequence[Scored], rows: Sequence[Row]) -> bool:
    """Whether the old model has a prediction for one of the rows at least."""
    known = {key_of(item.row) for item in old if item.edits is not None}
    return any(key_of(row) in known for row in rows)


class Pairs:
    """Utterances that both models have a prediction for."""

    def __init__(self, new: Sequence[Scored], old: Sequence[Scored], seed: int = 0) -> None:
        before = {key_of(item.row): item for item in old if item.edits is not None}
        both = [item for item in new if item.edits is not None and key_of(item.row) in before]
        self.missing = sum(item.edits is not None for item in new) - len(both)
        self.rows = ScoredRows(both, seed)
        self.old = [before[key_of(item.row)] for item in both]
        edits = [item.edits for item in self.old]
        self.old_errors = np.array([each.word_edits for each in edits if each], np.float64)
        self.old_char_errors = np.array([each.char_edits for each in edits if each], np.float64)

    def difference(self, part: Int64s) -> Change:
        """The comparison over some of the rows."""
        (drawn,) = self._drawn([part])
        return Change(**self._fields(part, drawn))

    def guardrail(self, part: Int64s, limit: float) -> Guardrail:
        """The comparison over the guardrail's rows: it fails where the rate surely rose by more."""
        (drawn,) = self._drawn([part])
        fields = self._fields(part, drawn)
        passed = passes_guardrail(limit, fields["difference"], fields["low"])
        return Guardrail(**fields, limit=limit, passed=passed)

    def smaller_tests(self, part: Int64s) -> tuple[SmallerTest, ...]:
        """How tests of fewer clusters than these rows rank the two models."""
        old, new, _ = self._counts(self.rows.primary(part))
        clusters = self.rows.bootstrap.clusters.of_row[part]
        duration_s = np.array([self.rows.items[at].row.duration_s for at in part.tolist()])
        errors = np.stack([old[part], new[part]])
        return smaller_tests(errors, clusters, duration_s, self.rows.bootstrap.seed)

    def by(self) -> Mapping[str, tuple[SliceChange, ...]]:
        """The comparison by slice."""
        return {name: self._table(values) for name, values in SLICES if name in SLICED}

    def _table(self, values: Values) -> tuple[SliceChange, ...]:
        parts = self.rows.parts(values)
        drawn = self._drawn(list(parts.values())) if parts else np.zeros((0, 0))
        return tuple(
            SliceChange(value=value, **self._fields(part, draws))
            for (value, part), draws in zip(parts.items(), drawn, strict=True)
        )

    def _counts(self, name: str) -> tuple[Floats, Floats, Floats]:
        """Errors of the old model and of the new one, and what they are over."""
        if name == "cer":
            return self.old_char_errors, self.rows.char_errors, self.rows.chars
        return self.old_errors, self.rows.errors, self.rows.words

    def _drawn(self, parts: Sequence[Int64s]) -> Floats:
        """Differences in every draw: of CER where that is the rate to name, else of WER."""
        sums = []
        for part in parts:
            old, new, whole = self._counts(self.rows.primary(part))
            sums.append((part, (new - old, whole)))
        return ratio(*self.rows.bootstrap.sums_each(sums))

    def _fields(self, part: Int64s, drawn: Floats) -> dict[str, Any]:
        """The fields of `Change` over some of the rows."""
        metric = self.rows.primary(part)
        wer, cer = self._rates(part, "wer"), self._rates(part, "cer")
        old, new = cer if metric == "cer" else wer
        bounds = interval(drawn) if self.rows.enough(part) else None
        low, high = (bounds.low, bounds.high) if bounds else (None, None)
        return {
            "rows": int(part.size),
            "ref_words": int(self.rows.words[part].sum()),
            "metric": metric,
            "wer_old": wer[0],
            "wer_new": wer[1],
            "cer_old": cer[0],
            "cer_new": cer[1],
            "difference": None if old is None or new is None else round(new - old, 6),
            "low": low,
            "high": high,
            "p": p_value(drawn) if bounds else None,
            "conclusion": conclude(low, high),
        }

    def _rates(self, part: Int64s, name: str) -> tuple[float | None, float | None]:
        old, new, whole = (float(each[part].sum()) for each in self._counts(name))
        if not whole:
            return None, None
        return round(old / whole, 6), round(new / whole, 6)


def passes_guardrail(limit: float, difference: float | None, low: float | None) -> bool:
    """False where the rise is above the limit, and its interval (if any) above zero."""
    if difference is None or difference <= limit:
        return True
    return low is not None and low <= 0


def compare(
    new: Sequence[Scored],
    old: Sequence[Scored],
    model: str,
    guardrail: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Against:
    """The new model's rows compared with the old `model`'s.

    `guardrail` maps manifests (as they were named) to the rise in WER that they allow.
    """
    pairs = Pairs(new, old, seed)
    rails = guardrail or {}
    guarded = np.array([str(item.row.manifest) in rails for item in pairs.rows.items], np.bool_)
    rail = pairs.guardrail(np.flatnonzero(guarded), min(rails.values())) if rails else None
    own = pairs.rows.recognised[~guarded[pairs.rows.recognised]]
    return Against(
        model=model,
        missing=pairs.missing,
        overall=pairs.difference(own),
        by=pairs.by(),
        translations=compare_translations(pairs.rows, pairs.old),
        guardrail=rail,
        smaller_tests=pairs.smaller_tests(own),
    )
