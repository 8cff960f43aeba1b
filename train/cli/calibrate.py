"""`train calibrate`: measure the batch sizes that a device has memory for."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from train.cli.app import (
    AsJson,
    DataFolders,
    ModelName,
    RecipeName,
    Replay,
    Settings,
    answer,
    app,
    command_line,
    say,
)


@app.command(name="calibrate")
def calibrate(
    data: DataFolders,
    replay: Replay = [],  # noqa: B006
    model: ModelName = None,
    recipe: RecipeName = None,
    settings: Settings = [],  # noqa: B006 - Typer reads it, nobody writes it
    memory: Annotated[
        str | None,
        typer.Option(
            help="Memory to train in, of which a tenth stays free: 70GB.",
            show_default="all of the GPU; a CPU needs it",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("batch_sizes.json"),
    as_json: AsJson = False,
) -> None:
    """Measure the largest batch of each bucket that fits the memory of this machine's GPU.

    `train run --batch-sizes FILE` trains with them. Thresholds of rules are calibrated by `curate
    rules calibrate`.

    Example: `train calibrate --data shards/ --model canary-180m-flash.nemo --out batch_sizes.json`
    """
    from train.calibrate import CalibrateRequest
    from train.calibrate import calibrate as measure_sizes
    from train.cli.render.calibration import tables
    from train.config import configure, data_settings, setting

    options = [*data_settings(data, replay), *setting("out", "run")]
    config = configure(recipe, model, options, settings)
    request = CalibrateRequest(config, out, _bytes(memory), command_line())
    with redirect_stdout(sys.stderr):
        measured = measure_sizes(request, say)
    answer(as_json, measured, *tables(measured))
    say(f"batch sizes: {out}")


def _bytes(text: str | None) -> int | None:
    """The number of bytes in `70GB`; ConfigError for anything else."""
    from curate.errors import ConfigError
    from curate.formatting.units import parse_bytes

    size = None if text is None else parse_bytes(text)
    if text is not None and not size:
        raise ConfigError.of(f"--memory {text}", "is not a size", "for instance 70GB or 512MB")
    return size
