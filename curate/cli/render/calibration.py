"""`curate rules calibrate`: what is proposed, for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from curate.cli.render.terminal import plain_table
from curate.formatting.units import hours
from curate.inspect.subjects import rules_of
from curate.profiles import LIBRARIES, versions
from curate.rules.file import load_rules
from curate.terminal.command import printable
from curate.whatif.calibrate import as_json, calibrate
from curate.whatif.preset import write_preset

Json = dict[str, Any]


def propose(
    profile: Path,
    rules: str | None,
    by: str,
    fence: float,
    least_rows: int,
    out: Path | None,
    command: str,
) -> Json:
    """`curate rules calibrate`: what is proposed, written as a rule file where `out` is named."""
    base, warned = rules_of(profile) if rules is None else (load_rules(rules), [])
    found = calibrate(profile, base, by, fence, least_rows)
    if out is not None:
        write_preset(found, out)
    said: Json = as_json(found, command, versions(LIBRARIES))
    return {**said, "warnings": [*warned, *said["warnings"]], "written": out and str(out)}


def tables(found: Mapping[str, Any]) -> list[Table]:
    """For each stratum how long a text takes, the fences, and what they would newly flag."""
    made = plain_table(
        f"pace by {found['by']}, on top of {printable(found['base']['name'])}; "
        f"expected over real duration, fences at {found['fence']:g} deviations",
        f"{found['by']}|rows|hours|lead|chars/s"
        "|fast from|keeps out of eval|slow to|keeps out of eval",
    )
    small = []
    for each in found["strata"]:
        if not each["proposed"]:
            small.append(f"{each['value'] or 'none'} ({each['rows']:,})")
            continue
        fences = [text for side in each["fences"] for text in _fence(side)]
        made.add_row(
            Text(printable(each["value"] or "(none)")),
            f"{each['rows']:,}",
            hours(each["hours"]),
            f"{each['lead_s']:g} s",
            f"{each['chars_per_s']:.1f}",
            *fences,
        )
    shown = [made] if made.row_count else []
    if small:
        few = plain_table("too few sound records, or too much alike: nothing is proposed", "")
        few.add_row(Text(printable(", ".join(small))))
        shown.append(few)
    return shown


def _fence(side: Mapping[str, Any]) -> tuple[str, str]:
    amount = f"{side['new_rows']:,} rows, {hours(side['new_hours'])}"
    return f"{side['at']:g}", f"{amount}" if side["new_rows"] else "-"
