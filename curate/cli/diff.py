"""`curate diff`: two profiles compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import LOOK, AsJson, FailOn, app


@app.command(name="diff", rich_help_panel=LOOK)
def diff_command(
    a: Annotated[Path, typer.Argument(help="The profile directory to start from.")],
    b: Annotated[Path, typer.Argument(help="The profile directory to compare with it.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Directory for diff.json and report.html.")
    ] = None,
    fail_on: FailOn = [],  # noqa: B006 - Typer reads it, nobody writes it
    as_json: AsJson = False,
) -> None:
    """Compare two profiles: rows, hours, verdicts, rules, strata, and drift per metric.

    Example: `curate diff old/ new/ --out diff/`
    """
    from curate.api.diff import run_diff
    from curate.cli.render.diff import tables
    from curate.cli.running import conclude, page_only
    from curate.gates import gates_for

    outcome = run_diff(a, b, out, page_only(), gates_for("curate diff", fail_on))
    conclude(outcome, as_json, False, tables, out)
