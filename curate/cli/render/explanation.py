"""`curate rules explain`: what the rules say of a record, for people and for machines."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from curate.artifacts.columns import MALFORMED, SKIPPED_BY, VERDICTS
from curate.cli.render.terminal import colour_of, number
from curate.errors import ConfigError
from curate.inspect.subjects import Subject, from_json, from_manifest, from_profile, rules_of
from curate.rules.evaluate.account import Account, accounts
from curate.rules.file import RuleSet, load_rules
from curate.rules.overrides import content_of
from curate.rules.routes import ROUTES
from curate.terminal.command import printable

SCHEMA = "curate.explain/1"

WHERE_TO: Mapping[str, str] = {
    "pool": "may go to train, eval or test",
    "train": "goes to train only, where a model may learn from it but is not measured by it",
    "rejected": "goes to rejected.jsonl and is not used",
    "skipped": "goes to skipped.jsonl: the line carries _skipme, and NeMo would not read it",
    "malformed": "goes to malformed.jsonl: it is not a valid training record",
}
"""What a route means for a record."""

Json = dict[str, Any]
_SHOWN = 300
"""Characters of a text, at most, for people."""


def explain(targets: Sequence[str], profile: Path | None, rules: str | None) -> Json:
    """What the rules say of each target: an id of `profile`, else manifest:line, JSON, or `-`."""
    warned: list[str] = []
    if profile is None:
        chosen = load_rules(rules)
        subjects = [each for target in targets for each in _loose(target, chosen)]
    else:
        chosen, warned = rules_of(profile) if rules is None else (load_rules(rules), [])
        subjects = from_profile(profile, targets)
        _demand(subjects[0].row, chosen, profile)
    # What people and groups decided stands in the profile, and counts as long as its rules do.
    own = profile is not None and rules is None and not warned
    return {
        "schema": SCHEMA,
        "rules": {"name": chosen.name, "path": chosen.path, "sha256": chosen.sha256},
        "records": [_record(each, chosen, own) for each in subjects],
        "warnings": warned,
    }


def _loose(target: str, rules: RuleSet) -> list[Subject]:
    if target == "-":
        lines = [line for line in sys.stdin.read().split("\n") if line.strip()]
        return [from_json(text, rules, f"(stdin):{at}") for at, text in enumerate(lines, 1)]
    if target.lstrip().startswith("{"):
        return [from_json(target, rules)]
    return [from_manifest(target, rules)]


def _demand(row: Mapping[str, object], rules: RuleSet, profile: Path) -> None:
    missing = [name for name in rules.names if name not in row]
    if missing:
        what = f"the rules need metrics that {profile} does not have: {', '.join(missing)}"
        raise ConfigError.of(rules.path, what, "profile the manifest again with these rules")


def _record(subject: Subject, rules: RuleSet, own: bool) -> Json:
    results = accounts(subject.row, rules)
    malformed = subject.row.get(MALFORMED.name)
    verdict = max(
        (each.says for each in results if each.is_triggered), key=VERDICTS.index, default="clean"
    )
    if malformed:
        verdict = "skipped" if str(malformed).startswith(SKIPPED_BY) else "malformed"
    above = _above(subject.profiled, rules) if own and subject.profiled else []
    if above and subject.profiled:
        verdict = str(subject.profiled["verdict"])
    duration_us = subject.row.get("duration_us")
    return {
        "id": subject.id,
        "verdict": verdict,
        "route": ROUTES[verdict],
        "means": WHERE_TO[ROUTES[verdict]],
        "malformed": malformed,
        "profiled": subject.profiled,
        "notes": list(subject.notes),
        "content": content_of(subject.record) if not malformed else None,
        "text": subject.record.get("text"),
        "audio_filepath": subject.record.get("audio_filepath"),
        "duration_s": duration_us / 1e6 if isinstance(duration_us, int) else None,
        **{name: subject.row.get(name) for name in ("lang", "speaker")},
        "above": above,
        "accounts": [_account(each) for each in results],
    }


def _above(profiled: Mapping[str, Any], rules: RuleSet) -> list[Json]:
    """What decided about the record after the rules: its groups, and people."""
    groups = {f"borderline:{rule.id}": rule for rule in rules.groups}
    changes = []
    for tag in profiled["tags"]:
        if tag in groups:
            rule = groups[tag]
            changes.append({"tag": tag, "by": f"the {rule.by}", "why": rule.why})
        elif tag.startswith("override:"):
            changes.append({"tag": tag, "by": "a manual override", "why": ""})
    return changes


def _account(each: Account) -> Json:
    rule = each.rule
    return {
        "rule": rule.id,
        "metric": rule.metric,
        "says": each.says,
        "words": each.words,
        "where": rule.where.text if rule.where else "",
        "conditions": {severity: condition.text for severity, condition in rule.conditions()},
        "values": dict(each.values),
        "near": [{"severity": near.severity, "limit": str(near.limit)} for near in each.near],
        "reason": rule.reason,
        "why": rule.why,
        "at": rule.at,
    }


def tables(explanation: Mapping[str, Any]) -> list[RenderableType]:
    """What people read: for each record its verdict first, then who said so and why."""
    rules = explanation["rules"]
    head = Text(f"rules: {printable(rules['name'])} ({printable(rules['path'])})", style="dim")
    return [head, *(Group(*_shown(record)) for record in explanation["records"])]


def _shown(record: Json) -> Iterator[RenderableType]:
    yield Text()
    yield Text.assemble(
        (printable(record["id"]), "bold"), " is ", _verdict(record["verdict"]),
        f": it {record['means']}",
    )  # fmt: skip
    yield Padding(_facts(record), (0, 0, 0, 2))
    yield from (Text(f"  note: {printable(note)}", style="yellow") for note in _notes(record))
    if record["malformed"]:
        yield _titled("Why", [[_verdict(record["verdict"]), Text(printable(record["malformed"]))]])
    results = record["accounts"]
    if record["above"]:
        yield _titled("Manual overrides", [_over(each, record) for each in record["above"]])
    triggered = sorted((each for each in results if _rank(each)), key=_rank, reverse=True)
    if triggered:
        yield _titled("Triggered rules", [_describe_triggered(each) for each in triggered])
    near = [[Text(each["rule"]), _near(each, limit)] for each in results for limit in each["near"]]
    if near:
        yield _titled("Rules that came close", near)
    silent = [[Text(each["rule"]), _silent(each)] for each in results if each["says"] == "silent"]
    if silent:
        yield _titled("Rules that do not apply to it", silent)
    content = [each["rule"] for each in results if each["says"] == "clean" and not each["near"]]
    if content:
        yield _titled("Rules with nothing to object", [[Text(", ".join(content), style="dim")]])


def _rank(each: Json) -> int:
    return VERDICTS.index(each["says"]) if each["says"] in VERDICTS else 0


def _verdict(name: str) -> Text:
    return Text(name, style=f"bold {colour_of(name)}")


def _facts(record: Json) -> Text:
    text = record["text"]
    shown = "no text" if not isinstance(text, str) else f'"{_short(text)}"'
    parts = [
        "no duration" if record["duration_s"] is None else f"{record['duration_s']:g} s",
        *(f"{name} {printable(record[name])}" for name in ("lang", "speaker") if record[name]),
        printable(str(record["audio_filepath"] or "")),
    ]
    return Text(f"{printable(shown)}\n").append(", ".join(filter(None, parts)), style="dim")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text):,} characters)"


def _notes(record: Json) -> list[str]:
    profiled, notes = record["profiled"], list(record["notes"])
    if profiled is None or profiled["verdict"] == record["verdict"]:
        return notes
    because = f" ({profiled['reason']})" if profiled["reason"] else ""
    return [*notes, f"in the profile it is {profiled['verdict']}{because}"]


def _titled(title: str, rows: Sequence[Sequence[Text]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for row in rows:
        grid.add_row(*row)
    return Group(Text(f"\n{title}", style="bold"), Padding(grid, (0, 0, 0, 2)))


def _describe_triggered(each: Json) -> list[Text]:
    text = Text(printable(each["rule"]), style="bold").append(f"\n{printable(each['words'])}", "")
    if each["says"] == "unknown":
        unknown = [name for name, value in each["values"].items() if value is None]
        text.append(f": no value of {', '.join(unknown)}")
    if each["where"]:
        text.append(f"\napplies where {printable(each['where'])}", style="dim")
    if each["why"]:
        text.append(f"\nwhy: {printable(each['why'])}", style="dim")
    return [_verdict(each["says"]), text]


def _over(each: Json, record: Json) -> list[Text]:
    text = Text(printable(each["tag"]), style="bold").append(f" (by {each['by']})", "")
    text.append(f"\n{printable(record['profiled']['reason'] or '')}", "")
    if each["why"]:
        text.append(f"\nwhy: {printable(each['why'])}", style="dim")
    return [_verdict(record["verdict"]), text]


def _near(each: Json, near: Json) -> Text:
    metric = each["metric"]
    value = _value(each["values"][metric])
    return Text(f"{metric} {value} is near the limit {near['limit']} ({near['severity']})")


def _silent(each: Json) -> Text:
    values = ", ".join(f"{name} {_value(value)}" for name, value in each["values"].items())
    return Text(printable(f"only where {each['where']}")).append(f" (here: {values})", style="dim")


def _value(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return printable(str(value))
    return number(value) if isinstance(value, int) else f"{value:.4g}"
