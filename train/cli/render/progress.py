"""The progress of a fit as one line that moves; on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn

from train.cli.app import CONSOLE

if TYPE_CHECKING:
    from train.runs.job import Progress as FitProgress

MOST_WAITING = 0.05
"""A larger share of waiting for data is shown in yellow: a GPU should be busy 95 % of the time."""


@contextmanager
def progress_bar() -> Iterator[Callable[[FitProgress], None]]:
    """A function that shows the progress of the fit, while the block runs."""
    columns = (
        TextColumn("step {task.completed:,.0f} of {task.total:,.0f}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(
        *columns, console=CONSOLE, transient=True, disable=not CONSOLE.is_terminal
    ) as bar:
        task = bar.add_task("", total=None, visible=False, figures="")

        def show(progress: FitProgress) -> None:
            bar.update(
                task,
                total=progress.max_steps,
                completed=progress.step,
                figures=figures(progress),
                visible=True,
            )

        yield show


def figures(progress: FitProgress) -> str:
    """Loss, WER, speed, waiting and time left, as Rich markup."""
    wer = "" if progress.val_wer is None else f"  WER {progress.val_wer:.1%}"
    waiting = f"waiting for data {progress.waiting_share:.0%}"
    if progress.waiting_share > MOST_WAITING:
        waiting = f"[yellow]{waiting}[/yellow]"
    speed = f"RTFx {progress.hours_per_s * 3600:,.0f}"
    return f"loss {progress.loss:.3f}{wer}  {speed}  {waiting}  {clock(progress.left_s)} left"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> clock(3_725)
    '1:02:05'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
