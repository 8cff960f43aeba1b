"""Decisions as CSV, for spreadsheets: what stands in the log, and rows to add to it.

A cell that a spreadsheet would compute (it begins with one of STARTS) gets an apostrophe in front,
which reading takes away again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from curate.errors import ConfigError, Fault, raise_all
from curate.errors.nearest import suggest
from curate.reviews.decisions import DecisionLog, now
from curate.rules.overrides import Decision, line_of
from curate.rules.overrides.decision import KEYS, NUMBERS

STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "'")
NAME: Final = "decisions.csv"
_MOST_FAULTS: Final = 20


def as_csv(decisions: Iterable[Decision]) -> str:
    """The decisions as CSV with a header of KEYS; RFC 4180, UTF-8 with a mark for spreadsheets."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(KEYS)
    for each in decisions:
        writer.writerow([_cell(getattr(each, name)) for name in KEYS])
    return f"\ufeff{file.getvalue()}"


def _cell(value: str | float | None) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(STARTS) else text


def _value(cell: str) -> str:
    """What a cell holds, without the apostrophe that `_cell` puts in front."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(STARTS) else cell


def import_csv(log: DecisionLog, content: bytes) -> int:
    """Add the decisions of a CSV file, all or none; how many there were. Those that stand in the
    log just so are left out.

    `by` and `at` may be missing: the reviewer, and now. ConfigError with every fault at its row.
    """
    rows = decisions_of(content, log.reviewer, now())

    def new(known: Sequence[Decision]) -> list[Decision]:
        lines = {line_of(each) for each in known}
        return [each for each in rows if line_of(each) not in lines]

    return log.extend(new)


def decisions_of(content: bytes, reviewer: str, at: str) -> list[Decision]:
    """The decisions of a CSV file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError.of(NAME, "is not UTF-8", "save it as CSV in UTF-8") from None
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    decisions, faults = [], []
    try:
        names = [name.strip() for name in next(reader, [])]
        _check_names(names)
        for cells in reader:
            where = f"{NAME}:{reader.line_num}"
            if any(cell.strip() for cell in cells):
                row = _decision(names, cells, where, reviewer, at)
                if isinstance(row, Decision):
                    decisions.append(row)
                else:
                    faults += row
    except csv.Error as error:
        faults.append(Fault(f"{NAME}:{reader.line_num}", f"is not CSV: {error}"))
    raise_all(ConfigError, faults[:_MOST_FAULTS])
    return decisions


def _check_names(names: Sequence[str]) -> None:
    unknown = [name for name in names if name and name not in KEYS]
    faults = [
        Fault(f"{NAME}:1", f"unknown column '{name}'", suggest(name, KEYS)) for name in unknown
    ]
    if "decision" not in names:
        faults.append(Fault(f"{NAME}:1", "no column 'decision'", f"columns: {', '.join(KEYS)}"))
    raise_all(ConfigError, faults)


def _decision(
    names: Sequence[str], cells: Sequence[str], where: str, reviewer: str, at: str
) -> Decision | list[Fault]:
    if len(cells) != len(names):
        return [Fault(where, f"has {len(cells)} cells, the header {len(names)}")]
    pairs = zip(names, map(_value, cells), strict=True)
    given: dict[str, object] = {"by": reviewer, "at": at}
    given |= {name: value for name, value in pairs if name and value}
    for name in NUMBERS:
        try:
            given |= {name: float(str(given[name]))} if name in given else {}
        except ValueError:
            return [Fault(where, f"'{name}' is a number of seconds")]
    if given.get("decision") in {None, "undo"}:
        return [Fault(where, "no decision to add: keep, borderline, reject, text, trim")]
    decision = Decision(**given)  # type: ignore[arg-type]
    try:
        line_of(decision)
    except ConfigError as error:
        return [Fault(where, fault.what, fault.hint) for fault in error.faults]
    return decision
