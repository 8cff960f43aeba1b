"""`curate card`: a data set card from a profile, a split, or both."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import LOOK, app


@app.command(name="card", rich_help_panel=LOOK)
def card_command(
    directories: Annotated[
        list[Path], typer.Argument(help="A profile directory, a split directory, or both.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File for the card.", show_default="standard output"),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Name of the corpus.")] = "Untitled corpus",
    licence: Annotated[
        str,
        typer.Option(
            "--licence",
            help="Licence as the Hugging Face Hub names it: cc-by-4.0.",
            show_default="none; licences of records are listed after curate profile --by license",
        ),
    ] = "",
) -> None:
    """Write a data set card in the form of the Hugging Face Hub.

    Languages, hours, speakers, licences, splits with their intervals, what rules flagged, known
    defects, and the commands.

    Example: `curate card profile/ split/ --name "My corpus" --licence cc-by-4.0 --out README.md`
    """
    import reports
    from curate.artifacts.outputs import whole_file

    text = reports.card(directories, name, licence)
    if out is None:
        typer.echo(text, nl=False)
        return
    with whole_file(out) as scratch:
        scratch.write_text(text, encoding="utf-8")
