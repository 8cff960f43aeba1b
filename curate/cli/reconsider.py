"""`curate reconsider`: limits held against the errors of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import IMPROVE, AsJson, app


@app.command(name="reconsider", rich_help_panel=IMPROVE)
def reconsider_command(
    evaluation: Annotated[Path, typer.Argument(help="A directory that `train eval` wrote.")],
    profile: Annotated[Path, typer.Argument(help="The profile that its records come from.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Directory for reconsider.json and report.html, or a .json file for JSON only.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recommend limits to keep, relax or tighten from a model's errors on the tagged rows.

    Evaluate train.jsonl and eval_borderline.jsonl too: borderline rows are there and nowhere
    else. Limits on which the data is inconclusive are left open.

    Example: `curate reconsider eval/ profile/ --out reconsidered/`
    """
    from curate.api.reconsider import run_reconsider
    from curate.cli.render.reconsider import tables
    from curate.cli.render.terminal import summary
    from curate.cli.running import page_only

    made = run_reconsider(evaluation, profile, out, page_only())
    summary(made, as_json, False, tables, out)
