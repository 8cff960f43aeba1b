"""`curate rules compare`: what another rule file moves between verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import AsJson, By, FailOn, OneProfile, Quiet, listed, rules_app


@rules_app.command(name="compare")
def compare_command(
    old: Annotated[str, typer.Argument(help="Rule file or preset name.")],
    new: Annotated[str, typer.Argument(help="The rule file or preset to compare with it.")],
    profile: OneProfile,
    by: By = [],  # noqa: B006 - Typer reads it, nobody writes it
    count: Annotated[int, typer.Option("-n", "--count", min=0, help="Records to show.")] = 10,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Directory for report.html, compare.json, moved.jsonl and moved.parquet."
        ),
    ] = None,
    fail_on: FailOn = [],  # noqa: B006
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show which records and hours change verdict under the new rules.

    With --out every record that moves is written, with both verdicts and reasons, and a page.

    Example: `curate rules compare default lang/id profile/ --out moved/`
    """
    from curate.api.compare import CompareRequest, run_compare
    from curate.cli.render.comparison import tables
    from curate.cli.running import conclude, page_only
    from curate.gates import gates_for

    gates = gates_for("curate rules compare", fail_on)
    request = CompareRequest(profile=profile, old=old, new=new, by=listed(by), gates=gates)
    conclude(run_compare(request, out, page_only()), as_json, quiet, tables(count), out)
