"""Which warnings of an artefact call for nothing to be done."""

from __future__ import annotations

from curate.artifacts.profile import EXEMPT_CONVENTION
from reports.headlines.declare import Level


def level_of(warning: str) -> Level:
    """A note for a convention of the corpus that keeps no row out, else a warning."""
    return "note" if EXEMPT_CONVENTION in warning else "warning"
