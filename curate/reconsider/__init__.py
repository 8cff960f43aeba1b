"""`curate reconsider`: what a model's errors say about the rules that its data was chosen by.

The loop closes here: rules tag, training uses, `train eval` counts errors, and each limit is held
against the errors of what it tagged. How it decides is in docs/adr/0017.
"""

from __future__ import annotations

from pathlib import Path

from curate.profile import versions
from curate.profile.subjects import rules_of
from curate.profile.summary import Json
from curate.reconsider.evidence import Evidence, gather
from curate.reconsider.judged import Judged, join

__all__ = ["reconsider"]

SCHEMA = "curate.reconsider/1"


def reconsider(evaluation: Path, profile: Path, command: str = "") -> Json:
    """What each limit's rows say, from an evaluation's predictions and the profile behind them.

    InputError where either is not what it should be, or where none of the predictions is of a
    record of the profile.
    """
    rules, warnings = rules_of(profile)
    judged = join(evaluation, profile, rules)
    found = gather(judged, rules)
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
        "limits": [_as_json(each) for each in found],
        "warnings": warnings,
    }


def _clean(judged: Judged) -> Json:
    """What the rows that no rule tagged look like."""
    clean = judged.clean
    words, errors = float(judged.words[clean].sum()), float(judged.errors[clean].sum())
    rate = round(errors / words, 6) if words else None
    return {"rows": int(clean.size), "words": int(words), "wer": rate}


def _as_json(each: Evidence) -> Json:
    return {name: getattr(each, name) for name in Evidence.__dataclass_fields__}
