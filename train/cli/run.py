"""`train run`: fine-tune a model."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from train.cli.app import AsJson, app, command_line, dump, say
from train.cli.settings import ModelName, RecipeName, Settings, given


@app.command()
def run(
    data: Annotated[Path, typer.Option(help="A directory that `curate shard` wrote.")],
    out: Annotated[Path, typer.Option(help="Directory for the run.")],
    model: ModelName = None,
    recipe: RecipeName = None,
    settings: Settings = [],  # noqa: B006 - Typer reads it, nobody writes it
    overwrite: Annotated[bool, typer.Option(help="Replace a run that stands there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on shards; the configuration is the model's own, with its traps mended.

    Example: `train run --data shards/ --model canary-180m-flash.nemo --out run/`
    """
    import reports
    from train.config import find_recipe, load_config, parse_setting
    from train.fit import fit
    from train.runtime import is_main_process

    chosen = [*given(model=model, data=data, out=out), *map(parse_setting, settings)]
    config = load_config(find_recipe(recipe, model), chosen)
    with redirect_stdout(sys.stderr):  # stdout is for our JSON, whatever a library prints
        finished = fit(config, command=command_line(), overwrite=overwrite, tell=say)
    if not is_main_process():
        return
    page = reports.build("train", finished.folder)
    for finding in finished.findings:
        say(f"{finding.level}: {finding.what}")
    say(f"model: {finished.folder / 'model.nemo'}")
    say(f"report: {page}")
    dump(as_json, finished.record)
