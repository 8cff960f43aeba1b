"""`train average`: the average of a run's best checkpoints, if it is better than the best."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from curate.formatting.units import percent
from curate.terminal.command import printable
from train.cli.app import AsJson, Device, answer, app, command_line, say


@app.command(name="average")
def average(
    run: Annotated[Path, typer.Argument(help="Directory of a complete `train run`.")],
    out: Annotated[Path, typer.Option(help="Directory for model.nemo and average.json.")],
    top: Annotated[
        int | None,
        typer.Option(min=2, help="So many of the best checkpoints.", show_default="all"),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(help="NeMo manifest to compare on.", show_default="that of the run"),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Utterances per batch.")] = 16,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Average the weights of the best checkpoints, and keep the average if it is better.

    The average and the best model transcribe the eval manifest. model.nemo in --out is the average
    where the 95 % interval of the paired difference is below zero, and else the best model.

    Example: `train average run --out average`
    """
    from train.average import AverageRequest
    from train.average import average as run_average

    request = AverageRequest(run, out, top, manifest, batch_size, device, command_line())
    with redirect_stdout(sys.stderr):
        record = run_average(request, say)
    change = record.change
    before, after = change.then_and_now
    rates = f"{change.metric.upper()} {percent(before)} to {percent(after)}, {change.conclusion}"
    steps = ", ".join(str(each.step) for each in record.checkpoints)
    say(f"model: {out / 'model.nemo'}")
    answer(
        as_json,
        record,
        Text(printable(f"average of steps {steps}: {rates}")),
        Text(f"chosen: {record.chosen}"),
    )
