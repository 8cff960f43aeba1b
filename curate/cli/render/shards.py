"""Shards, and what was proven of them, as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.verification import Verification
from curate.cli.render.terminal import plain_table
from curate.formatting.units import hours, plural
from curate.terminal.command import printable


def shard_table(index: ShardIndex) -> Sequence[Table]:
    """Shards and manifests written."""
    table = plain_table("shards", "what|cuts or rows|length")
    shards = plural(len(index.shards), "shard")
    table.add_row(f"{shards} in train/", f"{index.cuts:,}", hours(index.hours))
    for manifest in index.manifests.values():
        table.add_row(manifest.file, f"{manifest.rows:,}", hours(manifest.hours))
    for skipped in index.skipped[:10]:
        left_out = Text(printable(f"left out: {skipped.id}"))
        table.add_row(left_out, Text(printable(skipped.reason)), "")
    return [table]


def verify_table(verification: Verification) -> Sequence[RenderableType]:
    """What was proven of a shard directory; its faults are the command's last lines."""
    table = plain_table("verification", "what|value")
    for what, value in (
        ("folder", verification.folder),
        ("format", verification.format),
        ("shards", str(verification.shards)),
        ("cuts", str(verification.cuts)),
        ("length", hours(verification.hours)),
        ("decoded", f"{verification.decoded:,} of {plural(verification.cuts, 'recording')}"),
        ("checked against", verification.checked_against),
    ):
        table.add_row(what, Text(printable(value)))
    return [table]
