"""Limits held against a model's errors, as `curate reconsider` shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from curate.artifacts.reconsider import Reconsider
from curate.cli.render.terminal import plain_table
from curate.formatting.units import hours, percent, plural
from curate.terminal.command import printable

TOO_FEW = "too_few"


def tables(made: Reconsider) -> Sequence[RenderableType]:
    """One line a limit, those with too few rows only by name, then what the words mean."""
    rate = percent(made.clean.wer, unknown="")
    title = f"{plural(made.rows, 'row')} with a prediction; clean rows: WER {rate}"
    table = plain_table(
        title, "rule|limit|recommendation|rows|length|WER|like clean|worse by|from|to|move to"
    )
    shown = [
        each for each in made.limits if each.severity != "clean" or each.recommendation == "tighten"
    ]
    few = [each.rule for each in shown if each.recommendation == TOO_FEW]
    for each in shown:
        if each.recommendation == TOO_FEW:
            continue
        known = (each.wer, each.clean_wer, each.difference, each.low, each.high)
        rates = (percent(value, unknown="") for value in known)
        moved = "" if each.propose is None else f"{each.propose:.4g}"
        texts = (each.rule, each.limit, each.recommendation.replace("_", " "))
        table.add_row(
            *(Text(printable(text)) for text in texts),
            *(f"{each.rows:,}", hours(each.hours), *rates, moved),
        )
    first = table if table.row_count else Text(title, style="bold")
    parts: list[RenderableType] = [first]
    if few:
        parts.append(Text(printable(f"too few rows with only this tag: {', '.join(few)}")))
    return [*parts, *_meanings(made)]


def _meanings(made: Reconsider) -> Iterator[Table]:
    meanings = {
        each.recommendation: each.meaning for each in made.limits if each.recommendation != TOO_FEW
    }
    if meanings:
        table = plain_table("recommendations", "recommendation|meaning")
        for word, meaning in meanings.items():
            table.add_row(word.replace("_", " "), meaning)
        yield table
