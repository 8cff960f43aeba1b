"""Translations: BLEU and chrF of each pair of languages, with intervals and comparisons.

A row whose source and target language differ is a translation. A good one need not have the words
of its reference, so it counts in no error rate. Both figures are sacrebleu's, of texts as they are:
case and punctuation count, as in published figures. Intervals are over the draws of the error
rates, for which the counts of single rows are needed: sacrebleu has them only in private methods,
which its own significance test uses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from curate.arrays import Floats, Int64s
from curate.environment.extras import require
from curate.statistics.bootstrap import interval, p_value
from curate.text.languages import language_code
from train.artifacts.wer import Conclusion, Score, Translation, TranslationChange
from train.scoring.edits import total
from train.scoring.rates import Pair, ScoredRows
from train.scoring.scoring import Scored

REFERENCE = 1
"""The place of the reference's length among the counts of both metrics."""


def score_translations(rows: ScoredRows) -> tuple[Translation, ...]:
    """BLEU and chrF of every pair of languages, in the order of their names."""
    return tuple(_translation(rows, pair, part) for pair, part in rows.translations.items())


def compare_translations(rows: ScoredRows, old: Sequence[Scored]) -> tuple[TranslationChange, ...]:
    """BLEU of every pair by two models; `old` are the same rows as `rows`, by the other one."""
    return tuple(_change(rows, old, pair, part) for pair, part in rows.translations.items())


def _translation(rows: ScoredRows, pair: Pair, part: Int64s) -> Translation:
    items = [rows.items[index] for index in part]
    metrics = require("sacrebleu.metrics", "BLEU of translations")
    return Translation(
        source_lang=pair[0],
        target_lang=pair[1],
        rows=len(items),
        clusters=rows.bootstrap.clusters_in(part),
        bleu=_score(rows, part, _bleu(pair, items)),
        chrf=_score(rows, part, metrics.CHRF()),
        wer=total(item.edits for item in items if item.edits).wer,
    )


def _bleu(pair: Pair, items: Sequence[Scored]) -> Any:
    """The metric, by characters where most references are in a script that writes no spaces."""
    spaceless = sum(item.edits.spaceless for item in items if item.edits)
    by_character = "zh" if language_code(pair[1]) == "zh" else "char"
    tokenizer = by_character if 2 * spaceless > len(items) else "13a"
    metrics = require("sacrebleu.metrics", "BLEU of translations")
    return metrics.BLEU(tokenize=tokenizer, force=True)  # else it warns of texts with spaced dots


def _score(rows: ScoredRows, part: Int64s, metric: Any) -> Score:
    counts = _counts(metric, [rows.items[index] for index in part])
    bounds = interval(_drawn(rows, part, metric, counts)) if rows.enough(part) else None
    low, high = (bounds.low, bounds.high) if bounds else (None, None)
    whole = _compute(metric, counts.sum(axis=0))
    return Score(
        score=None if math.isnan(whole) else round(whole, 4),
        low=low,
        high=high,
        signature=str(metric.get_signature()),
    )


def _change(rows: ScoredRows, old: Sequence[Scored], pair: Pair, part: Int64s) -> TranslationChange:
    metric = _bleu(pair, [rows.items[index] for index in part])
    counts = [_counts(metric, [items[index] for index in part]) for items in (old, rows.items)]
    then, now = (_compute(metric, each.sum(axis=0)) for each in counts)
    before, after = (_drawn(rows, part, metric, each) for each in counts)
    bounds = interval(after - before) if rows.enough(part) else None
    low, high = (bounds.low, bounds.high) if bounds else (None, None)
    known = not math.isnan(then + now)
    return TranslationChange(
        source_lang=pair[0],
        target_lang=pair[1],
        rows=part.size,
        bleu_old=round(then, 4) if known else None,
        bleu_new=round(now, 4) if known else None,
        difference=round(now - then, 4) if known else None,
        low=low,
        high=high,
        p=p_value(after - before) if bounds else None,
        conclusion=conclude(low, high, higher_is_better=True),
    )


def _counts(metric: Any, items: Sequence[Scored]) -> Floats:
    """The counts of each row, which add up to those of a corpus."""
    hypotheses = [item.hypothesis or "" for item in items]
    references = [item.row.text for item in items]
    return np.array(metric._extract_corpus_statistics(hypotheses, [references]), np.float64)


def _drawn(rows: ScoredRows, part: Int64s, metric: Any, counts: Floats) -> Floats:
    """The score in every draw."""
    columns = np.zeros((counts.shape[1], len(rows.items)))
    columns[:, part] = counts.T
    sums = np.concatenate(rows.bootstrap.sums([part], *columns))
    return np.array([_compute(metric, each) for each in sums.T])


def _compute(metric: Any, counts: Floats) -> float:
    """The score of a corpus with these counts, [0, 100]; NaN without a reference."""
    if not counts[REFERENCE]:
        return math.nan
    return float(metric._compute_score_from_stats([int(each) for each in counts]).score)


def conclude(
    low: float | None, high: float | None, *, higher_is_better: bool = False
) -> Conclusion:
    """What the interval of a difference, new less old, says of the new model."""
    if low is None or high is None:
        return "too few to compare"
    if low <= 0 <= high:
        return "no measurable difference"
    return "better" if (low > 0) is higher_is_better else "worse"
