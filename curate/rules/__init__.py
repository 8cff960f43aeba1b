"""Rules: expressions, rule files, their evaluation, manual overrides, routes."""
