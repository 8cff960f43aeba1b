"""`train run`: fine-tune a model."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from train.cli.app import (
    AsJson,
    BatchSizesFile,
    ModelName,
    RecipeName,
    Replay,
    Settings,
    answer,
    app,
    command_line,
    say,
)

if TYPE_CHECKING:
    from train.fit import RunRequest


@app.command(name="run")
def run(
    out: Annotated[Path, typer.Option(help="Directory for the run.")],
    data: Annotated[
        list[Path],
        typer.Option(
            help="Directory that `curate shard` wrote. Repeat to blend several; the first one's "
            "eval manifest is validated on.",
            show_default="as the recipe",
        ),
    ] = [],  # noqa: B006
    replay: Replay = [],  # noqa: B006
    model: ModelName = None,
    recipe: RecipeName = None,
    settings: Settings = [],  # noqa: B006 - Typer reads it, nobody writes it
    batch_sizes: BatchSizesFile = None,
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
    plots: Annotated[
        Path | None,
        typer.Option(help="Directory for the training curves as PNG and PDF."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on shards. Known pitfalls of the model's own configuration are fixed.

    Example: `train run --data shards/ --model canary-180m-flash.nemo --out run/`
    """
    from curate.artifacts.outputs import check_directory
    from train.config import configure, data_settings, setting
    from train.fit import RunRequest
    from train.runs.folder import CONFIG

    check_directory(plots)
    own = str(out / CONFIG) if resume and not (recipe or model) else recipe
    options = [*data_settings(data, replay), *setting("out", str(out))]
    options += setting("faults.max_missing", max_missing, "--max-missing")
    options += setting("train_ds.batch_sizes", batch_sizes and str(batch_sizes), "--batch-sizes")
    config = configure(own, model, options, settings)
    _run(RunRequest(config, overwrite, resume, command_line()), plots, as_json)


def _run(request: RunRequest, plots: Path | None, as_json: bool) -> None:
    """Train, write the page beside run.json, and show what is notable."""
    import reports
    from train.cli.render.progress import progress_bar
    from train.fit import fit
    from train.runs.job import Observer
    from train.runs.runtime import is_main_process

    with redirect_stdout(sys.stderr), progress_bar() as show:  # stdout is only for the JSON
        finished = fit(request, Observer(say, show))
    if is_main_process():
        page = reports.build("train", finished.folder)
        if plots is not None:
            reports.plot("train", finished.folder, plots)
        for finding in finished.record.findings:
            say(f"{finding.level}: {finding.what}")
        say(f"model: {finished.folder / 'model.nemo'}")
        say(f"report: {page}")
        answer(as_json, finished.record)
        if finished.failed:
            raise finished.failed
