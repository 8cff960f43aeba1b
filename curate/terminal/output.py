"""Standard output for people, as both command lines draw on it."""

from __future__ import annotations

import os

from rich.console import Console

PIPED_WIDTH = 400


def answers() -> Console:
    """The console for what a command answers.

    Wide where no terminal cuts it, so that a row of a table is one line for `grep`; COLUMNS sets
    another width.
    """
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH
    return console
