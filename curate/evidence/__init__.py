"""`curate reconsider`: what a model's errors say about the rules that its data was chosen by.

The loop closes here: rules tag, training uses, `train eval` counts errors, and each limit is held
against the errors of what it tagged. How it decides is in docs/adr/0017.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.artifacts.base import RuleFile
from curate.artifacts.columns import DURATION_US, LANG, SPEAKER, VERDICT
from curate.artifacts.reconsider import CleanRows, LimitEvidence, PredictedRecord, Reconsider
from curate.environment.versions import versions
from curate.evidence.joined import ScoredRows, join, predictions_of
from curate.evidence.limits import Evidence, gather
from curate.inspect.subjects import rules_of

__all__ = ["OUTPUT_FILES", "weigh_limits"]

OUTPUT_FILES = frozenset({"reconsider.json", "report.html"})
MOST_TEXT = 4000
"""Characters of an example's texts."""


def weigh_limits(evaluation: Path, profile: Path, command: str = "") -> Reconsider:
    """What each limit's rows say, from an evaluation's predictions and the profile behind them.

    InputError where either is not what it should be, or where none of the predictions is of a
    record of the profile.
    """
    rules, warnings = rules_of(profile)
    scored = join(evaluation, profile, rules)
    evidence = gather(scored, rules)
    examples = _examples(evaluation, scored, evidence)
    return Reconsider(
        command=command,
        versions=versions(("asr-curate", "numpy", "polars")),
        warnings=tuple(warnings),
        evaluation=str(evaluation),
        profile=str(profile),
        rules=RuleFile(name=rules.name, path=str(rules.path), sha256=rules.sha256),
        rows=scored.frame.height,
        unmatched=scored.unmatched,
        clean=_clean(scored),
        limits=tuple(_limit(each, examples) for each in evidence),
    )


def _clean(scored: ScoredRows) -> CleanRows:
    """What the rows that no rule tagged look like."""
    clean = scored.clean
    words, errors = float(scored.words[clean].sum()), float(scored.errors[clean].sum())
    rate = round(errors / words, 6) if words else None
    return CleanRows(rows=int(clean.size), words=int(words), wer=rate)


def _limit(evidence: Evidence, examples: Mapping[int, PredictedRecord]) -> LimitEvidence:
    chosen = tuple(examples[row] for row in evidence.examples)
    return evidence.record.model_copy(update={"examples": chosen})


def _examples(
    evaluation: Path, scored: ScoredRows, evidence: Sequence[Evidence]
) -> Mapping[int, PredictedRecord]:
    """The rows that are shown, by number, with their texts and predictions."""
    rows = {row for each in evidence for row in each.examples}
    known = {row: scored.frame.row(row, named=True) for row in rows}
    stated = predictions_of(evaluation, {row["id"] for row in known.values()})
    return {number: _example(row, stated[row["id"]]) for number, row in known.items()}


def _example(row: Mapping[str, Any], stated: Mapping[str, Any]) -> PredictedRecord:
    path = stated.get("audio_filepath")
    return PredictedRecord(
        id=row["id"],
        text=str(stated.get("text", ""))[:MOST_TEXT],
        marks=(),
        pred_text=str(stated["pred_text"])[:MOST_TEXT],
        duration_s=row[DURATION_US.name] / 1e6,
        lang=row[LANG.name],
        speaker=row[SPEAKER.name],
        audio_filepath=None if path is None else str(path),
        wer=round(row["word_errors"] / row["ref_words"], 6),
        verdict=row[VERDICT.name],
    )
