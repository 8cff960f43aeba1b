"""Tables: one look for all of them, numbers aligned, long ones cut with a note."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from markupsafe import Markup

from curate.artifacts.verdicts import VERDICTS
from reports import format as show
from reports.templating import render
from reports.transcripts import escaped, isolated, marked, visible

CellKind = Literal[
    "text",
    "name",
    "verdict",
    "count",
    "hours",
    "duration",
    "percent",
    "number",
    "seconds",
    "size",
    "drawn",
]
FILTER_FROM = 15
"""Rows from which on a table offers a filter."""


_PROSE_FROM = 26
_WHOLE_BELOW = 30
_FEW_MINUTES = 0.1
"""Hours below which a decimal fraction of an hour is hard to read."""


class Column(NamedTuple):
    """A column's heading and how its values read. `drawn` cells are Markup already."""

    title: str
    kind: CellKind = "text"


class Cell(NamedTuple):
    """A cell as printed, and what it sorts by (None: its text)."""

    shown: str | Markup
    sort: float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of raw values, one per column. `foot` is the line of totals below a double rule."""

    label: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]
    foot: Sequence[object] | None = None
    limit: int = 200
    elsewhere: str = "the JSON beside this page"

    def render(self) -> Markup:
        """The table as HTML inside its own scrolling box."""
        digits = [self._digits(at) for at in range(len(self.columns))]
        kinds = self._kinds()

        def cells(row: Sequence[object]) -> list[Cell]:
            return [
                _cell(kind, value, places)
                for kind, value, places in zip(kinds, row, digits, strict=True)
            ]

        styles = [self._style(at) for at in range(len(self.columns))]
        rows = (_row(cells(row), styles) for row in self.rows[: self.limit])
        return render(
            "table",
            table=self,
            body=Markup("".join(rows)),  # noqa: S704 - each is escaped
            foot=cells(self.foot) if self.foot else None,
            hidden=max(0, len(self.rows) - self.limit),
            filters=min(len(self.rows), self.limit) >= FILTER_FROM,
            titles=[
                _title(column.title, kind) for column, kind in zip(self.columns, kinds, strict=True)
            ],
            styles=styles,
        )

    def _style(self, at: int) -> str:
        """A column's class; one with long text is prose, which wraps; long ids and paths break."""
        kind = self.columns[at].kind
        if kind != "text":
            return f"k-{kind}"
        long = [text for row in self.rows if len(text := str(row[at])) > _PROSE_FROM]
        if not long:
            return "k-text"
        return "prose" if any(" " in text for text in long) else "token"

    def _kinds(self) -> list[CellKind]:
        """The columns' kinds; hours of which some are few minutes have units of their own."""
        kinds = [column.kind for column in self.columns]
        lengths = [at for at, kind in enumerate(kinds) if kind == "hours"]
        values = [row[at] for row in self._lines() for at in lengths]
        hours = [value for value in values if isinstance(value, int | float) and value]
        short = not hours or max(hours) < 1 or min(hours) < _FEW_MINUTES
        short = short and min(hours, default=0.0) >= 0  # a difference keeps its sign in hours
        return ["duration" if short and kind == "hours" else kind for kind in kinds]

    def _lines(self) -> list[Sequence[object]]:
        return [*self.rows, *([self.foot] if self.foot else [])]

    def _digits(self, at: int) -> int:
        """One number of decimals for the whole column, so that its points stand in line."""
        values = [row[at] for row in self._lines()]
        return show.places([value for value in values if isinstance(value, int | float)])


def _row(cells: Sequence[Cell], styles: Sequence[str]) -> str:
    """A row as HTML. A page has thousands of cells, which a template prints in twice the time."""
    printed = []
    for cell, style in zip(cells, styles, strict=True):
        by = "" if cell.sort is None else f' data-by="{cell.sort}"'
        shown = cell.shown if isinstance(cell.shown, Markup) else escaped(cell.shown)
        printed.append(f'<td class="{style}"{by}>{shown}</td>')
    return f"<tr>{''.join(printed)}</tr>\n"


