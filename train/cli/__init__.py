"""`train`: the command line. Parses, calls one function, shows a few lines."""

from __future__ import annotations

from curate.terminal.command import run as run_command
from train.cli.app import app
from train.runs.runtime import begin_command

__all__ = ["app", "main"]


def main() -> None:
    """Entry point of the console script."""
    begin_command()
    run_command(lambda: app(prog_name="train", standalone_mode=False))
