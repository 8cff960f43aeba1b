"""`curate select`: hours to train on, chosen by a metric."""

from __future__ import annotations

from typing import Annotated

import typer

from curate.cli.app import (
    PREPARE,
    AsJson,
    By,
    OneProfile,
    Out,
    Quiet,
    Seed,
    app,
    command_line,
    listed,
)


@app.command(name="select", rich_help_panel=PREPARE)
def select_command(
    profile: OneProfile,
    out: Out,
    hours: Annotated[float, typer.Option("--hours", help="How many hours to choose.")],
    highest: Annotated[
        str, typer.Option("--highest", help="Metric of which the highest values come first.")
    ] = "",
    lowest: Annotated[
        str, typer.Option("--lowest", help="Metric of which the lowest values come first.")
    ] = "",
    toward: Annotated[
        str,
        typer.Option(
            "--toward", metavar="MANIFEST", help="Records come first whose texts are like these."
        ),
    ] = "",
    by: By = [],  # noqa: B006 - Typer reads it, nobody writes it
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Choose hours to train on by a metric, or toward a target, and as many at random.

    Each stratum (--by, else the language) gets its share of the usable hours. Writes
    selected.jsonl and random.jsonl: train on both to measure what the choice gains.

    Example: `curate select profile/ --hours 500 --lowest wer --out selected/`
    """
    from curate.api.select import resolved, run_select
    from curate.cli.render.select import tables
    from curate.cli.render.terminal import summary

    named = {"highest": highest, "lowest": lowest, "toward": toward}
    request = resolved(hours, named, listed(by), seed)
    summary(run_select(profile, out, request, command_line()), as_json, quiet, tables, out)
