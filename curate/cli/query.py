"""`curate query`: SQL over the records of profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import LOOK, AsJson, app


@app.command(name="query", rich_help_panel=LOOK)
def query_command(
    sql: Annotated[str, typer.Argument(help="One SELECT over the view `records`.")],
    profiles: Annotated[list[Path], typer.Argument(help="Profile directories.")],
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV on stdout.")] = False,
) -> None:
    """Query the records of profiles in SQL (DuckDB). Nothing but these records can be read.

    Several profiles form one view, with a column `profile`. Texts, paths and all other fields
    of the manifests are columns too (`record` is the whole line as JSON), read from the manifests
    when a query names them; a manifest that has changed since is refused.

    Example: `curate query "SELECT lang, count(*) FROM records GROUP BY lang" profile/`
    """
    from curate.cli.render import query as render
    from curate.cli.render.terminal import print_table
    from curate.inspect.query import open_query

    with open_query(sql, profiles) as answer:
        if as_csv:
            render.print_csv(answer)
        elif as_json:
            render.print_json(answer)
        else:
            print_table(render.table(answer))
