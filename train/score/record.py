"""scores.json, by what stands in scores.jsonl."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.artifacts.score_fields import SCORE_FIELD, SCORE_REASON, SCORE_VALUES
from curate.errors import InputError
from train.artifacts.scores import Missing, Scores
from train.data.rows import Row, read_lines
from train.runs.provenance import versions
from train.score.lines import Lines
from train.score.request import ScoreRequest
from train.scoring.row_scores import HYPOTHESIS


def make_record(request: ScoreRequest, lines: Lines, scores: Path) -> Scores:
    """What was scored, and what not for which reason; InputError where no row has a hypothesis."""
    given = lines.records
    rows = [row for row in read_lines(scores) if isinstance(row, Row)]
    scored = [row for row in rows if row.fields[HYPOTHESIS] is not None]
    missing = tuple(_missing(given, [row.fields[SCORE_FIELD] for row in rows]))
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


def _missing(rows: Sequence[Row], scores: Sequence[Mapping[str, Any]]) -> Iterator[Missing]:
    """The reasons, most frequent first; those that differ in figures or paths only are one."""
    by_kind: dict[str, list[Row]] = {}
    for row, score in zip(rows, scores, strict=True):
        if reason := score.get(SCORE_REASON):
            kind = re.sub(r"\d+(?:\.\d+)?", "N", reason.partition(": ")[0])
            by_kind.setdefault(kind, []).append(row)
    for kind, alike in sorted(by_kind.items(), key=lambda each: (-len(each[1]), each[0])):
        yield Missing(reason=kind, rows=len(alike), first=alike[0].place)
