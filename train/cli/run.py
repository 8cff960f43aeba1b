"""`train run`: fine-tune a model."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from train.cli.app import AsJson, answer, app, command_line, say
from train.cli.progress import progress
from train.cli.settings import ModelName, RecipeName, Settings, given, resolve


@app.command()
def run(
    out: Annotated[Path, typer.Option(help="Directory for the run.")],
    data: Annotated[
        Path | None,
        typer.Option(help="A directory that `curate shard` wrote.", show_default="as the recipe"),
    ] = None,
    model: ModelName = None,
    recipe: RecipeName = None,
    settings: Settings = [],  # noqa: B006 - Typer reads it, nobody writes it
    overwrite: Annotated[bool, typer.Option(help="Replace a run that stands there.")] = False,
    resume: Annotated[
        bool, typer.Option(help="Go on with the run that stands there, from its last checkpoint.")
    ] = False,
    max_missing: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Share of recordings that may be unreadable.",
            show_default="as the recipe",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on shards; the configuration is the model's own, with its traps mended.

    Example: `train run --data shards/ --model canary-180m-flash.nemo --out run/`
    """
    import reports
    from curate.artifacts.outputs import write_json
    from train.config import Setting
    from train.fit import fit
    from train.plan import check_plan
    from train.runs.resume import CONFIG
    from train.runs.runtime import is_main_process

    own = str(out / CONFIG) if resume and not (recipe or model) else recipe
    options = given(model=model, data=data, out=out)
    if max_missing is not None:
        options.append(Setting("--max-missing", "faults.max_missing", max_missing))
    config = resolve(own, model, options, settings)
    plan = check_plan(config)
    for warning in plan.of("warning"):
        say(f"warning [{warning.code}] {warning.what}")
    with redirect_stdout(sys.stderr), progress() as show:  # stdout is for our JSON alone
        finished = fit(
            config,
            command=command_line(),
            overwrite=overwrite,
            resume=resume,
            tell=say,
            show=show,
        )
    if not is_main_process():
        return
    write_json(finished.folder / "plan.json", plan.as_json(command_line()))
    page = reports.build("train", finished.folder)
    for finding in finished.findings:
        say(f"{finding.level}: {finding.what}")
    say(f"model: {finished.folder / 'model.nemo'}")
    say(f"report: {page}")
    answer(as_json, finished.record)
