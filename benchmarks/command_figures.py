"""commands.json: what `benchmarks/commands.py` measured, its tables, and the picture of README.

docs/generate.py writes the tables and the picture from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from curate.artifacts.base import Model
from reports.charts.svg import Drawing

FILE = Path(__file__).with_suffix("").with_name("commands.json")

State = Literal["first", "cold", "warm"]
"""cold: what a run reads is on disk only. first: as cold, and Python has no bytecode yet."""
QUIET = 0.5
PICTURE_ROWS = 1_000_000
"""Rows at which the picture compares; the most that were measured, where there are fewer."""


class Figure(Model):
    """Medians of the runs of one command on so many rows in one state."""

    command: str
    peer: bool
    rows: int
    state: State
    runs: int
    clock_s: float
    processor_s: float
    anonymous_mib: float


class Figures(Model):
    """commands.json."""

    processors: int
    machine: str
    load: float
    """Load of the machine when the run began: it is quiet below QUIET."""
    resident_share: float | None
    """The most of an input that was in the page cache after it was dropped; null where unknown."""
    versions: Mapping[str, str]
    figures: tuple[Figure, ...]

    def write(self) -> None:
        """Write the file."""
        text = json.dumps(self.as_json(), indent=1, ensure_ascii=False)
        FILE.write_text(f"{text}\n", encoding="utf-8")

    @property
    def rows(self) -> list[int]:
        """The sizes that were measured."""
        return sorted({figure.rows for figure in self.figures})

    @property
    def picture_rows(self) -> int:
        """The size at which the picture compares."""
        return max((rows for rows in self.rows if rows <= PICTURE_ROWS), default=self.rows[0])

    def at(self, rows: int, state: State) -> list[Figure]:
        """The figures of a size and a state, in the order in which they were run."""
        return [each for each in self.figures if each.rows == rows and each.state == state]

    def commands(self, *, peers: bool) -> list[str]:
        """The names of commands, in the order in which they were run."""
        return list(dict.fromkeys(each.command for each in self.figures if each.peer == peers))

    def find(self, command: str, rows: int, state: State) -> Figure | None:
        """One figure; None where it was not measured."""
        return next((each for each in self.at(rows, state) if each.command == command), None)


def read_figures() -> Figures | None:
    """What was measured last; None where the file is not there."""
    if not FILE.is_file():
        return None
    return Figures.model_validate_json(FILE.read_text(encoding="utf-8"))


def format_seconds(seconds: float) -> str:
    """Two digits below a second, one below ten.

    >>> format_seconds(0.354), format_seconds(2.04), format_seconds(141.7)
    ('0.35', '2.0', '142')
    """
    return f"{seconds:.{2 if seconds < 1 else 1 if seconds < 10 else 0}f}"


def format_rows(rows: int) -> str:
    """Rows as a column names them.

    >>> format_rows(100), format_rows(100_000), format_rows(5_000_000)
    ('100', '100k', '5M')
    """
    for unit, letter in ((1_000_000, "M"), (1000, "k")):
        if rows >= unit and rows % unit == 0:
            return f"{rows // unit}{letter}"
    return str(rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a Markdown table, and an empty one."""
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cells)} |"
    yield ""


README = """\
Medians of three runs (one, where one takes over ten seconds), {processors} processors, nothing to
compile or to load first; an empty cell was not run. A profile is everything: each line proved, all
metrics, rules, `records.parquet`, the page. The scripts by hand compute the three metrics
`char_rate`, `word_len` and `repetitions` only; in expressions DuckDB is faster, and Polars up to a
hundred thousand rows. Lhotse sums durations. Speech Data Explorer (loading)
and Speech Data Processor (filters) are their loops over rates and word lengths, rewritten after
their sources of 2025, without servers, logs and audio.
Processor time, memory and cold starts are in [the
results](benchmarks/results.md#whole-commands-and-other-tools).
"""


def readme_lines(figures: Figures) -> Iterator[str]:
    """README's picture and table of seconds on the clock, warm."""
    rows = format_rows(figures.picture_rows)
    yield f"![Seconds of whole commands, {rows} rows, and of other tools](docs/images/commands.svg)"
    yield ""
    sizes = figures.rows
    head = ["seconds, from Enter to the prompt", *(f"{format_rows(size)} rows" for size in sizes)]
    names = [*figures.commands(peers=False), *figures.commands(peers=True)]
    yield from table(head, ([name, *_clocks(figures, name, sizes)] for name in names))
    yield README.format(processors=figures.processors)


def _clocks(figures: Figures, name: str, sizes: Sequence[int]) -> Iterator[str]:
    for size in sizes:
        figure = figures.find(name, size, "warm")
        yield format_seconds(figure.clock_s) if figure else ""


