"""`curate rules`: one module per command."""

from curate.cli.rules import calibrate, check, compare, explain, what_if

__all__ = ["calibrate", "check", "compare", "explain", "what_if"]
