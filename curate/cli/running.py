"""How a command runs a request: with progress on the terminal, and an answer at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import reports
from curate.cli.app import command_line
from curate.cli.render.progress import progress
from curate.environment.execution import Execution, no_progress
from curate.environment.memory import keep_freed_memory

if TYPE_CHECKING:
    from rich.console import RenderableType

    from curate.api.outcome import Outcome
    from curate.cli.page_process import PageProcess


_LARGE = 1 << 30


def is_large(size: int) -> bool:
    """Whether inputs of so many bytes are large: less memory matters more than 2 % of the time."""
    return size >= _LARGE


@contextmanager
def running(
    inputs: Sequence[str | Path] = (),
    quiet: bool = False,
    engine: str = "local",
    ray_address: str | None = None,
    workers: int | None = None,
    page: PageProcess | None = None,
) -> Iterator[Execution]:
    """An execution whose progress is shown, and which draws pages, the first by `page` if given."""
    size = input_bytes(inputs)
    if not is_large(size):
        keep_freed_memory()
    with progress(size, quiet) as bars:
        yield Execution(
            command=command_line(),
            on_read=bars,
            on_audio=bars.show_audio,
            on_draw=bars.show_draws,
            notify=no_progress if quiet else _say,
            build_page=page.build if page else reports.build,
            prepare_page=no_progress if page else reports.prepare,
            on_made=page.note if page else no_progress,
            engine=engine,
            ray_address=ray_address,
            workers=workers,
        )


def _say(text: str) -> None:
    """A note beside the answer."""
    from curate.cli.render.terminal import line

    line(text)


def page_only(workers: int | None = None) -> Execution:
    """An execution of a short command: it shows no progress, and draws pages."""
    return Execution(command=command_line(), build_page=reports.build, workers=workers)


class Tables:
    """The tables of an answer as text, which may be made before they are printed."""

    def __init__(self, tables: Callable[[Any], Sequence[RenderableType]]) -> None:
        self._tables = tables
        self._of: object = None
        self._text = ""

    def make(self, made: object) -> None:
        """Make them ahead; what fails here fails again where they are printed."""
        with suppress(Exception):
            self._text, self._of = self._make(made), made

    def __call__(self, made: object) -> str:
        """The tables as text, made now if they are not."""
        return self._text if made is self._of else self._make(made)

    def _make(self, made: object) -> str:
        # Tables are loaded once there are figures for them.
        from curate.cli.render.terminal import table_text

        return table_text(self._tables(made))


def conclude(
    outcome: Outcome[Any],
    as_json: bool,
    quiet: bool,
    tables: Callable[[Any], Sequence[RenderableType] | str],
    out: Path | None,
) -> None:
    """Print the answer; GateFailed where a gate failed."""
    if as_json or not quiet:
        from curate.cli.render.terminal import summary

        summary(outcome.artifact, as_json, quiet, tables, out)
    outcome.passed()


def input_bytes(names: Sequence[str | Path]) -> int:
    """Size of the inputs for a progress bar; 0 where it is unknown."""
    try:
        return sum(Path(name).stat().st_size for name in names if Path(name).is_file())
    except OSError:
        return 0
