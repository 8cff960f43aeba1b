"""`train plan`: everything that can be known of a run before a GPU is rented for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from train.cli.app import (
    AsJson,
    BatchSizesFile,
    DataFolders,
    FailOn,
    ModelName,
    RecipeName,
    Replay,
    Settings,
    answer,
    app,
    command_line,
    say,
)

USAGE = 2


@app.command(name="plan")
def plan_command(
    data: DataFolders,
    replay: Replay = [],  # noqa: B006
    model: ModelName = None,
    recipe: RecipeName = None,
    settings: Settings = [],  # noqa: B006 - Typer reads it, nobody writes it
    batch_sizes: BatchSizesFile = None,
    gpu: Annotated[
        Literal["l4", "a100-40", "a100", "h100", "h200", "b200"],
        typer.Option(help="GPU for which to estimate memory and time."),
    ] = "h100",
    out: Annotated[Path | None, typer.Option(help="File to write plan.json to.")] = None,
    fail_on: FailOn = [],  # noqa: B006
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 if a strict gate fails (docs/gates.md).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a run before it starts: data, model, batches, memory. Needs no GPU and no NeMo.

    Exits 2 where `train run` would refuse, 1 where a gate fails.

    Example: `train plan --data shards/ --model canary-180m-flash.nemo`
    """
    from curate.gates import gates_for
    from train.cli.render.plan import tables
    from train.config import configure, data_settings, setting
    from train.plan import PlanRequest, plan_run

    gates = gates_for("train plan", fail_on, strict)
    options = [*data_settings(data, replay), *setting("out", "run")]
    options += setting("train_ds.batch_sizes", batch_sizes and str(batch_sizes), "--batch-sizes")
    config = configure(recipe, model, options, settings)
    planned = plan_run(PlanRequest(config, gpu, gates, out, command_line()))
    answer(as_json, planned.record, *tables(planned.plan))
    if out is not None:
        say(f"plan: {out}")
    if planned.plan.of("error"):
        raise typer.Exit(USAGE)
    if planned.failed:
        raise planned.failed
