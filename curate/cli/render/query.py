"""Answers to queries, as tables for people and as JSON or CSV for machines."""

from __future__ import annotations

import csv
import json
import math
import sys
from itertools import islice

from rich.table import Table
from rich.text import Text

from curate.cli.render.terminal import cell, print_text
from curate.profiles.own_query import Answer
from curate.terminal.command import printable

SHOWN = 100
"""Rows that a table for people has at most."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def print_json(answer: Answer) -> None:
    """One array of objects, a row at a time, so that memory does not grow with the answer."""
    between = "[\n"
    for row in answer.rows:
        named = dict(zip(answer.columns, map(_plain, row), strict=True))
        print_text(between + json.dumps(named, ensure_ascii=False, default=str))
        between = ",\n"
    print_text("\n]\n" if between != "[\n" else "[]\n")


def print_csv(answer: Answer) -> None:
    """CSV with a head; text that a spreadsheet would run as a formula gets an apostrophe."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(map(inert, answer.columns))
    for row in answer.rows:
        writer.writerow(map(inert, row))


def inert(value: object) -> object:
    """A value that no spreadsheet takes for a formula.

    >>> inert("=cmd()"), inert(-1.5), inert("plain"), inert(["a"])
    ("'=cmd()", -1.5, 'plain', '["a"]')
    """
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(answer: Answer) -> Table:
    """The first rows; the title says where there are more."""
    rows = list(islice(answer.rows, SHOWN + 1))
    more = f"the first {SHOWN} rows; --json and --csv give all" if len(rows) > SHOWN else None
    made = Table(title=more, title_justify="left", box=None, pad_edge=False)
    for name in answer.columns:
        made.add_column(Text(printable(name)), overflow="fold")
    for row in rows[:SHOWN]:
        made.add_row(*map(cell, row))
    return made