RESULTS = """\
{machine}, {processors} processors, load {load:.1f} at the start; {versions}.

Seconds on the clock and of processors, of the process and its children, and the peak of their
anonymous memory in MiB. Medians of three runs, or one run where one takes over ten seconds. Cold:
the files of the package, of its dependencies and of the input are on disk only{dropped}. First run:
as cold, and Python has no bytecode of any package yet.
"""


def result_lines(figures: Figures) -> Iterator[str]:
    """All figures: a table for each size, and one of first runs."""
    left = figures.resident_share
    yield RESULTS.format(
        machine=figures.machine,
        processors=figures.processors,
        load=figures.load,
        versions=", ".join(f"{name} {version}" for name, version in figures.versions.items()),
        dropped=f" (at most {left:.0%} of it remained in memory)" if left else "",
    )
    head = ["", "cold: s", "processor s", "warm: s", "processor s", "MiB"]
    for rows in figures.rows:
        yield f"### {rows:,} rows\n"
        yield from table(head, (_result_row(figures, each) for each in figures.at(rows, "warm")))
    first = [[each.command, *_times(each)] for each in figures.figures if each.state == "first"]
    if first:
        yield "### First runs, the fewest rows\n"
        yield from table(("", "s", "processor s"), first)


def _result_row(figures: Figures, warm: Figure) -> list[str]:
    cold = figures.find(warm.command, warm.rows, "cold")
    name = f"{warm.command} (one run)" if warm.runs == 1 else warm.command
    return [name, *_times(cold), *_times(warm), f"{warm.anonymous_mib:,.0f}"]


def _times(figure: Figure | None) -> list[str]:
    seconds = (figure.clock_s, figure.processor_s) if figure else ()
    return [format_seconds(each) for each in seconds] or ["", ""]


WIDTH, ROW, LABEL, PANEL, TOP = 820.0, 19.0, 192.0, 410.0, 44.0
BAR = PANEL - LABEL - 60.0
CUT = 8.0
"""A bar that is longer than this many times its panel's shortest but one is cut off."""

STYLE = (
    "<style>text{font:12px system-ui,sans-serif}.f-paper{fill:#fff}.f-ink{fill:#1f2328}"
    ".f-muted{fill:#59636e}.f-data{fill:#b9c1ca}.f-own{fill:#1f6feb}.s-paper{stroke:#fff}"
    "@media(prefers-color-scheme:dark){.f-paper{fill:#0d1117}.f-ink{fill:#e6edf3}"
    ".f-muted{fill:#9198a1}.f-data{fill:#545d68}.f-own{fill:#4493f8}.s-paper{stroke:#0d1117}}"
    "</style>"
)


def draw_picture(figures: Figures) -> str:
    """A self-contained SVG: a profile beside other tools, and our commands, at one size, warm."""
    rows = figures.picture_rows
    warm = figures.at(rows, "warm")
    own = [each for each in warm if not each.peer]
    profile = [each for each in own if each.command == PROFILE]
    panels = (
        ("Beside other tools", [*profile, *(each for each in warm if each.peer)]),
        ("Each command", own),
    )
    height = TOP + ROW * max(len(bars) for _, bars in panels) + 12
    drawing = Drawing(WIDTH, height, f"Seconds of whole commands at {rows:,} rows")
    drawing.areas([[(0, 0), (WIDTH, 0), (WIDTH, height), (0, height)]], "paper")
    for number, (title, bars) in enumerate(panels):
        drawing.text((number * PANEL + 12, 24), f"{title}: seconds, {rows:,} rows")
        _draw_bars(drawing, number * PANEL, bars)
    svg = str(drawing.render()).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    before, after = svg.split(">", 1)
    return f"{before}>{STYLE}{after}\n"


PROFILE = "curate profile"


def _draw_bars(drawing: Drawing, left: float, bars: Sequence[Figure]) -> None:
    """A bar for each command, the shortest first where there are peers."""
    shown = sorted(bars, key=lambda each: each.clock_s) if any(b.peer for b in bars) else bars
    longest = _longest([each.clock_s for each in bars])
    for number, each in enumerate(shown):
        y = TOP + number * ROW
        x = left + LABEL
        length = BAR * min(1.0, each.clock_s / longest)
        shade = "data" if each.peer else "own"
        drawing.areas([[(x, y), (x + length, y), (x + length, y + 12), (x, y + 12)]], shade)
        if each.clock_s > longest:  # the bar is broken
            drawing.line([(x + BAR - 14, y + 14), (x + BAR - 8, y - 2)], "paper", 3)
        drawing.text((x - 6, y + 10), each.command, anchor="end")
        drawing.text((x + length + 5, y + 10), format_seconds(each.clock_s), "muted")


def _longest(seconds: Sequence[float]) -> float:
    """What the full width stands for."""
    limit = CUT * sorted(seconds)[min(1, len(seconds) - 1)]
    return max(each for each in seconds if each <= limit)
