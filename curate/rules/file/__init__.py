"""Rule files: what they say, read strictly, with every fault at its line. See rules/README.md."""

from curate.rules.file.condition import Condition, Limit
from curate.rules.file.exempt import exempting
from curate.rules.file.groups import GroupRule
from curate.rules.file.load import known_presets, load_rules, schema_path
from curate.rules.file.model import (
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
