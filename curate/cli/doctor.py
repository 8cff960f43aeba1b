"""`curate doctor`: hardware and installed packages. Nothing heavy is imported."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from curate.cli.app import SETUP, AsJson, app


@app.command(name="doctor", rich_help_panel=SETUP)
def doctor_command(
    as_json: AsJson = False,
    out: Annotated[
        str, typer.Option("--at", help="Directory for results; its free disk space is reported.")
    ] = ".",
) -> None:
    """Show installed and missing packages, how to install them, and the hardware.

    Exit 1 where something that every command needs is missing.

    Example: `curate doctor --json`
    """
    from curate.cli.render import terminal as show
    from curate.cli.render.doctor import tables
    from curate.inspect.doctor import examine

    report = examine(out)
    if as_json:
        show.print_json(report)
    else:
        for table in tables(report):
            show.print_table(table)
    if report["missing"]:
        sys.exit(1)
