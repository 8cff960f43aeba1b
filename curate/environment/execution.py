"""How a request is carried out: who watches, by how many threads, for which command.

Nothing of it changes a result, but for the `command` that artefacts name and the page beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.environment.cores import thread_count

Progress = Callable[[int, int], None]


def no_progress(*_: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How a request is carried out.

    `on_read` is called with bytes and rows newly read (or stored), `on_audio` with how many audio
    files were analysed, of how many, `on_draw` with how many draws of a split are made, of how
    many, and `notify` with notes in words. `build_page` draws report.html of an artefact's kind in
    its folder (None: no page); `prepare_page` may be called before, beside other work, so that it
    is drawn sooner, and `on_made` is called with the artefact, complete, before its page is drawn.
    `threads` (None: one a core) read and measure, `workers` processes (None: one per core, at least
    two) store and verify shards; `engine` is `local` or `ray`, on the cluster at `ray_address`
    (None: one on this machine).
    """

    command: str = ""
    on_read: Progress = no_progress
    on_audio: Progress = no_progress
    on_draw: Progress = no_progress
    notify: Callable[[str], None] = no_progress
    build_page: Callable[[Any, Path], object] | None = None
    prepare_page: Callable[[Any], None] = no_progress
    on_made: Callable[[Any], None] = no_progress
    threads: int | None = None
    workers: int | None = None
    engine: str = "local"
    ray_address: str | None = None

    @property
    def processes(self) -> int:
        """The workers, or as many as there are processors to use."""
        return self.workers or max(2, thread_count())

    def draw(self, kind: str, folder: Path, made: object = None) -> None:
        """The page of an artefact, if pages are drawn."""
        self.on_made(made)
        if self.build_page is not None:
            self.build_page(kind, folder)


QUIET = Execution()
"""Nobody watches, and no page is drawn."""
