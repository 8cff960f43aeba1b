"""A summary as JSON: what its Markdown says, for a script; all else is in the artefact's file."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reports.summaries.declare import Summary, plain_text


def plain(summaries: Sequence[Summary]) -> str:
    """A list with an object per artefact: directory, kind, subject, headline, alerts, and gates."""
    return json.dumps([_of(summary) for summary in summaries], ensure_ascii=False, indent=2) + "\n"


def _of(summary: Summary) -> dict[str, object]:
    top = summary.headline
    return {
        "directory": str(summary.directory),
        "kind": summary.kind,
        "subject": summary.subject,
        "headline": plain_text(top.sentence),
        "alerts": [alert._asdict() for alert in top.alerts],
        "gates": [gate.as_json() for gate in summary.gates],
        "failed": any(gate.failed for gate in summary.gates),
    }
