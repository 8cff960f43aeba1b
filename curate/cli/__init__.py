"""`curate`: the command line. Parses, calls one function, shows one table."""

from __future__ import annotations

from curate.cli import (
    audit,
    diff,
    doctor,
    head,
    manifest,
    merge,
    profile,
    query,
    reconsider,
    review,
    rules,
    sample,
    shard,
    split,
    words,
)
from curate.cli.app import app
from curate.terminal.command import run

__all__ = [
    "app",
    "audit",
    "diff",
    "doctor",
    "head",
    "main",
    "manifest",
    "merge",
    "profile",
    "query",
    "reconsider",
    "review",
    "rules",
    "sample",
    "shard",
    "split",
    "words",
]


def main() -> None:
    """Entry point of the console script."""
    run(lambda: app(prog_name="curate", standalone_mode=False))
