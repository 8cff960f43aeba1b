"""Shards, and what was proven of them, as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.verification import Verification
from curate.cli.render.terminal import plain_table
from curate.formatting.units import hours
from curate.terminal.command import printable


def shard_table(index: ShardIndex) -> Sequence[Table]:
    """Shards and manifests written."""
    table = plain_table("shards", "what|cuts or rows|hours")
    number = len(index.shards)
    shards = f"{number:,} shard{'s' if number != 1 else ''} in train/"
    table.add_row(shards, f"{index.cuts:,}", hours(index.hours))
    for manifest in index.manifests.values():
        table.add_row(manifest.file, f"{manifest.rows:,}", hours(manifest.hours))
    for skipped in index.skipped[:10]:
        left_out = Text(printable(f"left out: {skipped.id}"))
        table.add_row(left_out, Text(printable(skipped.reason)), "")
    return [table]


def verify_table(verification: Verification) -> Sequence[RenderableType]:
    """What was proven of a shard directory; its faults are the command's last lines."""
    table = plain_table("verified", "what|value")
    for what, value in (
        ("folder", verification.folder),
        ("format", verification.format),
        ("shards", str(verification.shards)),
        ("cuts", str(verification.cuts)),
        ("hours", hours(verification.hours)),
        ("decoded", str(verification.decoded)),
        ("checked_against", verification.checked_against),
    ):
        table.add_row(what, Text(printable(value)))
    return [table]
