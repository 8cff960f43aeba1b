"""How far lengths may differ that are meant to be equal. Light: workers import it."""

from __future__ import annotations

OVERRUN_S = 0.25
"""A segment may end so far behind its file: manifests round, and codecs pad."""

WHOLE_FILE_S = 0.01
"""A segment that differs from its file by less is the whole file; manifests round durations."""
