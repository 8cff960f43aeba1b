"""The verdict of one row in plain Python: what `tag` must equal, and what `explain` shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from curate.artifacts.columns import LANG_CODE, MALFORMED, unread_verdict
from curate.artifacts.verdicts import VERDICTS
from curate.rules.expression import holds, names_in
from curate.rules.file import Condition, Rule, RuleSet


class Finding(NamedTuple):
    """What one rule says of one row: `verdict` is bad, unknown or borderline (or malformed)."""

    rule: str
    verdict: str
    condition: str
    where: str
    values: Mapping[str, object]
    reason: str
    why: str

    @property
    def tag(self) -> str:
        """The tag that the row gets for it."""
        return f"{self.verdict}:{self.rule}" if self.rule else self.verdict


def explain(row: Mapping[str, object], rules: RuleSet) -> list[Finding]:
    """What the rules say of the row, in rule order; nothing of one that no rule evaluates."""
    malformed = row.get(MALFORMED.name)
    if malformed is not None:
        return [Finding("", unread_verdict(str(malformed)), str(malformed), "", {}, "", "")]
    return [finding for rule in of_row(row, rules).rules for finding in _findings(rule, row)]


def of_row(row: Mapping[str, object], rules: RuleSet) -> RuleSet:
    """The rules without what presets say of languages other than the row's."""
    code = row.get(LANG_CODE.name)
    return rules.of_languages([code] if isinstance(code, str) else [])


def verdict_of(findings: Sequence[Finding]) -> str:
    """The most severe verdict; clean where no rule triggered."""
    return max((finding.verdict for finding in findings), key=VERDICTS.index, default="clean")


def _findings(rule: Rule, row: Mapping[str, object]) -> Iterator[Finding]:
    for severity, condition in rule.conditions():
        truth = holds(rule.applied(condition), row)
        if truth or (truth is None and rule.null == "unknown"):
            yield _finding(rule, severity if truth else "unknown", condition, row)
            return


def _finding(rule: Rule, verdict: str, condition: Condition, row: Mapping[str, object]) -> Finding:
    return Finding(
        rule=rule.id,
        verdict=verdict,
        condition=condition.text,
        where=rule.where.text if rule.where else "",
        values={name: row.get(name) for name in names_in(rule.applied(condition))},
        reason=rule.reason,
        why=rule.why,
    )
