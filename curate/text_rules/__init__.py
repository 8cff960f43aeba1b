"""Rules that change texts: read from YAML, and applied to many texts at once."""

from curate.text_rules.apply import Applied, apply, stages
from curate.text_rules.load import NamedTextRules, known_text_presets, load_text_rules
from curate.text_rules.model import TextRule, TextRules

__all__ = [
    "Applied", "NamedTextRules", "TextRule", "TextRules", "apply", "known_text_presets",
    "load_text_rules", "stages",
]  # fmt: skip
