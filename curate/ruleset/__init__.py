"""Rule files: what they say, read strictly, with every fault at its line. See rules/README.md."""

from curate.ruleset.condition import Condition, Limit
from curate.ruleset.exempt import exempting
from curate.ruleset.groups import GroupRule
from curate.ruleset.load import known_presets, load_rules, schema_path
from curate.ruleset.model import (
    Example,
    Rule,
    RuleSet,
    Severity,
    Threshold,
    thresholds,
)

__all__ = [
    "Condition",
    "Example",
    "GroupRule",
    "Limit",
    "Rule",
    "RuleSet",
    "Severity",
    "Threshold",
    "exempting",
    "known_presets",
    "load_rules",
    "schema_path",
    "thresholds",
]
