"""What the first run of an installation says while it compiles."""

from __future__ import annotations

import numba as nb

from curate.cli.compiling import report_compiling


def test_compiling_is_said_once_and_loading_never() -> None:
    messages: list[str] = []
    slow = nb.njit(lambda value: value + 1)
    with report_compiling(messages.append):
        assert slow(1) == 2
        assert slow(1.0) == 2.0
    assert len(messages) == 1
    assert messages[0].startswith("compiling")
    with report_compiling(messages.append):
        assert slow(2) == 3
    assert len(messages) == 1, "what is compiled is not compiled again"
    assert slow(1j) == 1 + 1j
    assert len(messages) == 1, "nobody listens any more"
