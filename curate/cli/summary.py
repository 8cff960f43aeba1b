"""`curate summary`: what commands made, for a pull request or a CI system."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import LOOK, app


class _Format(StrEnum):
    md = "md"
    junit = "junit"
    json = "json"


@app.command(name="summary", rich_help_panel=LOOK)
def summary_command(
    directories: Annotated[
        list[Path],
        typer.Argument(help="Directories that commands of curate or train wrote with --out."),
    ],
    form: Annotated[
        _Format,
        typer.Option("--format", help="md for a pull request, junit for a CI system, or json."),
    ] = _Format.md,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File for the summary.", show_default="standard output"),
    ] = None,
) -> None:
    """Summarise profiles, splits, shards, runs and evaluations for CI: headlines, alerts, gates.

    The gates are those that each command evaluated (--fail-on); nothing is evaluated here, and
    the exit code is 0 whatever they say.

    Example: `curate summary profile/ split/ eval/ >> "$GITHUB_STEP_SUMMARY"`
    """
    import reports
    from curate.artifacts.outputs import whole_file

    text = reports.summary(directories, form.value)
    if out is None:
        typer.echo(text, nl=False)
        return
    with whole_file(out) as scratch:
        scratch.write_text(text, encoding="utf-8")
