"""Tables that name the beginning of a segment in their own words: each row is its own seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.train.world import NEMO, World
from tests.whole_way.corpus import sentence
from tests.whole_way.journey import USUAL, Journey
from tests.whole_way.stepped import Case, Place, miscounted, misplaced, write_stepped

pytestmark = NEMO

SPLIT = ("--eval", "9s", "--test", "9s", "--floor", "0s", "--cap", "0.6")
ROWS = ((1, 1.5), (3, 1.25), (5, 2.0))
"""Start and length of the rows of each table."""

Cells = Callable[[int, float], tuple[object, ...]]

# columns beside path, sentence and speaker, their cells by start and length, and why refused
COLUMNS: list[tuple[str, Cells, str]] = [
    ("begin_time,duration", lambda at, size: (at, size), ""),
    ("start_sec,duration_sec", lambda at, size: (at, size), ""),
    ("start_sec,end_sec", lambda at, size: (at, at + size), ""),
    ("start_ms,duration_ms", lambda at, size: (at * 1000, round(size * 1000)), ""),
    ("start_ms,end_ms", lambda at, size: (at * 1000, round((at + size) * 1000)), ""),
    ("Start,End", lambda at, size: (f"{at:.2f}", f"{at + size:.2f}"), ""),
    ("offset,dur", lambda at, size: (f" {at} ", size), ""),
    ("segment_start,segment_end", lambda at, size: (at, at + size), ""),
    ("start_time,stop_time,duration", lambda at, size: (at, at + size, size), ""),
    ("begin,length", lambda at, size: (at, size), ""),
    ("start,end,duration", lambda at, size: (at, at + size, size + 1), "its duration is not end"),
    ("start,end", lambda at, size: (at + size, at), "its end is not behind its beginning"),
    ("start,end_ms", lambda at, size: (at, at + size), "its end is not behind its beginning"),
    ("begin_time,end_time", lambda at, size: ("0:01", "0:02"), "its start and end are not numbers"),
    ("begin_time,duration", lambda at, size: (f"00:0{at}", size), "offset"),
    ("begin_time,duration", lambda at, size: (-at, size), "offset"),
    ("begin_time,duration", lambda at, size: (at + 8, size), "audio"),
    ("end,speaker_age", lambda at, size: (at + size, 30), "no duration (missing)"),
]  # fmt: skip


def tables(folder: Path) -> dict[str, list[Case]]:
    """A table for each form, its rows in a file of its own; the cases of each."""
    corpus = {}
    for number, (columns, cells, reason) in enumerate([*COLUMNS, *COLUMNS[:4]]):
        lines, cases = [f"path,sentence,speaker,lang,{columns}\n"], []
        for at, (start, length) in enumerate(ROWS):
            file = number * len(ROWS) + at
            audio = write_stepped(folder / f"{file}.wav", file)
            text = " ".join(sentence(file).split()[:2])
            cells_text = ",".join(map(str, cells(start, length)))
            lines.append(f"{audio.name},{text},s{file},en,{cells_text}\n")
            cases.append(Case(columns, text, reason or Place(file, start, length)))
        path = folder / f"table-{number}.csv"
        path.write_text("".join(lines), encoding="utf-8")
        corpus[str(path)] = cases
    return corpus


def test_rows_of_tables_are_their_own_seconds(world: World, tmp_path: Path) -> None:
    corpus = tables(tmp_path)
    options = replace(USUAL, split=SPLIT)
    journey = Journey([*map(Path, corpus)], tmp_path / "out", options, world.model("ctc").path)
    journey.go("profile", "split", "audit", "shard", "verify", "plan", "eval")
    assert (len(journey.steps), journey.failures) == (7, [])
    assert misplaced(journey, corpus) == []
    assert miscounted(journey) == []
