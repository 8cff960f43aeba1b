"""`train eval`: transcribe manifests and count the errors."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text

from curate.command import printable
from curate.errors import Fault, GateFailed
from train.cli.app import CONSOLE, AsJson, Manifests, app, command_line, dump, percent, say

NAMED = 10
"""So many rows without a prediction are named; wer.json names them all."""


@app.command(name="eval")
def evaluate(
    model: Annotated[str, typer.Argument(help="A .nemo file, or a pretrained model's name.")],
    manifest: Manifests,
    out: Annotated[Path, typer.Option(help="Directory for the results; replaced whole.")],
    batch_size: Annotated[int, typer.Option(min=1, help="Utterances at a time.")] = 16,
    device: Annotated[Literal["auto", "cpu", "gpu"], typer.Option(help="Where to run.")] = "auto",
    allow_missing: Annotated[
        bool, typer.Option(help="Exit 0 even where audio is missing or cannot be read.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Transcribe manifests and count word errors by manifest, verdict, tag, language, speaker.

    Example: `train eval run/model.nemo --manifest shards/test.jsonl --out eval/`
    """
    import reports
    from train.evaluate import evaluate as evaluate_model

    with redirect_stdout(sys.stderr):
        done = evaluate_model(
            model,
            manifest,
            out,
            batch_size=batch_size,
            device=device,
            command=command_line(),
            tell=say,
        )
    page = reports.build("eval", done.folder)
    CONSOLE.print(_rates(done.record))
    say(f"report: {page}")
    dump(as_json, done.record)
    if done.unscored and not allow_missing:
        raise _unscored(done.unscored, done.rows)


def _unscored(rows: Sequence[tuple[str, str]], total: int) -> GateFailed:
    """The gate that rows without a prediction do not pass: they would flatter the model."""
    faults = [Fault(where, why) for where, why in rows[:NAMED]]
    what = f"{len(rows)} of {total} rows have no prediction and count in no rate"
    mend = "mend the manifest, or add --allow-missing; wer.json names them all"
    return GateFailed(*faults, Fault("train eval", what, mend))


def _rates(record: Mapping[str, Any]) -> Table:
    """WER and CER overall and by what curation knew."""
    table = Table(title="word errors", title_justify="left", title_style="bold", box=None)
    for name in ("by", "value"):
        table.add_column(name)
    for name in ("rows", "words", "WER", "CER"):
        table.add_column(name, justify="right")
    entries = [("all", "", record["overall"])]
    for by in ("manifest", "verdict", "tag", "lang"):
        entries += [(by, entry["value"], entry) for entry in record["by"][by]]
    for by, value, entry in entries:
        table.add_row(
            by,
            Text(printable(str(value))),
            f"{entry['rows']:,}",
            f"{entry['ref_words']:,}",
            percent(entry["wer"]),
            percent(entry["cer"]),
        )
    return table
