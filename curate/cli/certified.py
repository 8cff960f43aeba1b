"""A split's certificate as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from curate.cli.show import hours, plain_table
from curate.command import printable

_SHOWN = 12


def split_tables(found: Mapping[str, Any]) -> Sequence[Table]:
    """What each output got, how near the targets were met, what they measure, and the leaks."""
    held = found["held_out"]
    share = f"{held['share']:.2%} of the hours held out, {held['most']:.0%} allowed"
    outputs = plain_table(f"split ({share})", "output|rows|hours")
    for entry in found["outputs"]:
        outputs.add_row(entry["name"], f"{entry['rows']:,}", hours(entry["hours"]))
    return [outputs, _targets(found), _measures(found), _leaks(found)]


def _targets(found: Mapping[str, Any]) -> Table:
    targets = plain_table("targets", "split|asked|target|got|groups|worth")
    for name, target in found["targets"].items():
        worth = target.get("effective_groups")
        targets.add_row(
            name,
            *(hours(target[key] / 3600) for key in ("asked_s", "target_s", "got_s")),
            f"{target['groups']:,}",
            "-" if worth is None else f"{worth:,.0f} equal ones",
        )
    return targets


def _measures(found: Mapping[str, Any]) -> Table:
    """The WER that each split measures, as a whole and by the first strata column."""
    wer = found["assumed"]["wer"]
    table = plain_table(f"what a WER of {wer:.0%} is worth", "split|of|words|groups|interval|sees")
    first = found["strata_columns"][0]
    wanted = [each for each in found["measures"] if each["by"] in ("(all)", first)]
    for each in wanted[: _SHOWN * len(found["targets"])]:
        of = "all" if each["by"] == "(all)" else f"{first} {each['value']}"
        if each["measurable"]:
            said = [f"\u00b1{each['wer_half_width']:.1%}", f"{each['smallest_difference']:.1%}"]
        else:
            said = ["not measurable", "-"]
        counts = [f"{each[key]:,}" for key in ("words", "groups")]
        table.add_row(each["split"], Text(printable(of)), *counts, *said)
    return table


def _leaks(found: Mapping[str, Any]) -> Table:
    """A row per kind, a column per pair of splits."""
    pairs = dict.fromkeys(" and ".join(leak["between"]) for leak in found["leaks"])
    table = plain_table("leaks (must be 0)", "|".join(["kind", *pairs]))
    for kind in dict.fromkeys(leak["kind"] for leak in found["leaks"]):
        counts = [str(leak["count"]) for leak in found["leaks"] if leak["kind"] == kind]
        table.add_row(kind, *counts)
    return table