class Sorted(NamedTuple):
    """Something drawn that sorts by a value."""

    shown: Markup
    by: float | None


_NUMBERS: dict[CellKind, Callable[[float, int], str]] = {
    "count": lambda value, _: show.count(int(value)),
    "hours": lambda value, digits: show.fixed(value, digits) if value else "0",
    "duration": lambda value, _: show.hours(value) if value else "0",
    "percent": lambda value, _: show.percent(value),
    "number": lambda value, _: show.number(value),
    "seconds": lambda value, _: show.seconds(value),
    "size": lambda value, _: show.size(int(value)),
}


def _title(text: str, kind: CellKind) -> str:
    """A heading, which may wrap; its unit stays with the word before. Durations have their own."""
    if kind == "duration":
        return re.sub(r"\bhours\b", "time", text.removesuffix(" h").removesuffix(","))
    return re.sub(r", (?=\S{1,2}$)", ",\u00a0", text)


_NOTHING = Cell(Markup('<span class="none">{}</span>').format(show.UNKNOWN), None)


def _cell(kind: CellKind, value: object, digits: int) -> Cell:
    if value is None:
        return _NOTHING
    if isinstance(value, Sorted):
        return Cell(value.shown, value.by)
    if isinstance(value, Markup):
        return Cell(value, None)
    if isinstance(value, int | float) and kind in _NUMBERS:
        return Cell(_NUMBERS[kind](value, digits), value)
    if kind == "verdict":
        return Cell(verdict(str(value)), None)
    if kind == "name":
        return Cell(name(str(value)), None)
    return Cell(_text(str(value)), None)


def _text(text: str) -> Markup:
    """Text of a cell; a long path or id breaks at its separators."""
    is_plain = " " not in text and visible(text) == text
    return isolated(_breakable(text)) if is_plain and len(text) > _PROSE_FROM else marked(text)


def natural(value: object) -> tuple[tuple[int, float, str], ...]:
    """A key that sorts the numbers within texts by size: `2-5 s` before `10-20 s`."""
    pieces = re.split(r"(\d+)", "" if value is None else str(value))
    return tuple(
        (0, float(piece), "") if piece.isdecimal() else (1, 0.0, piece) for piece in pieces
    )


def quiet(noun: str, silence: str, names: Sequence[str | None]) -> Markup | None:
    """A note that stands for rows which say nothing: how many, what they do not do, their names."""
    if not names:
        return None
    listed = Markup(", ").join(name(each or "\u2014") for each in names)
    pattern = Markup('<p class="note">{} {}: {}.</p>')
    return pattern.format(show.plural(len(names), noun), silence, listed)


def name(text: str) -> Markup:
    """An identifier, path or condition in the machine's type; a long one breaks at separators."""
    if len(text) < _WHOLE_BELOW:
        return Markup(f"<code>{escaped(text)}</code>")  # noqa: S704 - escaped
    return Markup(f'<code class="breaks">{_breakable(text)}</code>')  # noqa: S704 - escaped


def _breakable(text: str) -> Markup:
    pieces = escaped(text)
    for separator in ("/", ":", "_", "."):
        pieces = pieces.replace(separator, f"{separator}<wbr>")
    return Markup(pieces)  # noqa: S704 - escaped


def alarm(text: str) -> Markup:
    """A value that must not be what it is."""
    return Markup('<strong class="alarm">{}</strong>').format(text)


def verdict(word: str) -> Markup:
    """A verdict with its swatch; any other word as it is."""
    if word not in VERDICTS:
        return marked(word)
    swatch = f'<span class="verdict"><i class="swatch b-{word}"></i>{word}</span>'
    return Markup(swatch)  # noqa: S704 - one of VERDICTS
