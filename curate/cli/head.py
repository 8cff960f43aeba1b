"""`curate head`: the first records of a profile."""

from __future__ import annotations

from curate.cli.app import LOOK, AsJson, OneProfile, RecordCount, Where, app


@app.command(name="head", rich_help_panel=LOOK)
def head_command(
    profile: OneProfile, count: RecordCount = 10, where: Where = None, as_json: AsJson = False
) -> None:
    """Show the first records, with their text, metrics and verdict.

    Example: `curate head profile/ -n 20 --where "verdict == 'bad'"`
    """
    from curate.cli.render.records import print_records
    from curate.inspect.records import look

    print_records(look(profile, count, where), as_json)
