"""Answers to queries, and records, as tables for people and as JSON or CSV for machines."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from curate.artifacts.diff import Diff, Pair
from curate.cli.render.terminal import number, plain_table
from curate.errors import ConfigError, InputError, raise_all
from curate.errors.nearest import lacking
from curate.formatting.units import hours
from curate.profiles.duck import Answer, Field, ask
from curate.profiles.own_fields import ALWAYS, RECORD, OwnFields
from curate.profiles.summary import MAKE, RECORDS, Json
from curate.rules.expression.declare import Kind
from curate.terminal.command import printable

SHOWN = 100
"""Rows that a table for people has at most."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def query(sql: str, profiles: Sequence[Path]) -> Iterator[Answer]:
    """The answer to one SELECT over the records of the profiles and their manifests' own fields."""
    missing = (
        lacking(profile, RECORDS, MAKE) for profile in profiles if not (profile / RECORDS).is_file()
    )
    raise_all(InputError, list(missing))
    tables = [profile / RECORDS for profile in profiles]
    own: dict[Path, OwnFields] = {}

    def beside(table: Path, names: Sequence[str]) -> list[Field]:
        own_fields = own.setdefault(table, OwnFields(table.parent))
        kinds = own_fields.kinds(names)
        return [
            Field(name, _SQL[kind] if name != RECORD else "JSON", _reader(own_fields, name, kind))
            for name, kind in kinds.items()
            if name in ALWAYS or name in names
        ]

    try:
        with ask(tables, sql, beside) as answer:
            yield answer
    except ConfigError:
        failures = [each.failure for each in own.values() if each.failure]
        raise (failures[0] if failures else sys.exception()) from None  # type: ignore[misc]


_SQL = {"text": "VARCHAR", "number": "DOUBLE", "truth": "BOOLEAN"}


def _reader(own: OwnFields, name: str, kind: Kind) -> Callable[[str, int, int], object]:
    return lambda source, offset, length: own.value(name, kind, (source, offset, length))


def print_json(answer: Answer) -> None:
    """One array of objects, a row at a time, so that memory does not grow with the answer."""
    out, between = sys.stdout, "[\n"
    for row in answer.rows:
        named = dict(zip(answer.columns, map(_plain, row), strict=True))
        out.write(between + json.dumps(named, ensure_ascii=False, default=str))
        between = ",\n"
    out.write("\n]\n" if between != "[\n" else "[]\n")


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
        made.add_row(*map(_cell, row))
    return made


def _cell(value: object) -> Text:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Text("-" if value is None else printable(str(value)))
    shown = f"{value:,}" if isinstance(value, int) else number(value) if _plain(value) else "-"
    return Text(shown, justify="right")


def records_table(records: Sequence[Json]) -> Table:
    """Records, one a row: what they are, how they were judged, and what is said."""
    made = Table(box=None, pad_edge=False)
    for name in ("id", "verdict", "lang", "duration_s", "char_rate", "text", "reason"):
        made.add_column(name, overflow="fold")
    for each in records:
        made.add_row(*map(_cell, _shown(each)))
    return made


def _shown(each: Json) -> Iterator[object]:
    metrics, record = each["metrics"], each["record"]
    assert isinstance(metrics, dict)
    assert isinstance(record, dict)
    yield from (each["id"], each["verdict"], each["lang"])
    yield from (metrics.get("duration_s"), metrics.get("char_rate"))
    yield from (record.get("text"), each["reason"])


def diff_tables(diff: Diff) -> Sequence[Table]:
    """What two profiles differ in: amounts, rules whose share changed, and drift."""
    amounts = plain_table("A against B", "what|A rows|B rows|A hours|B hours")
    a, b = diff.a, diff.b
    whole = Pair(a_rows=a.rows, a_hours=a.hours, b_rows=b.rows, b_hours=b.hours)
    _add_pair(amounts, whole, "all")
    for each in diff.verdicts:
        _add_pair(amounts, each, each.verdict)
    for stratum in diff.strata.get("lang", ()):
        _add_pair(amounts, stratum, f"lang {stratum.value or '-'}")
    rules = plain_table("rules", "rule|verdict|A rows|B rows|A hours|B hours")
    for rule in diff.rules:
        if rule.a_rows or rule.b_rows:
            _add_pair(rules, rule, rule.rule, rule.severity)
    drift = plain_table("drift, the largest first", "metric|A median|B median|A p99|B p99|KS|PSI")
    for metric in diff.metrics:
        quantiles = (metric.a_p50, metric.b_p50, metric.a_p99, metric.b_p99)
        values = map(number, (*quantiles, metric.ks, metric.psi))
        drift.add_row(Text(printable(metric.name)), *values)
    return [amounts, rules, drift]


def _add_pair(table: Table, pair: Pair, *names: str) -> None:
    amounts = (f"{pair.a_rows:,}", f"{pair.b_rows:,}", hours(pair.a_hours), hours(pair.b_hours))
    table.add_row(*(Text(printable(name)) for name in names), *amounts)


def words_tables(counted: Mapping[str, Any]) -> Sequence[Table]:
    """Alphabets, letters that do not belong, and the vocabulary."""
    alphabets = plain_table("alphabets", "lang|script|characters|different|outside|frequent|rarest")
    outside = plain_table("letters outside the main script", "lang|letter|code|name|count|example")
    for each in counted["languages"]:
        samples = [
            "".join(letter["character"] for letter in each[key]) for key in ("frequent", "rarest")
        ]
        amounts = [f"{each[key]:,}" for key in ("characters", "different", "outside_characters")]
        cells = [each["lang"] or "-", each["script"], *amounts, *samples]
        alphabets.add_row(*map(_cell, cells))
        for letter in each["outside"]:
            values = [letter[key] for key in ("character", "code", "name", "count", "example")]
            outside.add_row(*map(_cell, [each["lang"] or "-", *values]))
    known = counted["vocabulary"]
    title = f"{known['words']:,} words, {known['once']:,} of them once, {known['tokens']:,} tokens"
    words = plain_table(title, "frequent|count|longest|count")
    for one, two in zip(known["frequent"], known["longest"], strict=True):
        words.add_row(*map(_cell, (one["word"], one["count"], two["word"], two["count"])))
    return [alphabets, outside, words]
