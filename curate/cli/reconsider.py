"""`curate reconsider`: hold the rules against the errors of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.cli.app import AsJson, app, command_line


@app.command(name="reconsider")
def reconsider_command(
    evaluation: Annotated[Path, typer.Argument(help="A directory that `train eval` wrote.")],
    profile: Annotated[Path, typer.Argument(help="The profile that its records come from.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Directory for reconsider.json and report.html; a name in .json: that file alone.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which limits to keep, relax or tighten, from a model's errors on the rows they tagged.

    Evaluate train.jsonl and eval_borderline.jsonl too: borderline rows stand there and nowhere
    else. What the data cannot tell is left open.

    Example: `curate reconsider eval/ profile/ --out reconsidered/`
    """
    from curate.cli.render import terminal as show
    from curate.reconsider import reconsider

    found = reconsider(evaluation, profile, command_line())
    if out is not None:
        _write(out, found)
    show.summary(found, as_json, False, tables, out or Path())


def _write(out: Path, found: Mapping[str, Any]) -> None:
    import reports
    from curate.artifacts.outputs import whole_directory, write_json
    from curate.reconsider import OURS

    if out.suffix == ".json":
        write_json(out, found)
        return
    with whole_directory(out, OURS, "reconsider.json") as folder:
        write_json(folder / "reconsider.json", found)
        reports.build("reconsider", folder)


def tables(found: Mapping[str, Any]) -> list[Any]:
    """One line a limit: what its rows say."""
    from rich.text import Text

    from curate.cli.render.terminal import plain_table
    from curate.formatting.units import hours
    from curate.terminal.command import printable

    clean = found["clean"]
    title = f"{found['rows']:,} rows with a prediction; clean rows: WER {_percent(clean['wer'])}"
    made = plain_table(title, "rule|limit|says|rows|hours|WER|like clean|worse by|from|to|move to")
    for each in found["limits"]:
        if each["severity"] == "clean" and each["says"] != "tighten":
            continue
        rates = [_percent(each[name]) for name in ("wer", "clean_wer", "difference", "low", "high")]
        moved = "" if each["propose"] is None else f"{each['propose']:.4g}"
        says = each["says"].replace("_", " ")
        texts = (Text(printable(text)) for text in (each["rule"], each["limit"], says))
        made.add_row(*texts, f"{each['rows']:,}", hours(each["hours"]), *rates, moved)
    return [made, *_meanings(found)]


def _meanings(found: Mapping[str, Any]) -> Iterator[Any]:
    from curate.cli.render.terminal import plain_table

    said = {each["says"]: each["meaning"] for each in found["limits"]}
    if said:
        made = plain_table("what they say", "says|because")
        for word, meaning in said.items():
            made.add_row(word.replace("_", " "), meaning)
        yield made


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}%"
