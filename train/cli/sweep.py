"""`train sweep`: short trials of listed options, compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from curate.terminal.command import printable
from train.cli.app import AsJson, answer, app, command_line, percent, say
from train.cli.settings import ModelName, RecipeName, Settings, given, resolve


@app.command()
def sweep(
    data: Annotated[Path, typer.Option(help="A directory that `curate shard` wrote.")],
    out: Annotated[Path, typer.Option(help="Directory for the trials, a folder each.")],
    vary: Annotated[
        list[str],
        typer.Option(
            help="Values to try: optim.lr=1e-4,3e-4, or use_loss_mask_for_prompt=both. Repeat it "
            "for every combination."
        ),
    ],
    model: ModelName = None,
    recipe: RecipeName = None,
    settings: Settings = [],  # noqa: B006 - Typer reads it, nobody writes it
    as_json: AsJson = False,
) -> None:
    """Try options in short runs on the same data in the same order, and name the better one.

    Each trial is a run in a process of its own, evaluated on the eval manifest. WERs come with
    95 % intervals, by the same draws of speakers for all, and what chance explains is called no
    difference. An interrupted sweep goes on when the same command is run again.

    Example: `train sweep --data shards/ --model m.nemo --out sweep/ --vary freeze.encoder=both
    --set trainer.max_steps=500`
    """
    from train.config import Setting
    from train.sweep import sweep as run_sweep
    from train.sweep import trials

    configs = {}
    for trial in trials(vary):
        options = [*given(model=model, data=data), Setting("--out", "out", str(out / trial.name))]
        configs[trial] = resolve(recipe, model, [*options, *trial.settings], settings)
    record = run_sweep(configs, out, command_line(), say)
    answer(as_json, record, table(record), Text(printable(f"winner: {record['winner']}")))


def table(record: Mapping[str, Any]) -> Table:
    """Every trial's WER, and what it is above the best's."""
    shown = Table(title="trials", title_justify="left", title_style="bold", box=None)
    shown.add_column("trial", overflow="fold")
    for name in ("WER", "95 %", "above the best", "95 %"):
        shown.add_column(name, justify="right")
    shown.add_column("says")
    for entry in record["trials"]:
        wer, against = entry["wer"], entry["against_best"]
        shown.add_row(
            Text(printable(entry["name"])),
            percent(wer["wer"]),
            _between(wer["wer_low"], wer["wer_high"]),
            percent(against.get("difference")),
            _between(against.get("low"), against.get("high")),
            against.get("says", "best"),
        )
    return shown


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{percent(low)} to {percent(high)}"
