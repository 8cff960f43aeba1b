"""A record's text against what a recogniser has: the alignment that its page shows."""

from __future__ import annotations

from curate.formatting.alignment import align, units_of
from curate.profiles.opened import Json


def differences(text: str, other: str | None) -> Json:
    """How the recogniser's text differs, and what is between two units of it."""
    if other is None:
        return {"against": None, "between": ""}
    units, others, between = units_of(text, other)
    edits = align(units, others, exact=False)
    joined = [[each.what, between.join(each.text), between.join(each.other)] for each in edits]
    return {"against": joined, "between": between}
