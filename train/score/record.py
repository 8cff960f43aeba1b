"""scores.json, by what stands in scores.jsonl."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from curate.artifacts.score_fields import SCORE_FIELD, SCORE_REASON, SCORE_VALUES
from curate.errors import InputError
from train.artifacts.scores import Scores
from train.data.rows import Row, read_lines
from train.runs.lines import Lines
from train.runs.provenance import versions
from train.score.request import ScoreRequest
from train.scoring.missing import count_reasons
from train.scoring.row_scores import HYPOTHESIS


def make_record(request: ScoreRequest, lines: Lines, scores: Path) -> Scores:
    """What was scored, and what not for which reason; InputError where no row has a hypothesis."""
    rows = [row for row in read_lines(scores) if isinstance(row, Row)]
    scored = [row for row in rows if row.fields[HYPOTHESIS] is not None]
    reasons = (row.fields[SCORE_FIELD].get(SCORE_REASON) or "" for row in rows)
    missing = count_reasons(zip(lines.records, reasons, strict=True))
    if not scored:
        what = "; ".join(f"{each.rows} rows: {each.reason}" for each in missing[:10])
        hint = f"correct the {'shards' if request.data else 'manifest'}"
        raise InputError.of("train score", f"no row can be scored ({what})", hint)
    values = Counter(
        name for row in rows for name in SCORE_VALUES if row.fields[SCORE_FIELD][name] is not None
    )
    return Scores(
        command=request.command,
        versions=versions(),
        model=request.model,
        manifests=tuple(map(str, request.manifests)),
        data=tuple(map(str, request.data)) or None,
        lines=len(lines.all),
        scored=len(scored),
        hours=round(sum(row.duration_s for row in scored) / 3600, 6),
        malformed=len(lines.all) - len(rows),
        values={name: values[name] for name in SCORE_VALUES},
        missing=missing,
    )
