"""The verdicts that a row can have: what a page needs to know of rows, without an engine."""

from __future__ import annotations

VERDICTS = ("clean", "borderline", "unknown", "bad", "untranscribed", "skipped", "malformed")
"""Every verdict, from best to worst. A row has exactly one."""
