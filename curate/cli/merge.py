"""The command that makes a profile of pieces that several jobs measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import AsJson, FailOn, Out, Quiet, Strict, app, command_line


@app.command(name="merge")
def merge_command(
    pieces: Annotated[Path, typer.Argument(help="The folder that `--piece` wrote into.")],
    out: Out,
    fail_on: FailOn = [],  # noqa: B006 - Typer reads it, nobody writes it
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make the profile of pieces that an array of jobs measured; nothing is measured again.

    Example: `curate merge pieces/ --out profile/`
    """
    from curate.cli import scaling
    from curate.cli.render import profile as profiled
    from curate.cli.render import terminal as show
    from curate.gates import gates_for

    gates = gates_for("curate merge", fail_on, strict)
    with show.progress(0, quiet) as advance:
        found, gate = scaling.merge(pieces, out, command_line(), advance, gates)
    show.summary(found, as_json, quiet, profiled.profile_tables(), out)
    if gate:
        raise gate
