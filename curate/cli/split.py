"""The command that splits a corpus."""

from __future__ import annotations

from typing import Annotated

import typer

from curate.cli.app import (
    AsJson,
    By,
    Format,
    Out,
    Quiet,
    RulesFile,
    Seed,
    app,
    command_line,
    listed,
)


@app.command(name="split")
def split_command(
    inputs: Annotated[list[str], typer.Argument(help="A profile directory, or manifests.")],
    out: Out,
    eval_: Annotated[str, typer.Option("--eval", help="Size of eval: 20h, 45m, 90s.")] = "20h",
    test: Annotated[str, typer.Option("--test", help="Size of test: 30h, 45m, 90s.")] = "30h",
    seed: Seed = 0,
    rules: RulesFile = None,
    by: By = [],  # noqa: B006
    group: Annotated[
        list[str], typer.Option("--group", help="Fields whose values stay in one split.")
    ] = [],  # noqa: B006
    strict: Annotated[bool, typer.Option(help="Exit 1 where a target is not met.")] = False,
    format: Format = None,
    to: Annotated[
        str | None, typer.Option("--to", help="Write this format too: lhotse (cuts).")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Draw a representative, leak-free eval and test set; the rest of the good goes to train.

    Example: `curate split profile/ --out split/ --eval 20h --test 30h`
    """
    from curate.cli import show, splitting, stages

    wanted = splitting.Wish(
        eval_, test, seed, listed(by) or ["lang"], listed(group) or ["speaker"], strict, format, to
    )
    with show.progress(stages.input_bytes(inputs), quiet) as advance:
        found, gate = splitting.split(inputs, out, rules, wanted, command_line(), advance)
    show.summary(found, as_json, quiet, show.split_table, out)
    if gate:
        raise gate
