"""`curate reconsider`: hold the rules against the errors of a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.cli.app import AsJson, app, command_line

if TYPE_CHECKING:
    from rich.table import Table

    from curate.artifacts.reconsider import Reconsider


@app.command(name="reconsider")
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

    Evaluate train.jsonl and eval_borderline.jsonl too: borderline rows stand there and nowhere
    else. What the data cannot tell is left open.

    Example: `curate reconsider eval/ profile/ --out reconsidered/`
    """
    from curate.cli.render import terminal as show
    from curate.evidence import reconsider

    made = reconsider(evaluation, profile, command_line())
    if out is not None:
        _write(out, made)
    show.summary(made, as_json, False, tables, out or Path())


def _write(out: Path, made: Reconsider) -> None:
    import reports
    from curate.artifacts.base import write_artifact
    from curate.artifacts.outputs import whole_directory
    from curate.evidence import OUTPUT_FILES

    if out.suffix == ".json":
        write_artifact(out, made)
        return
    with whole_directory(out, OUTPUT_FILES, made.file) as folder:
        write_artifact(folder, made)
        reports.build("reconsider", folder)


def tables(made: Reconsider) -> list[Table]:
    """One line a limit: what its rows say."""
    from rich.text import Text

    from curate.cli.render.terminal import plain_table
    from curate.formatting.units import hours
    from curate.terminal.command import printable

    rate = _percent(made.clean.wer)
    title = f"{made.rows:,} rows with a prediction; clean rows: WER {rate}"
    table = plain_table(
        title, "rule|limit|conclusion|rows|hours|WER|like clean|worse by|from|to|move to"
    )
    for each in made.limits:
        if each.severity == "clean" and each.says != "tighten":
            continue
        known = (each.wer, each.clean_wer, each.difference, each.low, each.high)
        moved = "" if each.propose is None else f"{each.propose:.4g}"
        texts = (each.rule, each.limit, each.says.replace("_", " "))
        table.add_row(
            *(Text(printable(text)) for text in texts),
            *(f"{each.rows:,}", hours(each.hours), *map(_percent, known), moved),
        )
    return [table, *_meanings(made)]


def _meanings(made: Reconsider) -> Iterator[Table]:
    from curate.cli.render.terminal import plain_table

    meanings = {each.says: each.meaning for each in made.limits}
    if meanings:
        table = plain_table("conclusions", "conclusion|meaning")
        for word, meaning in meanings.items():
            table.add_row(word.replace("_", " "), meaning)
        yield table


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}%"
