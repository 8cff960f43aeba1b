"""Measured batch sizes for the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from curate.terminal.command import printable
from train.artifacts.batch_sizes import BatchSizes

GIB = 2**30


def tables(record: BatchSizes) -> Iterator[RenderableType]:
    """The buckets with their sizes, and the lines for a configuration of NeMo."""
    device = record.device
    budget = f"{device.budget_bytes / GIB:,.2f} GiB of {device.counted} on {device.name}"
    title = printable(f"batch sizes for {record.model.class_name}, {record.precision}, in {budget}")
    table = Table(title=title, title_justify="left", title_style="bold", box=None)
    for name in ("up to s", "tokens", "batch size", "GiB"):
        table.add_column(name, justify="right")
    for each in record.buckets:
        peak = f"{each.peak_bytes / GIB:,.2f}"
        table.add_row(f"{each.upto_s:.2f}", f"{each.upto_tokens:,}", f"{each.batch_size:,}", peak)
    yield table
    is_2d = record.kind == "2d"
    bins = [[each.upto_s, each.upto_tokens] if is_2d else each.upto_s for each in record.buckets]
    yield Text(f"bucket_duration_bins: {json.dumps(bins)}")
    yield Text(f"bucket_batch_size: {json.dumps([each.batch_size for each in record.buckets])}")
