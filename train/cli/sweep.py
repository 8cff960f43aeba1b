"""`train sweep`: short trials of listed options, compared."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from curate.formatting.units import percent
from curate.terminal.command import printable
from train.cli.app import (
    AsJson,
    ModelName,
    RecipeName,
    Settings,
    answer,
    app,
    command_line,
    say,
)

if TYPE_CHECKING:
    from train.artifacts.sweep import Sweep
    from train.artifacts.wer import Change


@app.command(name="sweep")
def sweep(
    data: Annotated[Path, typer.Option(help="Directory that `curate shard` wrote.")],
    out: Annotated[Path, typer.Option(help="Directory for the trials, a subdirectory each.")],
    vary: Annotated[
        list[str],
        typer.Option(
            help="Values to try: optim.lr=1e-4,3e-4, or use_loss_mask_for_prompt=both. Repeat for "
            "every combination."
        ),
    ],
    parallel: Annotated[
        int, typer.Option(min=1, help="Trials at once, each on trainer.devices GPUs of its own.")
    ] = 1,
    model: ModelName = None,
    recipe: RecipeName = None,
    settings: Settings = [],  # noqa: B006 - Typer reads it, nobody writes it
    as_json: AsJson = False,
) -> None:
    """Compare options in short runs on the same data in the same order.

    Each trial is a run in a process of its own, evaluated on the eval manifest. WERs come with
    95 % intervals from the same bootstrap draws for all trials; a difference within chance is
    reported as no difference. With --parallel each trial writes to a log of its own. Run the same
    command again to continue an interrupted sweep.

    Example: `train sweep --data shards/ --model m.nemo --out sweep/ --vary freeze.encoder=both
    --set trainer.max_steps=500`
    """
    from train.config import configure, setting
    from train.sweep import SweepRequest, trials
    from train.sweep import sweep as run_sweep

    configs = {}
    for trial in trials(vary):
        options = [*setting("data", str(data)), *setting("out", str(out / trial.name))]
        configs[trial] = configure(recipe, model, [*options, *trial.settings], settings)
    record = run_sweep(SweepRequest(configs, out, command_line(), parallel), say)
    answer(as_json, record, _table(record), Text(printable(f"winner: {record.winner}")))


def _table(record: Sweep) -> Table:
    """Every trial's WER, and how far it is above the best's."""
    shown = Table(title="trials", title_justify="left", title_style="bold", box=None)
    shown.add_column("trial", overflow="fold")
    for name in ("WER", "95 %", "above the best", "95 %"):
        shown.add_column(name, justify="right")
    shown.add_column("conclusion")
    for trial in record.trials:
        wer, change = trial.wer, trial.against_best
        shown.add_row(
            Text(printable(trial.name)),
            percent(wer.wer),
            _between(wer.wer_low, wer.wer_high),
            *(_change_cells(change) if change else (percent(None), "", "best")),
        )
    return shown


def _change_cells(change: Change) -> Iterable[str]:
    return percent(change.difference), _between(change.low, change.high), change.conclusion


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{percent(low)} to {percent(high)}"
