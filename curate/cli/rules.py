"""Commands that work with rule files: check."""

from __future__ import annotations

from typing import Annotated

import typer

from curate.cli.app import app

rules_app = typer.Typer(help="Work with rule files.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


@rules_app.command(name="check")
def rules_check(
    files: Annotated[list[str], typer.Argument(help="Rule files or preset names.")] = ["default"],  # noqa: B006
) -> None:
    """Read rule files and run the examples inside them.

    Example: `curate rules check rules/strict.yaml`
    """
    from curate.cli import show, stages

    for name in files:
        show.line(stages.check_rules(name))
