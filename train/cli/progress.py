"""One line that says where a fit stands, and moves; on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn

from train.cli.app import CONSOLE

if TYPE_CHECKING:
    from train.runs.outcome import Seen

WORTH_A_WORD = 0.05
"""So much waiting for data is shown in yellow: a GPU should be busy 95 % of the time."""


@contextmanager
def progress() -> Iterator[Callable[[Seen], None]]:
    """A function that shows where the fit stands, while the block runs."""
    columns = (
        TextColumn("step {task.completed:,.0f} of {task.total:,.0f}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(
        *columns, console=CONSOLE, transient=True, disable=not CONSOLE.is_terminal
    ) as bar:
        task = bar.add_task("", total=None, visible=False, figures="")

        def show(seen: Seen) -> None:
            bar.update(
                task,
                total=seen.max_steps,
                completed=seen.step,
                figures=figures(seen),
                visible=True,
            )

        yield show


def figures(seen: Seen) -> str:
    """Loss, WER, speed, waiting and time left, as Rich markup."""
    wer = "" if seen.val_wer is None else f"  WER {seen.val_wer:.1%}"
    waiting = f"waiting for data {seen.waiting_share:.0%}"
    if seen.waiting_share > WORTH_A_WORD:
        waiting = f"[yellow]{waiting}[/yellow]"
    speed = f"{seen.hours_per_s * 3600:,.0f} h of audio an hour"
    return f"loss {seen.loss:.3f}{wer}  {speed}  {waiting}  {clock(seen.left_s)} left"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> clock(3_725)
    '1:02:05'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
