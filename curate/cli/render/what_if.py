"""`curate rules what-if`: what it finds, as tables that read at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

import reports
from curate.artifacts.outputs import whole_directory, write_json
from curate.audio.options import AudioWish, root_of
from curate.cli.render.terminal import colour_of, number, plain_table
from curate.errors import ConfigError, Fault, raise_all
from curate.errors.nearest import suggest
from curate.formatting.units import hours
from curate.inspect.subjects import rules_of
from curate.profiles import read_profile
from curate.profiles.examples.clips import Heard, in_turn, write_clips
from curate.rules.file import load_rules
from curate.terminal.command import printable
from curate.whatif import OURS
from curate.whatif import what_if as weigh

Json = dict[str, Any]
_STEPS = 10
"""Thresholds shown to people on either side of a limit."""
_PAIRS = 8
"""Pairs of rules shown to people; the page has the whole matrix."""
_TITLES = {
    "bad": "bad limits, and what they reject",
    "borderline": "eval limits, and what they keep out of eval and test",
}


def what_if(
    profile: Path,
    rules: str | None,
    only: Sequence[str],
    out: Path | None,
    command: str,
    clips: int = 0,
    audio: AudioWish | None = None,
) -> Json:
    """`curate rules what-if`: what-if.json's content, written with a page where `out` is named."""
    chosen, warned = rules_of(profile) if rules is None else (load_rules(rules), [])
    known = tuple(rule.id for rule in chosen.rules)
    faults = [
        Fault("--rule", f"{chosen.path} has no rule '{name}'", suggest(name, known))
        for name in only
        if name not in known
    ]
    if clips and out is None:
        faults.append(Fault("--clips", "clips are played on the page", "name one with --out"))
    raise_all(ConfigError, faults)
    found: Json = weigh(profile, chosen, command)
    found["warnings"] = [*warned, *found["warnings"]]
    if out is not None:
        with whole_directory(out, OURS, "what-if.json") as folder:
            write_json(folder / "what-if.json", found)
            if clips:
                write_clips(folder, _beside(found), _heard(profile, audio or AudioWish(), clips))
            reports.build("what-if", folder)
    return found


def _heard(profile: Path, audio: AudioWish, most: int) -> Heard:
    """The profile's audio, which begins where it began then unless it is said otherwise."""
    made: Any = read_profile(profile)
    return Heard(profile, made["inputs"], replace(audio, root=audio.root or root_of(made)), most)


def _beside(found: Json) -> Iterator[Mapping[str, Any]]:
    """Records beside the limits, worth hearing: just past each, and just before; eval limits first,
    bad ones being told by eye.
    """
    limits = sorted(found["limits"], key=lambda each: each["severity"] != "borderline")
    return in_turn([each["caught"] for each in limits], [each["spared"] for each in limits])


def tables(only: Sequence[str]) -> Callable[[Mapping[str, Any]], list[Table]]:
    """What people read: all limits at a glance, or the curves of the rules named."""
    return lambda found: list(_curves(found, only) if only else _glance(found))


def _glance(found: Mapping[str, Any]) -> Iterator[Table]:
    profile = found["profile"]
    for severity, title in _TITLES.items():
        made = plain_table(
            f"{title}, of {profile['rows']:,} rows and {hours(profile['hours'])}",
            "rule|limit|hours|alone|tighter: costs (rows)|looser: gives back",
        )
        made.columns[0].no_wrap = True
        here = [each for each in found["limits"] if each["severity"] == severity]
        for each in here:
            if _says_anything(each):
                made.add_row(*_limit(each))
        silent = [each["rule"] for each in here if not _says_anything(each)]
        if silent:
            made.caption = f"nothing anywhere near: {', '.join(silent)}"
            made.caption_justify = "left"
        yield made
    yield _overlap(found["overlap"])


def _says_anything(each: Mapping[str, Any]) -> bool:
    return bool(each["rows"] or each["tighter"] or each["looser"])


