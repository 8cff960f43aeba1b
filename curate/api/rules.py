"""Rule files: load them, run the examples inside them."""

from __future__ import annotations

from curate.errors import ConfigError, raise_all
from curate.manifest.examples import clips_of
from curate.metrics import groups_of
from curate.metrics.measure import Settings, measure
from curate.rules.evaluate import check_examples
from curate.rules.file import RuleSet, load_rules

__all__ = ["RuleSet", "check_rules", "load_rules"]


def check_rules(name: str) -> str:
    """`curate rules check`: one line about a sound file; ConfigError with every fault else."""
    rules = load_rules(name)
    settings = Settings(groups_of(rules.names))
    checked = check_examples(rules, lambda records: measure(clips_of(records), settings))
    raise_all(ConfigError, checked.faults)
    groups = f" and {len(rules.groups)} for groups" if rules.groups else ""
    return f"{name}: {len(rules.rules)} rules{groups}, {checked.run} examples hold"
