"""Names that a profile and what is made of it share; none of the engine that measures."""

from __future__ import annotations

from curate.artifacts.base import RuleFile
from curate.formatting.units import US_PER_HOUR
from curate.rules.file import RuleSet

LIBRARIES = ("asr-curate", "polars", "duckdb", "numpy")
"""Whose versions artefacts name."""
LIMIT_COUNTS = "limit_counts.parquet"
"""What `curate.whatif` counted of the records, which a profile of many rows has from the start."""
COUNTED_ROWS = 1 << 18
"""Rows from which on that is stored: below, counting takes no longer than starting a command."""
COUNTED_AHEAD_ROWS = 1 << 20
"""Rows from which on a profile counts it: below, the first question counts within half a second."""
TEXTS = "texts.parquet"
"""The records' texts in their order, once a large profile was opened for review."""
WORD_TABLE = "word_table.parquet"
"""The words of all texts, once a session reviewed those of a large profile."""


def rules_named(rules: RuleSet) -> RuleFile:
    """How artifacts name the rule file."""
    return RuleFile(name=rules.name, path=str(rules.path), sha256=rules.sha256)


def hours(duration_us: int) -> float:
    """Whole microseconds as hours, to the 6 decimals that artefacts carry."""
    return round(duration_us / US_PER_HOUR, 6)
