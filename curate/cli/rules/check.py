"""`curate rules check`: the examples inside rule files."""

from __future__ import annotations

from typing import Annotated

import typer

from curate.cli.app import rules_app


@rules_app.command(name="check")
def check_command(
    files: Annotated[list[str], typer.Argument(help="Rule files or preset names.")] = ["default"],  # noqa: B006 - Typer reads it, nobody writes it
) -> None:
    """Read rule files and run the examples inside them.

    Example: `curate rules check my_rules.yaml`
    """
    from curate.api.rules import check_rules
    from curate.cli.render.terminal import answer

    for name in files:
        answer(check_rules(name))
