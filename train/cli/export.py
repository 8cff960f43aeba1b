"""`train export`: a copy of a model with behaviours that NeMo restores by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.terminal.command import printable
from train.cli.app import AsJson, app, print_json, say


@app.command(name="export")
def export(
    model: Annotated[str, typer.Argument(help="Run directory or .nemo file with behaviours.")],
    out: Annotated[Path, typer.Option(help=".nemo file to write.")],
    as_json: AsJson = False,
) -> None:
    """Write a copy of a model without its behaviours, with NeMo's own canary2 prompt.

    Example: `train export run --out model.canary2.nemo`
    """
    from train.export import export_plain

    written = export_plain(model, out)
    names = ", ".join(written.behaviors)
    say(f"without {names}: evaluate it before use")
    if as_json:
        print_json({"path": str(written.path), "behaviors": list(written.behaviors)})
    else:
        typer.echo(printable(f"{written.path}: prompt canary2"))
