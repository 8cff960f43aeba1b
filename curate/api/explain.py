"""Why records have their verdicts: every rule on a record, with its values and limits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.artifacts.base import RuleFile
from curate.artifacts.columns import MALFORMED, REASON, TAGS, VERDICT, unread_verdict
from curate.artifacts.explanation import (
    Change,
    ExplainedRecord,
    Explanation,
    NearLimit,
    Profiled,
    RuleAccount,
)
from curate.artifacts.verdicts import VERDICTS
from curate.errors import ConfigError
from curate.inspect.subjects import Subject, from_json, from_manifest, from_profile, rules_or_own
from curate.rules.evaluate.account import Account, accounts
from curate.rules.file import RuleSet
from curate.rules.overrides import content_of
from curate.rules.routes import ROUTES

if TYPE_CHECKING:
    from curate.profiles.request import Rules

__all__ = ["ExplainRequest", "Explanation", "explain", "run_explain"]

STDIN = "-"
WHERE_TO: Mapping[str, str] = {
    "pool": "may go to train, eval or test",
    "train": "goes to train only, where a model may learn from it but is not measured by it",
    "rejected": "goes to rejected.jsonl and is not used",
    "untranscribed": "goes to untranscribed.jsonl: its text is null, so no model can learn from it",
    "skipped": "goes to skipped.jsonl: the line carries _skipme, and NeMo would not read it",
    "malformed": "goes to malformed.jsonl: it is not a valid training record",
}
"""What a route means for a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainRequest:
    """Records, and the rules that are explained on them (None: the profile's own, else the default
    preset).

    A record is an id of `profile`; without a profile it is manifest:line or a JSON object, and `-`
    stands for `stdin`: the lines of standard input, a JSON object each.
    """

    records: Sequence[str]
    profile: Path | None = None
    rules: Rules = None
    stdin: Sequence[str] = ()


def explain(
    records: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]],
    *,
    profile: str | Path | None = None,
    rules: Rules = None,
) -> Explanation:
    """Explain the verdicts of records: triggered rules, rules that come close or do not apply, and
    where the record will go.

    As `curate rules explain`: a record is its fields, `manifest.jsonl:17`, or an id of `profile`.
    Raises curate.errors.CurateError with every fault.

    >>> explanation = explain({"duration": 1.0, "text": "x" * 40})
    >>> explanation.records[0].verdict, explanation.records[0].route
    ('bad', 'rejected')
    """
    listed = [records] if isinstance(records, str | Mapping) else records
    texts = [each if isinstance(each, str) else json.dumps(each) for each in listed]
    folder = None if profile is None else Path(profile)
    return run_explain(ExplainRequest(records=texts, profile=folder, rules=rules))


def run_explain(request: ExplainRequest) -> Explanation:
    """`curate rules explain`: what the rules decide about each record."""
    rules, warnings, subjects = _resolve(request)
    # Overrides and groups stand in the profile, and count as long as its own rules do.
    own = request.profile is not None and request.rules is None and not warnings
    return Explanation(
        rules=RuleFile(name=rules.name, path=str(rules.path), sha256=rules.sha256),
        records=tuple(_explain_record(each, rules, own) for each in subjects),
        warnings=tuple(warnings),
    )


def _resolve(request: ExplainRequest) -> tuple[RuleSet, Sequence[str], Sequence[Subject]]:
    """The rules, warnings about them, and the records."""
    if request.profile is None:
        from curate.profiles.request import RuleOptions

        rules = RuleOptions(rules=request.rules).load()
        return rules, [], [each for name in request.records for each in _read(name, request, rules)]
    rules, warnings = rules_or_own(request.profile, request.rules)
    subjects = from_profile(request.profile, request.records)
    _demand_metrics(subjects[0].row, rules, request.profile)
    return rules, warnings, subjects


def _read(name: str, request: ExplainRequest, rules: RuleSet) -> Iterator[Subject]:
    """The records that a name without a profile means."""
    if name == STDIN:
        lines = [line for line in request.stdin if line.strip()]
        yield from (from_json(line, rules, f"(stdin):{at}") for at, line in enumerate(lines, 1))
    elif name.lstrip().startswith("{"):
        yield from_json(name, rules)
    else:
        yield from_manifest(name, rules)


def _demand_metrics(row: Mapping[str, object], rules: RuleSet, profile: Path) -> None:
    missing = [name for name in rules.names if name not in row]
    if missing:
        what = f"the rules need metrics that {profile} does not have: {', '.join(missing)}"
        raise ConfigError.of(rules.path, what, "profile the manifest again with these rules")


def _explain_record(subject: Subject, rules: RuleSet, own: bool) -> ExplainedRecord:
    row, record = subject.row, subject.record
    profiled = _profiled(subject)
    malformed, duration_us = row.get(MALFORMED.name), row.get("duration_us")
    results = accounts(row, rules)
    changes = _changes(profiled, rules) if own and profiled else ()
    verdict = profiled.verdict if changes and profiled else _verdict(results, malformed)
    return ExplainedRecord(
        id=subject.id,
        verdict=verdict,
        route=ROUTES[verdict],
        means=WHERE_TO[ROUTES[verdict]],
        malformed=None if malformed is None else str(malformed),
        profiled=profiled,
        notes=subject.notes,
        content=content_of(record) if not malformed else None,
        text=record.get("text"),
        audio_filepath=record.get("audio_filepath"),
        duration_s=duration_us / 1e6 if isinstance(duration_us, int) else None,
        lang=_text(row.get("lang")),
        speaker=_text(row.get("speaker")),
        above=changes,
        accounts=tuple(_account(each) for each in results),
    )


def _profiled(subject: Subject) -> Profiled | None:
    if subject.profiled is None:
        return None
    stated: Mapping[str, Any] = subject.profiled
    return Profiled(
        verdict=stated[VERDICT.name],
        tags=tuple(stated[TAGS.name]),
        reason=stated[REASON.name],
    )


def _verdict(results: Sequence[Account], malformed: object) -> str:
    """The verdict of the rules, without manual overrides."""
    if malformed:
        return unread_verdict(str(malformed))
    triggered = (each.outcome for each in results if each.is_triggered)
    return max(triggered, key=VERDICTS.index, default="clean")


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _changes(profiled: Profiled, rules: RuleSet) -> tuple[Change, ...]:
    """What changed the verdict of a record after the rules: its groups, and manual overrides."""
    groups = {f"borderline:{rule.id}": rule for rule in rules.groups}
    changes = []
    for tag in profiled.tags:
        if tag in groups:
            rule = groups[tag]
            changes.append(Change(tag=tag, by=f"the {rule.by}", why=rule.why))
        elif tag.startswith("override:"):
            changes.append(Change(tag=tag, by="a manual override", why=""))
    return tuple(changes)


def _account(each: Account) -> RuleAccount:
    rule = each.rule
    return RuleAccount(
        rule=rule.id,
        metric=rule.metric,
        outcome=each.outcome,
        words=each.words,
        where=rule.where.text if rule.where else "",
        conditions={severity: condition.text for severity, condition in rule.conditions()},
        values=dict(each.values),
        near=tuple(NearLimit(severity=near.severity, limit=str(near.limit)) for near in each.near),
        reason=rule.reason,
        why=rule.why,
        at=rule.at,
    )
