"""`curate rules compare`: what moves between verdicts, for people and for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

import reports
from curate.api import figures
from curate.artifacts.columns import VERDICTS
from curate.artifacts.outputs import whole_directory, write_json
from curate.cli.render.terminal import colour_of, plain_table
from curate.errors import CurateError
from curate.formatting.units import hours
from curate.gates import Checked, Gate
from curate.rules.file import load_rules
from curate.terminal.command import printable
from curate.whatif import compare_rules
from curate.whatif.compare import OURS

Json = dict[str, Any]
_STRATA = 10


def compare(
    old: str,
    new: str,
    profile: Path,
    by: Sequence[str],
    out: Path | None,
    command: str,
    gates: Sequence[Gate] = (),
) -> tuple[Json, CurateError | None]:
    """`curate rules compare`: compare.json's content, and the gates that failed; all that moves is
    written to `out`.
    """
    moved = compare_rules(profile, load_rules(old), load_rules(new), by, command)
    checked = Checked.of(gates, figures.of_comparison(moved.found), "curate rules compare")
    moved.found["fail_on"] = checked.found
    if out is not None:
        with whole_directory(out, OURS, "compare.json") as folder:
            write_json(folder / "compare.json", moved.found)
            moved.records.write_parquet(folder / "moved.parquet")
            moved.records.write_ndjson(folder / "moved.jsonl")
            reports.build("compare", folder)
    return moved.found, checked.failed


def tables(count: int) -> Callable[[Mapping[str, Any]], list[Table]]:
    """What people read: the matrix, who is to blame, where it happens, and single records."""
    return lambda found: list(_tables(found, count))


def _tables(found: Mapping[str, Any], count: int) -> Iterator[Table]:
    yield _matrix(found)
    if not found["moved"]["rows"]:
        return
    yield _rules(found["rules"])
    for name, values in found["strata"].items():
        yield _strata(name, values)
    if count:
        yield _records(found["records"][:count])


def _matrix(found: Mapping[str, Any]) -> Table:
    moved, profile = found["moved"], found["profile"]
    made = plain_table(
        f"{moved['rows']:,} of {profile['rows']:,} rows move, {hours(moved['hours'])} of "
        f"{hours(profile['hours'])}: from the verdicts of {printable(found['old']['name'])} "
        f"(rows) to those of {printable(found['new']['name'])} (columns)",
        "|".join(("", *VERDICTS)),
    )
    cells = {(each["from"], each["to"]): each for each in found["verdicts"]}
    for before in VERDICTS:
        row = [cells[before, after] for after in VERDICTS]
        if any(each["rows"] for each in row):
            made.add_row(_verdict(before), *(_cell(each) for each in row))
    return made


def _cell(each: Mapping[str, Any]) -> Text:
    if not each["rows"]:
        return Text("-", style="dim", justify="right")
    shown = f"{hours(each['hours'])} ({each['rows']:,})"
    style = "dim" if each["from"] == each["to"] else colour_of(each["to"])
    return Text(shown, style=style, justify="right")


def _verdict(name: str) -> Text:
    return Text(name, style=colour_of(name))


def _rules(rules: Sequence[Mapping[str, Any]]) -> Table:
    made = plain_table(
        "what the rules say otherwise of them", "rule|says|of more|rows|no longer|rows"
    )
    for each in rules:
        amounts = [
            text
            for side in ("got", "lost")
            for text in (
                hours(each[f"{side}_hours"]) if each[f"{side}_rows"] else "-",
                f"{each[f'{side}_rows']:,}" if each[f"{side}_rows"] else "-",
            )
        ]
        made.add_row(Text(printable(each["rule"])), _verdict(each["severity"]), *amounts)
    return made


def _strata(name: str, values: Sequence[Mapping[str, Any]]) -> Table:
    title = f"by {name}" + (f", the first {_STRATA}" if len(values) > _STRATA else "")
    made = plain_table(
        title, f"{name}|hours|rows|move|clean before|clean after|bad before|bad after"
    )
    for each in values[:_STRATA]:
        amounts = ("from_clean", "to_clean", "from_bad", "to_bad")
        made.add_row(
            Text(printable(each["value"] or "-")),
            hours(each["hours"]),
            f"{each['moved_rows']:,}",
            hours(each["moved_hours"]),
            *(hours(each[f"{amount}_hours"]) for amount in amounts),
        )
    return made


def _records(records: Sequence[Mapping[str, Any]]) -> Table:
    made = plain_table(f"the first {len(records)} that move", "id|from|to|because|text")
    for each in records:
        because = each["to_reason"] or f"no longer: {each['from_reason']}"
        made.add_row(
            Text(printable(each["id"]), overflow="fold"),
            _verdict(each["from"]),
            _verdict(each["to"]),
            Text(printable(because)),
            Text(printable((each["text"] or "")[:200])),
        )
    return made
