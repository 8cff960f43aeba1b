"""Commands that look into profiles: query, head, sample, diff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import AsJson, FailOn, Seed, app

Profiles = Annotated[list[Path], typer.Argument(help="Profile directories.")]
OneProfile = Annotated[Path, typer.Argument(help="A profile directory.")]
Count = Annotated[int, typer.Option("-n", "--count", min=1, help="How many records.")]
Where = Annotated[
    str | None,
    typer.Option(
        help="A condition as rules have them, over metrics and fields of the manifest: "
        "'char_rate > 20 and lang == \"de\"'."
    ),
]


@app.command(name="query")
def query_command(
    sql: Annotated[str, typer.Argument(help="One SELECT over the view `records`.")],
    profiles: Profiles,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV on stdout.")] = False,
) -> None:
    """Ask the records of profiles in SQL (DuckDB). Nothing but these records can be read.

    Several profiles stand in one view, with a column `profile`. Texts, paths and all other fields
    of the manifests are columns too (`record` is the whole line as JSON), read from the manifests
    when a query names them; a manifest that has changed since is refused.

    Example: `curate query "SELECT lang, count(*) FROM records GROUP BY lang" profile/`
    """
    from curate.cli.render import records as answers
    from curate.cli.render import terminal as show

    with answers.query(sql, profiles) as answer:
        if as_csv:
            answers.print_csv(answer)
        elif as_json:
            answers.print_json(answer)
        else:
            show.print_table(answers.table(answer))


@app.command(name="head")
def head_command(
    profile: OneProfile, count: Count = 10, where: Where = None, as_json: AsJson = False
) -> None:
    """Show the first records, with their text, metrics and verdict.

    Example: `curate head profile/ -n 20 --where "verdict == 'bad'"`
    """
    _look(profile, count, where, None, as_json)


@app.command(name="sample")
def sample_command(
    profile: OneProfile,
    count: Count = 10,
    where: Where = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Show records drawn at random; the same seed draws the same ones.

    Example: `curate sample profile/ -n 20 --where "char_rate < 2" --seed 7`
    """
    _look(profile, count, where, seed, as_json)


@app.command(name="words")
def words_command(profile: OneProfile, as_json: AsJson = False) -> None:
    """Count the characters of each language and the words of all texts; reads the manifests again.

    Letters outside a language's main script are listed apart, each with a record to look at.

    Example: `curate words profile/ --json`
    """
    from curate.cli.render import records as answers
    from curate.cli.render import terminal as show
    from curate.inspect.words import count_words

    show.summary(count_words(profile), as_json, False, answers.words_tables, profile)


@app.command(name="diff")
def diff_command(
    a: Annotated[Path, typer.Argument(help="The profile directory to start from.")],
    b: Annotated[Path, typer.Argument(help="The profile directory to compare with it.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Directory for diff.json and report.html.")
    ] = None,
    fail_on: FailOn = [],  # noqa: B006 - Typer reads it, nobody writes it
    as_json: AsJson = False,
) -> None:
    """Compare two profiles: rows, hours, verdicts, rules, strata, and drift per metric.

    Example: `curate diff old/ new/ --out diff/`
    """
    from curate.api.diff import run_diff
    from curate.cli.render import records as answers
    from curate.cli.running import conclude, page_only
    from curate.gates import gates_for

    outcome = run_diff(a, b, out, page_only(), gates_for("curate diff", fail_on))
    conclude(outcome, as_json, False, answers.diff_tables, out)


def _look(profile: Path, count: int, where: str | None, seed: int | None, as_json: bool) -> None:
    from curate.cli.render import records as answers
    from curate.cli.render import terminal as show
    from curate.inspect.records import look

    records = look(profile, count, where, seed)
    if as_json:
        show.print_json(records)
    else:
        show.print_table(answers.records_table(records))
