"""Lines as JSONL has them."""

from __future__ import annotations

from typing import AnyStr


def lines_of(text: AnyStr) -> list[AnyStr]:
    r"""The lines of a text, cut at \n alone.

    A transcript may hold U+2028, U+0085 or a form feed, at which `str.splitlines` cuts too.
    """
    end = "\n" if isinstance(text, str) else b"\n"
    return text.removesuffix(end).split(end) if text else []