def _limit(each: Mapping[str, Any]) -> Iterator[Text]:
    yield Text(each["rule"])
    yield Text(_said(each, each["value"]), style=colour_of(each["severity"]))
    yield from (_hours(each[name]) for name in ("hours", "alone_hours"))
    for step in (each["tighter"], each["looser"]):
        said = "nothing" if step is None else f"{_said(each, step['value'])}: {_amount(step)}"
        yield Text(said, style="dim" if step is None else "")


def _said(each: Mapping[str, Any], value: float) -> str:
    return f"{each['operator']} {value:g}"


def _hours(value: float) -> Text:
    return Text(hours(value) if value else "-", justify="right")


def _amount(step: Mapping[str, Any]) -> str:
    rows = abs(step["rows"])
    return f"{hours(abs(step['hours']))} ({rows:,})"


def _overlap(found: Mapping[str, Any]) -> Table:
    """Pairs of rules that speak of the same rows, those that share most first."""
    made = plain_table("rules that speak of the same rows", "rule|and|rows|hours|of the first's|")
    ids, rows = found["rules"], found["any"]["rows"]
    pairs = [(rows[a][b], a, b) for a, b in combinations(range(len(ids)), 2) if rows[a][b]]
    for shared, a, b in sorted(pairs, key=lambda pair: -pair[0])[:_PAIRS]:
        one, other = (a, b) if rows[a][a] <= rows[b][b] else (b, a)
        made.add_row(
            ids[one],
            ids[other],
            f"{shared:,}",
            hours(found["any"]["hours"][a][b]),
            f"{shared / rows[one][one]:.0%}",
            "",
        )
    return made


def _curves(found: Mapping[str, Any], only: Sequence[str]) -> Iterator[Table]:
    for each in found["limits"]:
        if each["rule"] in only:
            yield _curve(each)
            yield _records(each)


def _curve(each: Mapping[str, Any]) -> Table:
    """Every threshold at which something changes, with what it catches."""
    title = f"{each['rule']}: {each['severity']} where {each['metric']} {each['operator']} ..."
    if each["where"]:
        title += f" (and {each['where']})"
    made = plain_table(printable(title), f"{each['unit']}|rows|hours|alone|against now|")
    most = max((point["hours"] for point in each["curve"]), default=0) or 1
    before = None
    for point in _around_now(each):
        now = point["value"] == each["value"]
        if now or point["rows"] != before:
            made.add_row(*_point(each, point, most), style="bold" if now else "")
        before = point["rows"]
    return made


def _around_now(each: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The thresholds next to the limit; the page has all of them."""
    curve: Sequence[Mapping[str, Any]] = each["curve"]
    at = next(at for at, point in enumerate(curve) if point["value"] == each["value"])
    return curve[max(0, at - _STEPS) : at + _STEPS + 1]


def _point(each: Mapping[str, Any], point: Mapping[str, Any], most: float) -> Iterator[Text]:
    now = point["value"] == each["value"]
    more = point["alone_hours"] - each["alone_hours"]
    yield Text(_said(each, point["value"]))
    yield Text(f"{point['rows']:,}", justify="right")
    yield from (_hours(point[name]) for name in ("hours", "alone_hours"))
    sign = "+" if more > 0 else "-"
    yield Text("now" if now else f"{sign}{hours(abs(more))}" if more else "", justify="right")
    bar = "\u2588" * round(24 * point["hours"] / most)
    yield Text(bar, style=colour_of(each["severity"]) if now else "dim")


def _records(each: Mapping[str, Any]) -> Table:
    """The records next to the limit, on both sides."""
    made = plain_table("", f"|{each['metric']}|is|id|text")
    made.title = None
    for side in ("spared", "caught"):
        for record in each[side]:
            made.add_row(
                Text(side, style="dim"),
                Text(number(record["value"]), justify="right"),
                Text(record["verdict"], style=colour_of(record["verdict"])),
                Text(printable(record["id"])),
                Text(printable(_short(record["text"]))),
            )
    return made


def _short(text: str | None) -> str:
    shown = text if text is not None else "(its manifest cannot be read)"
    return shown if len(shown) <= 200 else f"{shown[:200]}..."
