"""`curate`: the command line. Parses, calls one function, shows one table."""

from __future__ import annotations

from curate.cli import (
    audit,
    doctor,
    look,
    merge,
    profile,
    reconsider,
    review,
    rules,
    shard,
    split,
    whatif,
)
from curate.cli.app import app
from curate.terminal.command import run

__all__ = [
    "app",
    "audit",
    "doctor",
    "look",
    "main",
    "merge",
    "profile",
    "reconsider",
    "review",
    "rules",
    "shard",
    "split",
    "whatif",
]


def main() -> None:
    """Entry point of the console script."""
    run(lambda: app(prog_name="curate", standalone_mode=False))
