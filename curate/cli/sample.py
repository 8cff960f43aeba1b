"""`curate sample`: records of a profile, drawn at random."""

from __future__ import annotations

from curate.cli.app import LOOK, AsJson, OneProfile, RecordCount, Seed, Where, app


@app.command(name="sample", rich_help_panel=LOOK)
def sample_command(
    profile: OneProfile,
    count: RecordCount = 10,
    where: Where = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Show records drawn at random; the same seed draws the same ones.

    Example: `curate sample profile/ -n 20 --where "char_rate < 2" --seed 7`
    """
    from curate.cli.render.records import print_records
    from curate.inspect.records import look

    print_records(look(profile, count, where, seed), as_json)
