"""What people see in the terminal.

What a command answers goes to stdout, so that it can be piped on; progress, warnings and notes go
to stderr. With `--json`, stdout holds one JSON document and no table is shown anywhere.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from curate.terminal.command import printable
from curate.terminal.output import answers

if TYPE_CHECKING:
    from curate.artifacts.base import Artifact
    from curate.artifacts.leaks import Coverage, Leak, Proposal

Json = Mapping[str, Any]
Made = TypeVar("Made", bound="Artifact")

CONSOLE = Console(stderr=True, highlight=False)
"""For progress, warnings and notes."""
_COLOURS = {
    "clean": "green",
    "borderline": "yellow",
    "unknown": "cyan",
    "bad": "red",
    "untranscribed": "white",
    "skipped": "blue",
    "malformed": "magenta",
}


def colour_of(verdict: str) -> str:
    """The colour that a verdict has everywhere."""
    return _COLOURS[verdict]


def summary(
    made: Made,
    as_json: bool,
    quiet: bool,
    tables: Callable[[Made], Sequence[RenderableType] | str],
    out: Path | None,
) -> None:
    """End a command: its answer on stdout, as JSON where requested, else as tables (or what
    `table_text` made of them); warnings and the path of the page in `out` on stderr.
    """
    if as_json:
        print_json(made.as_json())
    if quiet:
        return
    if not as_json:
        shown = tables(made)
        print_text(shown if isinstance(shown, str) else table_text(shown))
    warnings(getattr(made, "warnings", ()))
    if out and (page := out / "report.html").exists():
        CONSOLE.print(Text(f"report: {page}"))


def warnings(lines: Sequence[str]) -> None:
    """Warnings, loud; each is one line, so that a command in it can be copied."""
    for text in lines:
        warning = Text("warning: ", style="bold yellow") + Text(printable(text))
        CONSOLE.print(warning, soft_wrap=True)


def line(text: str) -> None:
    """One line for people, beside the answer."""
    CONSOLE.print(Text(printable(text)))


def answer(text: str) -> None:
    """A line that is the answer."""
    answers().print(Text(printable(text)))


def print_json(document: object) -> None:
    """The one JSON document of a command."""
    print_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_text(text: str) -> None:
    """Text on stdout, lone surrogates as JSON escapes them."""
    sys.stdout.write(text.encode(errors="backslashreplace").decode())


def table_text(tables: Sequence[RenderableType]) -> str:
    """Tables that have rows, and other parts, as stdout shows them."""
    console = answers()
    with console.capture() as capture:
        for part in tables:
            if not isinstance(part, Table) or part.row_count:
                console.print(part)
    return capture.get()


def print_table(table: RenderableType) -> None:
    """One table of the answer."""
    answers().print(table)


def leak_lines(
    leaks: Sequence[Leak],
    coverage: Sequence[Coverage],
    statement: str,
    proposals: Sequence[Proposal] = (),
) -> Iterator[RenderableType]:
    """What was compared and what could not be checked; where something leaks, a row per kind and a
    column per pair of sides.
    """
    unknown = any(each.unchecked for each in coverage) or "NOT CHECKED" in statement
    sides = ", ".join(dict.fromkeys(side for leak in leaks for side in leak.between))
    leaking = any(leak.count for leak in leaks)
    if leaking:
        yield _leak_table(leaks)
    colour = "red" if leaking else "yellow" if unknown else "green"
    between = f"{sides}: " if sides else ""
    yield Text(printable(f"{between}{statement}"), style=colour)
    open_questions: list[str] = []
    for each in coverage:
        if each.unchecked:  # it is a warning
            continue
        if question := _open_question(each):
            open_questions.append(question)
        else:
            yield Text(printable(each.message), style="dim")
    if open_questions:
        yield Text(f"NOT CHECKED: {'; '.join(open_questions)}", style="dim")
    for proposal in proposals:
        yield Text(printable(f"proposal: {proposal.message}"), style="dim")


def _open_question(entry: Coverage) -> str:
    """What no corpus of this kind lets be checked, in few words; empty of what is known of rows."""
    if not entry.known:
        return f"{entry.key}s (known for no row)"
    is_own_file = entry.key == "recording" and entry.message.endswith("NOT CHECKED")
    return "recordings that the rows' own files were cut from" if is_own_file else ""


def _leak_table(leaks: Sequence[Leak]) -> Table:
    kinds = list(dict.fromkeys(leak.kind for leak in leaks))
    pairs = list(dict.fromkeys(" and ".join(leak.between) for leak in leaks))
    table = plain_table("leaks (must be 0)", "|".join(["kind", *map(printable, pairs)]))
    counts = {(leak.kind, " and ".join(leak.between)): leak.count for leak in leaks}
    for kind in kinds:
        row = [counts.get((kind, pair)) for pair in pairs]
        style = [_COLOURS["bad"] if count else "" for count in row]
        cells = [
            Text("not checked" if count is None else f"{count:,}", style=how)
            for count, how in zip(row, style, strict=True)
        ]
        table.add_row(kind, *cells)
    return table


_LARGE = 1e7
"""From here on a value takes a power of ten, or its column would squeeze the others."""


def number(value: float | None) -> str:
    """A metric's value at three significant digits; a dash for null."""
    if value is None:
        return "-"
    if abs(value) >= _LARGE:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def cell(value: object) -> Text:
    """A value in a table: a dash for none, numbers to the right."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Text("-" if value is None else printable(str(value)))
    if isinstance(value, int):
        return Text(f"{value:,}", justify="right")
    return Text(number(value) if math.isfinite(value) else "-", justify="right")


_RIGHT = frozenset(
    (
        *("rows", "length", "share", "unique", "count"),
        *("p01", "median", "p99", "max", "null", "KS", "PSI"),
    )
)


def plain_table(title: str, columns: str) -> Table:
    """An empty table without frames; amounts stand to the right, and nothing is cut."""
    whole = Text(title, no_wrap=True, overflow="ignore")  # it may be wider than the table
    table = Table(title=whole, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in columns.split("|"):
        right = name in _RIGHT or name.startswith(("A ", "B "))
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    return table
