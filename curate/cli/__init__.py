"""`curate`: the command line. Parses, calls one function, shows one table."""

from __future__ import annotations

from typing import Never

from curate.terminal.process import run_alone

__all__ = ["main", "script"]


def main() -> Never:
    """Run the command line, and exit."""
    from curate.cli.app import app
    from curate.terminal.command import run

    run(lambda: app(prog_name="curate", standalone_mode=False))


def script() -> None:
    """Entry point of the console script: the command line in a process of its own."""
    run_alone(main)  # before anything large is imported, which would be searched for garbage
