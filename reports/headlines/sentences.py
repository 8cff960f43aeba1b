"""Texts of artefacts as sentences of a page."""

from __future__ import annotations

import re


def as_sentence(text: str) -> str:
    """A text with a capital, a full stop, and a space before its per cent signs.

    >>> as_sentence("WER was 6.9% and is 15.5% at step 200")
    'WER was 6.9 % and is 15.5 % at step 200.'
    """
    spaced = re.sub(r"(?<=\d)%", " %", text.strip())
    ending = "" if spaced.endswith((".", "!", "?")) else "."
    return f"{spaced[:1].upper()}{spaced[1:]}{ending}"
