"""How much of what strangers wrote a page takes: it has to stay one that can be passed round."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

ROOM = 900_000
"""Bytes of markup that the transcripts and alignments of one section take, unless another limit is
given.

Sound takes 1.6 million, charts and tables half a million, and a page less than 3 million.
"""

NO_ROOM = Markup('<span class="none">too long for this page; the JSON beside it has it</span>')
_RESERVED = 0.3


class SizeBudget:
    """Room for so many bytes; a part of it is reserved for what is short, however much is long."""

    def __init__(self, bytes: int = ROOM) -> None:
        self._left, self._reserved = bytes, round(_RESERVED * bytes)

    def fit(
        self, full: Callable[[], Markup], short: Callable[[], Markup] | None = None, least: int = 1
    ) -> Markup:
        """What `full` makes, which has `least` bytes; where there is no room for it what `short`
        makes, else a remark.
        """
        forms = ((full, self._reserved if short else 0, least), (short, 0, 1))
        for form, reserved, size in forms:
            if form is None or size > self._left - reserved:
                continue
            made = form()
            size = len(made.encode("utf-8", "backslashreplace"))
            if size <= self._left - reserved:
                self._left -= size
                return made
        return NO_ROOM
