"""How a command runs a request: with progress on the terminal, and an answer at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import RenderableType

import reports
from curate.api.outcome import Outcome
from curate.cli.app import command_line
from curate.cli.render import terminal
from curate.environment.execution import Execution


@contextmanager
def running(
    inputs: Sequence[str | Path] = (),
    quiet: bool = False,
    engine: str = "local",
    ray_address: str | None = None,
    workers: int | None = None,
) -> Iterator[Execution]:
    """An execution whose progress is shown, and which draws pages."""
    with terminal.progress(input_bytes(inputs), quiet) as bars:
        yield Execution(
            command=command_line(),
            on_read=bars,
            on_audio=bars.show_audio,
            on_draw=bars.show_draws,
            notify=terminal.say(quiet),
            build_page=reports.build,
            prepare_page=reports.prepare,
            engine=engine,
            ray_address=ray_address,
            workers=workers,
        )


def page_only(workers: int | None = None) -> Execution:
    """An execution of a short command: it shows no progress, and draws pages."""
    return Execution(command=command_line(), build_page=reports.build, workers=workers)


def conclude(
    outcome: Outcome[Any],
    as_json: bool,
    quiet: bool,
    tables: Callable[[Any], Sequence[RenderableType]],
    out: Path | None,
) -> None:
    """Print the answer; GateFailed where a gate failed."""
    terminal.summary(outcome.artifact, as_json, quiet, tables, out)
    outcome.passed()


def input_bytes(names: Sequence[str | Path]) -> int:
    """Size of the inputs for a progress bar; 0 where it is unknown."""
    try:
        return sum(Path(name).stat().st_size for name in names if Path(name).is_file())
    except OSError:
        return 0
