"""`train run`: fine-tune a model."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from train.cli.app import (
    AsJson,
    ModelName,
    RecipeName,
    Settings,
    answer,
    app,
    command_line,
    configure,
    say,
    setting,
)

if TYPE_CHECKING:
    from train.fit import RunRequest
    from train.plan import Plan


@app.command()
def run(
    out: Annotated[Path, typer.Option(help="Directory for the run.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Directory that `curate shard` wrote.", show_default="as the recipe"),
    ] = None,
    model: ModelName = None,
    recipe: RecipeName = None,
    settings: Settings = [],  # noqa: B006 - Typer reads it, nobody writes it
    overwrite: Annotated[bool, typer.Option(help="Replace the run in --out.")] = False,
    resume: Annotated[
        bool, typer.Option(help="Continue the run in --out from its last checkpoint.")
    ] = False,
    max_missing: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Largest share of recordings that may be unreadable.",
            show_default="as the recipe",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on shards. Known pitfalls of the model's own configuration are fixed.

    Example: `train run --data shards/ --model canary-180m-flash.nemo --out run/`
    """
    from train.fit import RunRequest
    from train.plan import check_plan
    from train.runs.folder import CONFIG

    own = str(out / CONFIG) if resume and not (recipe or model) else recipe
    options = [*setting("data", data and str(data)), *setting("out", str(out))]
    options += setting("faults.max_missing", max_missing, "--max-missing")
    config = configure(own, model, options, settings)
    plan = check_plan(config)
    known = (plan.facts.archive, plan.facts.recipe)
    request = RunRequest(config, overwrite, resume, command_line(), *known)
    _run(request, plan, as_json)


def _run(request: RunRequest, plan: Plan, as_json: bool) -> None:
    """Train, write plan.json and the page beside run.json, and show what is notable."""
    import reports
    from curate.artifacts.base import write_artifact
    from train.cli.render.progress import progress_bar
    from train.fit import fit
    from train.runs.job import Observer
    from train.runs.runtime import is_main_process

    for warning in plan.of("warning"):
        say(f"warning [{warning.code}] {warning.what}")
    with redirect_stdout(sys.stderr), progress_bar() as show:  # stdout is for our JSON alone
        finished = fit(request, Observer(say, show))
    if is_main_process():
        write_artifact(finished.folder, plan.record(request.command))
        page = reports.build("train", finished.folder)
        for finding in finished.record.findings:
            say(f"{finding.level}: {finding.what}")
        say(f"model: {finished.folder / 'model.nemo'}")
        say(f"report: {page}")
        answer(as_json, finished.record)
