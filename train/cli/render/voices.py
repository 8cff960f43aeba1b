"""What voices were compared, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from curate.formatting.units import percent
from train.artifacts.voices import Voices
from train.cli.render.scores import counts_table, reasons_table


def tables(record: Voices) -> Iterator[Table]:
    """The counts of voices.json."""
    rows = {
        "lines": record.lines,
        "malformed": record.malformed,
        "voice embedding": record.embedded,
        "and a named speaker": record.named,
        **record.values,
    }
    yield counts_table("rows with each value", "value", rows)
    yield _voices(record)
    if record.missing:
        yield reasons_table("why a voice embedding is missing", record.missing)


def _voices(record: Voices) -> Table:
    table = Table(title="voices", title_justify="left", title_style="bold", box=None)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("named speakers", f"{record.speakers:,}")
    table.add_row(f"clusters from cosine {record.same_voice:g}", f"{record.clusters:,}")
    rate = record.equal_error_rate
    if rate is not None:
        table.add_row("pairs of records of one name", f"{rate.pairs_of_one_name:,}")
        table.add_row("equal error rate of pairs", percent(rate.rate))
        table.add_row("at cosine", f"{rate.cosine:.2f}")
    return table
