"""`curate rules calibrate`: what is proposed, for people and for machines."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from curate.artifacts.calibration import Calibration, ProposedThreshold
from curate.cli.render.terminal import plain_table
from curate.formatting.units import hours, plural
from curate.terminal.command import printable


def tables(calibration: Calibration) -> list[Table]:
    """For each stratum how long a text takes, the thresholds, and what they would newly flag."""
    by = calibration.by
    table = plain_table(
        f"speaking rate by {by}, on top of {printable(calibration.base.name)}; "
        f"expected over real duration, thresholds at {calibration.threshold:g} deviations",
        f"{by}|rows|length|lead|chars/s|fast from|keeps out of eval|slow to|keeps out of eval",
    )
    small = []
    for each in calibration.strata:
        if each.lead_s is None or each.chars_per_s is None:
            small.append(f"{each.value or 'none'} ({each.rows:,})")
            continue
        table.add_row(
            Text(printable(each.value or "(none)")),
            f"{each.rows:,}",
            hours(each.hours),
            f"{each.lead_s:g} s",
            f"{each.chars_per_s:.1f}",
            *(text for threshold in each.thresholds for text in _format_threshold(threshold)),
        )
    shown = [table] if table.row_count else []
    if small:
        few = plain_table("too few sound records, or too much alike: nothing is proposed", "")
        few.add_row(Text(printable(", ".join(small))))
        shown.append(few)
    return shown


def _format_threshold(threshold: ProposedThreshold) -> tuple[str, str]:
    amount = f"{plural(threshold.new_rows, 'row')}, {hours(threshold.new_hours)}"
    return f"{threshold.at:g}", amount if threshold.new_rows else "-"
