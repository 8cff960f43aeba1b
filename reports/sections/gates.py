"""The gates that a command was given."""

from __future__ import annotations

from markupsafe import Markup

from curate.artifacts.base import GatedArtifact
from reports.tables import Column, Table, alarm


def gates(artefact: GatedArtifact) -> Markup | None:
    """Each gate with its figure."""
    if not artefact.fail_on:
        return None
    columns = (Column("gate", "name"), Column("figure", "text"), Column("result", "text"))
    rows = [
        (gate.gate, gate.figure, alarm("failed") if gate.failed else "passed")
        for gate in artefact.fail_on
    ]
    return Table("Gates", columns, rows).render()
