"""Say that code is being compiled: the first run of an installation, which takes its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_NOTE = "compiling the measures, once after an installation (some 20 seconds)"


@contextmanager
def report_compiling(say: Callable[[str], None]) -> Iterator[None]:
    """Within, `say` gets one line as soon as numba compiles what its cache does not hold."""
    from numba.core import event

    class CompileListener(event.Listener):  # type: ignore[misc,unused-ignore]
        """Notified of compilation, not of loading compiled code."""

        silent = True

        def on_start(self, event: Any) -> None:
            if self.silent:
                self.silent = False
                say(_NOTE)

        def on_end(self, event: Any) -> None:
            """Nothing more is reported."""

    with event.install_listener("numba:compile", CompileListener()):
        yield
