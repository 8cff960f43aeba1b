"""The gates that a command was given."""

from __future__ import annotations

import re

from markupsafe import Markup

from curate.artifacts.base import GatedArtifact
from reports.tables import Column, Table, alarm

_GATE = re.compile(r"([A-Za-z_][\w.:-]*)\s*(>=|<=|>|<)\s*(\S+)")
_ALLOWED = {">": "at most", ">=": "below", "<": "at least", "<=": "above"}
"""By the comparison on which a gate fails: how to name what it allows."""
_NONE_OF = {
    "unscored": "every row scored",
    "forgetting": "no forgetting",
    "unchecked": "every key checked",
    "missed_targets": "every target met",
    "undecoded": "every recording decoded",
    "left_out": "every row in an output",
}
_RATES = {"wer": "WER", "cer": "CER"}


def gates(artefact: GatedArtifact) -> Markup | None:
    """Each gate by what it demands, the comparison on which it fails, and its figure."""
    if not artefact.fail_on:
        return None
    columns = (
        Column("demand", "text"),
        Column("fails on", "name"),
        Column("figure", "text"),
        Column("result", "text"),
    )
    rows = [
        (demand(gate.gate), gate.gate, gate.figure, alarm("failed") if gate.failed else "passed")
        for gate in artefact.fail_on
    ]
    return Table("Gates", columns, rows).render()


def demand(gate: str) -> str:
    """What must hold for a gate to pass.

    >>> demand("unscored>0"), demand("leaks>0"), demand("wer>12%")
    ('every row scored', 'no leaks', 'WER at most 12%')
    """
    match = _GATE.fullmatch(gate)
    if match is None:
        return gate
    name, sign, limit = match.groups()
    words = _RATES.get(name, name.replace("_", " "))
    if (sign, limit) == (">", "0"):
        return _NONE_OF.get(name, f"no {words}")
    return f"{words} {_ALLOWED[sign]} {limit}"
