"""A split's certificate as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from curate.cli.render.terminal import leaks_said, plain_table
from curate.formatting.units import hours
from curate.terminal.command import printable

_SHOWN = 12


def split_tables(found: Mapping[str, Any]) -> Sequence[RenderableType]:
    """What each output got, how near the targets were met, what they measure, and the leaks."""
    held = found["held_out"]
    allowed = "" if held["most"] is None else f", {held['most']:.0%} allowed"
    share = f"{held['share']:.2%} of the hours held out{allowed}"
    outputs = plain_table(f"split ({share})", "output|rows|hours")
    for entry in found["outputs"]:
        outputs.add_row(entry["name"], f"{entry['rows']:,}", hours(entry["hours"]))
    targets = _given(found) if found["strategy"] == "given" else _targets(found)
    return [outputs, targets, *_measures(found), *leaks_said(found)]


_LOST = ("held out", "rejected", "skipped", "malformed")
_LOST_AS = {"held out": ("borderline", "unknown"), "rejected": ("bad",)}


def _given(found: Mapping[str, Any]) -> Table:
    """What each given split was given, what stands in it, and where the rest is."""
    table = plain_table(
        "given splits", "|".join(["split", "given", "in it", *_LOST, "groups", "worth"])
    )
    for name, it in found["given"].items():
        lost = [sum(it["lost"].get(v, 0) for v in _LOST_AS.get(to, (to,))) for to in _LOST]
        target = found["targets"].get(name)
        groups = ("-", "-") if target is None else (_groups(target), _effective(target))
        counts = (f"{count:,}" for count in (it["given_rows"], it["rows"], *lost))
        table.add_row(f"{name} (whole)" if it["whole"] else name, *counts, *groups)
    return table


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
