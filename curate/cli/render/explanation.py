"""What the rules decide about records, as `curate rules explain` shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from curate.artifacts.explanation import (
    Change,
    ExplainedRecord,
    Explanation,
    NearLimit,
    RuleAccount,
)
from curate.artifacts.verdicts import VERDICTS
from curate.cli.render.terminal import colour_of, number
from curate.terminal.command import printable

_SHOWN = 300
"""Characters of a text, at most, for people."""


def tables(explanation: Explanation) -> list[RenderableType]:
    """For each record its verdict first, then the rules that gave it, and why."""
    rules = explanation.rules
    head = Text(f"rules: {printable(rules.name)} ({printable(rules.path)})", style="dim")
    return [head, *(Group(*_shown(record)) for record in explanation.records)]


def _shown(record: ExplainedRecord) -> Iterator[RenderableType]:
    yield Text()
    yield Text.assemble(
        (printable(record.id), "bold"), " is ", _verdict(record.verdict), f": it {record.means}"
    )
    yield Padding(_facts(record), (0, 0, 0, 2))
    yield from (Text(f"  note: {printable(note)}", style="yellow") for note in _notes(record))
    if record.malformed:
        yield _titled("Why", [[_verdict(record.verdict), Text(printable(record.malformed))]])
    results = record.accounts
    if record.above:
        yield _titled("Manual overrides", [_describe_change(each, record) for each in record.above])
    triggered = sorted((each for each in results if _rank(each)), key=_rank, reverse=True)
    if triggered:
        yield _titled("Triggered rules", [_describe_triggered(each) for each in triggered])
    near = [[Text(each.rule), _near(each, limit)] for each in results for limit in each.near]
    if near:
        yield _titled("Rules that came close", near)
    not_applicable = [
        [Text(each.rule), _condition(each)] for each in results if each.outcome == "not_applicable"
    ]
    if not_applicable:
        yield _titled("Rules that do not apply", not_applicable)
    passed = [each.rule for each in results if each.outcome == "clean" and not each.near]
    if passed:
        yield _titled("Rules that pass", [[Text(", ".join(passed), style="dim")]])


def _rank(each: RuleAccount) -> int:
    return VERDICTS.index(each.outcome) if each.outcome in VERDICTS else 0


def _verdict(name: str) -> Text:
    return Text(name, style=f"bold {colour_of(name)}")


def _facts(record: ExplainedRecord) -> Text:
    shown = "no text" if not isinstance(record.text, str) else f'"{_short(record.text)}"'
    fields = (("lang", record.lang), ("speaker", record.speaker))
    parts = [
        "no duration" if record.duration_s is None else f"{record.duration_s:g} s",
        *(f"{name} {printable(value)}" for name, value in fields if value),
        printable(str(record.audio_filepath or "")),
    ]
    return Text(f"{printable(shown)}\n").append(", ".join(filter(None, parts)), style="dim")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text):,} characters)"


def _notes(record: ExplainedRecord) -> Sequence[str]:
    profiled = record.profiled
    if profiled is None or profiled.verdict == record.verdict:
        return record.notes
    because = f" ({profiled.reason})" if profiled.reason else ""
    return [*record.notes, f"in the profile it is {profiled.verdict}{because}"]


def _titled(title: str, rows: Sequence[Sequence[Text]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for row in rows:
        grid.add_row(*row)
    return Group(Text(f"\n{title}", style="bold"), Padding(grid, (0, 0, 0, 2)))


def _describe_triggered(each: RuleAccount) -> list[Text]:
    text = Text(printable(each.rule), style="bold").append(f"\n{printable(each.words)}", "")
    if each.outcome == "unknown":
        unknown = [name for name, value in each.values.items() if value is None]
        text.append(f": no value of {', '.join(unknown)}")
    if each.where:
        text.append(f"\napplies where {printable(each.where)}", style="dim")
    if each.why:
        text.append(f"\nwhy: {printable(each.why)}", style="dim")
    return [_verdict(each.outcome), text]


def _describe_change(each: Change, record: ExplainedRecord) -> list[Text]:
    reason = record.profiled.reason if record.profiled else None
    text = Text(printable(each.tag), style="bold").append(f" (by {each.by})", "")
    text.append(f"\n{printable(reason or '')}", "")
    if each.why:
        text.append(f"\nwhy: {printable(each.why)}", style="dim")
    return [_verdict(record.verdict), text]


def _near(each: RuleAccount, near: NearLimit) -> Text:
    value = _value(each.values[each.metric])
    return Text(f"{each.metric} {value} is near the limit {near.limit} ({near.severity})")


def _condition(each: RuleAccount) -> Text:
    values = ", ".join(f"{name} {_value(value)}" for name, value in each.values.items())
    return Text(printable(f"only where {each.where}")).append(f" (here: {values})", style="dim")


def _value(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return printable(str(value))
    return number(value) if isinstance(value, int) else f"{value:.4g}"
