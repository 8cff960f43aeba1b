"""The command that merges parts that several jobs measured into a profile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import PREPARE, AsJson, FailOn, Out, Quiet, Strict, app


@app.command(name="merge", rich_help_panel=PREPARE)
def merge_command(
    parts: Annotated[Path, typer.Argument(help="The folder that `--part` wrote into.")],
    out: Out,
    fail_on: FailOn = [],  # noqa: B006 - Typer reads it, nobody writes it
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Merge the parts that an array of jobs measured into a profile; nothing is measured again.

    Example: `curate merge parts/ --out profile/`
    """
    from curate.api.profile import merge_parts
    from curate.cli.render.profile import profile_tables
    from curate.cli.running import conclude, running
    from curate.gates import gates_for

    gates = gates_for("curate merge", fail_on, strict)
    with running(quiet=quiet) as execution:
        outcome = merge_parts(parts, out, execution, gates)
    conclude(outcome, as_json, quiet, profile_tables(), out)
