"""`curate reconsider`: what a model's errors say about the rules that its data was chosen by.

The loop closes here: rules tag, training uses, `train eval` counts errors, and each limit is held
against the errors of what it tagged. How it decides is in docs/adr/0017.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.artifacts.columns import DURATION_US, LANG, SPEAKER, VERDICT
from curate.inspect.subjects import rules_of
from curate.profiles import versions
from curate.profiles.summary import Json
from curate.reconsider.evidence import Evidence, gather
from curate.reconsider.joined import Judged, join, predictions_of

__all__ = ["OURS", "reconsider"]

SCHEMA = "curate.reconsider/1"
OURS = frozenset({"reconsider.json", "report.html"})
MOST_TEXT = 4000
"""Characters of an example's texts."""


def reconsider(evaluation: Path, profile: Path, command: str = "") -> Json:
    """What each limit's rows say, from an evaluation's predictions and the profile behind them.

    InputError where either is not what it should be, or where none of the predictions is of a
    record of the profile.
    """
    rules, warnings = rules_of(profile)
    judged = join(evaluation, profile, rules)
    found = gather(judged, rules)
    examples = _examples(evaluation, judged, found)
    return {
        "schema": SCHEMA,
        "command": command,
        "versions": versions(("asr-curate", "numpy", "polars")),
        "evaluation": str(evaluation),
        "profile": str(profile),
        "rules": {"name": rules.name, "path": rules.path, "sha256": rules.sha256},
        "rows": judged.frame.height,
        "unmatched": judged.unmatched,
        "clean": _clean(judged),
        "limits": [_as_json(each, examples) for each in found],
        "warnings": warnings,
    }


def _clean(judged: Judged) -> Json:
    """What the rows that no rule tagged look like."""
    clean = judged.clean
    words, errors = float(judged.words[clean].sum()), float(judged.errors[clean].sum())
    rate = round(errors / words, 6) if words else None
    return {"rows": int(clean.size), "words": int(words), "wer": rate}


def _as_json(each: Evidence, examples: Mapping[int, Json]) -> Json:
    told = {name: getattr(each, name) for name in Evidence.__dataclass_fields__}
    return {**told, "examples": [examples[row] for row in each.examples]}


def _examples(evaluation: Path, judged: Judged, found: Sequence[Evidence]) -> Mapping[int, Json]:
    """The rows that are shown, by number: what was said, and what the model heard."""
    rows = {row for each in found for row in each.examples}
    known = {row: judged.frame.row(row, named=True) for row in rows}
    stated = predictions_of(evaluation, {row["id"] for row in known.values()})
    return {number: _example(row, stated[row["id"]]) for number, row in known.items()}


def _example(row: Mapping[str, Any], stated: Mapping[str, Any]) -> Json:
    return {
        "id": row["id"],
        "wer": round(row["word_errors"] / row["ref_words"], 6),
        "text": str(stated.get("text", ""))[:MOST_TEXT],
        "pred_text": str(stated["pred_text"])[:MOST_TEXT],
        "duration_s": row[DURATION_US.name] / 1e6,
        "verdict": row[VERDICT.name],
        "lang": row[LANG.name],
        "speaker": row[SPEAKER.name],
        "audio_filepath": stated.get("audio_filepath"),
    }
