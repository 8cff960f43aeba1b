"""What people see in the terminal: on stderr, so that stdout stays for machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from curate.command import printable

Json = Mapping[str, Any]
Advance = Callable[[int, int], None]

CONSOLE = Console(stderr=True, highlight=False)
_COLOURS = {
    "clean": "green",
    "borderline": "yellow",
    "unknown": "cyan",
    "bad": "red",
    "malformed": "magenta",
}


def colour_of(verdict: str) -> str:
    """The colour that a verdict has everywhere."""
    return _COLOURS[verdict]


@contextmanager
def progress(total_bytes: int, quiet: bool) -> Iterator[Advance]:
    """A progress bar over input bytes that also counts rows; silent where nobody looks."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
    )
    hidden = quiet or not CONSOLE.is_terminal
    with Progress(*columns, console=CONSOLE, transient=True, disable=hidden) as bar:
        task = bar.add_task("reading", total=total_bytes or None, rows=0)
        rows = 0

        def advance(size: int, more_rows: int) -> None:
            nonlocal rows
            rows += more_rows
            bar.update(task, advance=size, rows=rows)

        yield advance


def summary(
    found: Json,
    as_json: bool,
    quiet: bool,
    table: Callable[[Json], Sequence[RenderableType]],
    out: Path,
) -> None:
    """End a command: JSON on stdout where asked, tables and the page's path on stderr."""
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))  # noqa: T201 - the result itself
    if quiet:
        return
    for part in table(found):
        CONSOLE.print(part)
    warnings(found.get("warnings", []))
    page = out / "report.html"
    if page.exists():
        CONSOLE.print(Text(f"report: {page}"))


def warnings(lines: Sequence[str]) -> None:
    """Warnings, loud."""
    for text in lines:
        CONSOLE.print(Text("warning: ", style="bold yellow") + Text(printable(text)))


def line(text: str) -> None:
    """One line for people."""
    CONSOLE.print(Text(printable(text)))


def print_table(table: Table) -> None:
    """One table for people."""
    CONSOLE.print(table)


def say(quiet: bool) -> Callable[[str], None]:
    """`line`, or silence."""
    return (lambda text: None) if quiet else line


def profile_table(found: Json) -> Sequence[Table]:
    """Hours per verdict, what each rule caught, and the quantiles of the main metrics."""
    total = found["totals"]
    verdicts = plain_table(
        f"{total['rows']:,} rows, {hours(total['hours'])}", "verdict|rows|hours|share|"
    )
    for entry in found["verdicts"]:
        share = entry["rows"] / total["rows"]
        colour = _COLOURS[entry["verdict"]]
        verdicts.add_row(
            Text(entry["verdict"], style=colour),
            f"{entry['rows']:,}",
            hours(entry["hours"]),
            f"{share:.1%}",
            Text("\u2588" * round(share * 30), style=colour),
        )
    return [verdicts, _rules(found), _metrics(found)]


def _rules(found: Json) -> Table:
    table = plain_table("rules that spoke", "rule|verdict|condition|rows|hours|alone")
    for entry in found["rules_hit"]:
        if entry["rows"]:
            table.add_row(
                Text(printable(entry["rule"])),
                Text(entry["severity"], style=_COLOURS[entry["severity"]]),
                Text(printable(entry["condition"])),
                f"{entry['rows']:,}",
                hours(entry["hours"]),
                f"{entry['only_rows']:,}",
            )
    for entry in found["malformed"]:
        table.add_row(
            Text("(line)"),
            Text("malformed", style=_COLOURS["malformed"]),
            Text(printable(entry["reason"])),
            f"{entry['rows']:,}",
            "",
            "",
        )
    return table


def _metrics(found: Json) -> Table:
    table = plain_table("metrics", "metric|unit|p01|median|p99|max|null")
    for metric in found["metrics"]:
        points = metric["quantiles"]
        values = [points["p01"], points["p50"], points["p99"], metric["max"]]
        table.add_row(
            Text(metric["name"]),
            Text(metric["unit"], style="dim"),
            *(number(value) for value in values),
            f"{metric['nulls']:,}" if metric["nulls"] else "",
        )
    return table


def shard_table(found: Json) -> Sequence[Table]:
    """Shards and manifests written."""
    table = plain_table("shards", "what|cuts or rows|hours")
    shards = f"{len(found['shards'])} shards in train/"
    table.add_row(shards, f"{found['cuts']:,}", hours(found["hours"]))
    for entry in found["manifests"].values():
        table.add_row(entry["file"], f"{entry['rows']:,}", hours(entry["hours"]))
    for skipped in found["skipped"][:10]:
        table.add_row(
            Text(printable(f"left out: {skipped['id']}")), Text(printable(skipped["reason"])), ""
        )
    return [table]


def verify_table(found: Json) -> Sequence[Table]:
    """What was proven of a shard directory."""
    table = plain_table("verified", "what|value")
    for key, value in found.items():
        table.add_row(key, Text(printable(str(value))))
    return [table]


def hours(value: float) -> str:
    """Hours as people say them: 12.3 h, 4.5 min, 6.7 s."""
    if value >= 1:
        return f"{value:,.1f} h"
    return f"{value * 60:.1f} min" if value >= 1 / 60 else f"{value * 3600:.1f} s"


def number(value: float | None) -> str:
    """A metric's value at three significant digits; a dash for null."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


_RIGHT = frozenset(
    ("rows", "hours", "share", "alone", "p01", "median", "p99", "max", "null", "KS", "PSI", "count")
)


def plain_table(title: str, columns: str) -> Table:
    """An empty table without frames; amounts stand to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in columns.split("|"):
        right = name in _RIGHT or name.startswith(("A ", "B "))
        table.add_column(name, justify="right" if right else "left")
    return table
