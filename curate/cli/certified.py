"""A split's certificate as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from curate.cli.show import hours, leaks_said, plain_table
from curate.command import printable

_SHOWN = 12


def split_tables(found: Mapping[str, Any]) -> Sequence[RenderableType]:
    """What each output got, how near the targets were met, what they measure, and the leaks."""
    held = found["held_out"]
    share = f"{held['share']:.2%} of the hours held out, {held['most']:.0%} allowed"
    outputs = plain_table(f"split ({share})", "output|rows|hours")
    for entry in found["outputs"]:
        outputs.add_row(entry["name"], f"{entry['rows']:,}", hours(entry["hours"]))
    return [outputs, _targets(found), *_measures(found), *leaks_said(found)]


def _targets(found: Mapping[str, Any]) -> Table:
    targets = plain_table("targets", "split|asked|target|got|groups|worth")
    for name, target in found["targets"].items():
        targets.add_row(
            name,
            *(hours(target[key] / 3600) for key in ("asked_s", "target_s", "got_s")),
            _groups(target),
            _effective(target),
        )
    return targets


def _groups(target: Mapping[str, Any]) -> str:
    """Rows of which nobody knows who speaks are groups of their own, and may be any number."""
    if target["known_rows"] == target["rows"]:
        return f"{target['groups']:,}"
    return f"at most {target['groups']:,}" if target["known_rows"] else "unknown"


def _effective(target: Mapping[str, Any]) -> str:
    if not target["rows"]:
        return "-"
    if (worth := target.get("effective_groups")) is not None:
        return f"{worth:,.0f} equal ones"
    at_most = target.get("effective_groups_at_most")
    return "unknown" if at_most is None else f"at most {at_most:,.0f} equal ones"


def _measures(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What each split can measure, as a whole and by the first strata column: WER, or CER where
    most rows are in scripts that write no spaces between words.
    """
    wer = found["assumed"]["wer"]
    table = plain_table(
        f"95 % CI at WER (CER) {wer:.0%}, and minimum detectable difference (80 % power)",
        "split|of|rate|over|groups|interval|detects",
    )
    first = found["strata_columns"][0]
    wanted = [each for each in found["measures"] if each["by"] in ("(all)", first)]
    told = [each for each in wanted if each["by"] == "(all)" or each["measurable"]]
    for each in told[: _SHOWN * len(found["targets"])]:
        of = "all" if each["by"] == "(all)" else f"{first} {each['value']}"
        if each["measurable"]:
            least = "at least " if each["lower_bound"] else ""
            half = each[f"{each['metric']}_half_width"]
            widths = (f"\u00b1{half:.1%}", f"{each['smallest_difference']:.1%}")
            said = [least + width for width in widths]
        else:
            said = ["not measurable", "-"]
        unit = "characters" if each["metric"] == "cer" else "words"
        counts = [f"{each['units']:,} {unit}", _groups(each)]
        table.add_row(each["split"], Text(printable(of)), each["metric"].upper(), *counts, *said)
    yield table
    for split in found["targets"]:
        little = [str(it["value"]) for it in wanted if it["split"] == split and it not in told]
        if little:
            named = ", ".join(little[:_SHOWN]) + (", \u2026" if len(little) > _SHOWN else "")
            several = f"{len(little)} values of " if len(little) > 1 else ""
            what = f"{split} is too small to measure {several}{first}: {named}"
            yield Text(printable(what), style="dim")
