"""`train plan`: everything that can be known of a run before a GPU is rented for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from train.cli.app import AsJson, FailOn, answer, app, command_line, say
from train.cli.settings import ModelName, RecipeName, Settings, given, resolve

USAGE = 2


@app.command(name="plan")
def plan_command(
    data: Annotated[
        Path, typer.Option(help="What `curate shard`, `curate split` or `curate profile` wrote.")
    ],
    model: ModelName = None,
    recipe: RecipeName = None,
    settings: Settings = [],  # noqa: B006 - Typer reads it, nobody writes it
    gpu: Annotated[
        Literal["l4", "a100-40", "a100", "h100", "h200", "b200"],
        typer.Option(help="The GPU for which to estimate memory and time."),
    ] = "h100",
    out: Annotated[Path | None, typer.Option(help="Write plan.json there.")] = None,
    fail_on: FailOn = [],  # noqa: B006
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 by its strict gates (docs/gates.md).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a run would be, and what is wrong with it; no GPU, no NeMo, a few seconds.

    Exit 2 where `train run` would refuse, 1 where a gate fails.

    Example: `train plan --data shards/ --model canary-180m-flash.nemo`
    """
    from curate.gates import Checked, gates_for
    from train.cli.figures import of_plan
    from train.cli.plan_page import drawn
    from train.plan import find_gpu, make_plan
    from train.pretrained import archive_of

    gates = gates_for("train plan", fail_on, strict)
    config = resolve(recipe, model, given(model=model, data=data, out="run"), settings)
    plan = make_plan(config, archive_of(config.model), find_gpu(gpu))
    checked = Checked.of(gates, of_plan(plan), "train plan")
    record = {**plan.as_json(command_line()), "fail_on": checked.found}
    if out is not None:
        from curate.artifacts.outputs import write_json

        write_json(out, record)
    answer(as_json, record, *drawn(plan))
    if out is not None:
        say(f"plan: {out}")
    if plan.of("error"):
        raise typer.Exit(USAGE)
    if checked.failed:
        raise checked.failed
