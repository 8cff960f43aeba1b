"""What was written into shards, and whether it can be read back."""

from __future__ import annotations

from collections import Counter

from markupsafe import Markup

from reports import drawn
from reports.contracts import Shards
from reports.drawn import Figure
from reports.format import count, hours, size
from reports.sections.declare import joined, titled
from reports.tables import Column, Table, alarm

_SHORT = 16


def contents(shards: Shards) -> Markup | None:
    """Key figures, the plain manifests, and the fields that were added."""
    total = sum(shard.bytes or 0 for shard in shards.shards)
    figures = drawn.figures(
        (
            Figure("cuts", count(shards.cuts)),
            Figure("audio", hours(shards.hours), shards.audio_format or ""),
            Figure("shards", count(len(shards.shards))),
            Figure("size", size(total)),
        )
    )
    return joined(
        figures,
        titled("Manifests", _manifests(shards)),
        titled("Fields added", _fields(shards)) if shards.fields_added else None,
    )


def _manifests(shards: Shards) -> Markup:
    columns = (
        Column("split", "text"),
        Column("file", "name"),
        Column("rows", "count"),
        Column("hours", "hours"),
    )
    rows = [(name, it.file, it.rows, it.hours) for name, it in shards.manifests.items()]
    return Table("Manifests", columns, rows).render()


def _fields(shards: Shards) -> Markup:
    columns = (Column("field", "name"), Column("rows that lacked it", "count"))
    return Table("Fields added", columns, list(shards.fields_added.items())).render()


def verification(shards: Shards) -> Markup | None:
    """Written against read back."""
    back = shards.verified
    columns = (
        Column("what", "text"),
        Column("written", "number"),
        Column("read back", "number"),
        Column("equal", "text"),
    )
    same_hours = None
    if shards.hours is not None and back.hours is not None:
        same_hours = abs(shards.hours - back.hours) < 1e-6 * max(1.0, shards.hours)
    same_cuts = None if back.cuts is None else shards.cuts == back.cuts
    rows = [
        ("cuts", count(shards.cuts), count(back.cuts), _word(same_cuts)),
        ("audio", hours(shards.hours), hours(back.hours), _word(same_hours)),
        ("ids", "", "", _word(back.ids_match)),
    ]
    return Table("Verification", columns, rows).render()


def _word(same: bool | None) -> str | Markup:
    return alarm("no") if same is False else "yes" if same else "not checked"


def skipped(shards: Shards) -> Markup | None:
    """Rows that could not be written: first how many for which reason, then which."""
    if not shards.skipped:
        return None
    reasons = Counter(item.reason for item in shards.skipped)
    summary = Table(
        "Reasons", (Column("reason", "text"), Column("rows", "count")), reasons.most_common()
    )
    rows = [(item.id, item.reason) for item in shards.skipped]
    columns = (Column("row", "name"), Column("reason", "text"))
    each = Table("Skipped rows", columns, rows, limit=50, elsewhere="shards.json")
    return joined(summary.render(), titled("Rows", each.render()))


def table(shards: Shards) -> Markup | None:
    """One line per shard."""
    columns = (
        Column("shard", "count"),
        Column("cuts", "count"),
        Column("hours", "hours"),
        Column("size", "size"),
        Column("cuts file", "name"),
        Column("recordings", "name"),
        Column("sha256 of cuts", "name"),
        Column("sha256 of recordings", "name"),
    )
    rows = [
        (
            *(shard.index, shard.cuts, shard.hours, shard.bytes),
            *(shard.cuts_file, shard.recording_file),
            *((shard.sha256.get(key) or "")[:_SHORT] or None for key in ("cuts", "recording")),
        )
        for shard in shards.shards
    ]
    total = ("", shards.cuts, shards.hours, sum(shard.bytes or 0 for shard in shards.shards))
    foot = (*total, "", "", "", "")
    note = Markup('<p class="note">The first 16 digits of each hash; all are in shards.json.</p>')
    shown = Table("Shards", columns, rows, foot=foot, limit=100, elsewhere="shards.json")
    return joined(shown.render(), note)
