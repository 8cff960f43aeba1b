"""Texts of artefacts as sentences of a page."""

from __future__ import annotations

import re
from pathlib import PurePath

_LONGEST = 40
"""Characters of a path that a title has room for."""


_NAME = re.compile(r"[^\s:]*[./\d_][^\s:]*:")
"""How a text begins that is about a file."""
_PER_CENT = re.compile(r"(--[\w-]+[ =][\d.]+%)|(?<=\d)%")
"""A per cent sign, beside those of an option's value, which stays as it is typed."""


def as_sentence(text: str, end: str = ".") -> str:
    """A text with a capital, unless a file's name is first, a full stop, and a space before its per
    cent signs.

    >>> as_sentence("WER was 6.9% and is 15.5% at step 200")
    'WER was 6.9 % and is 15.5 % at step 200.'
    >>> as_sentence("m_1.jsonl: 20% is held out; curate split --max-held-out 20%")
    'm_1.jsonl: 20 % is held out; curate split --max-held-out 20%.'
    """
    spaced = _PER_CENT.sub(lambda match: match[1] or " %", text.strip())
    ending = "" if spaced.endswith((".", "!", "?")) else end
    first = spaced[:1] if _NAME.match(spaced) else spaced[:1].upper()
    return f"{first}{spaced[1:]}{ending}"


def short_path(path: str) -> str:
    """A path of which a title shows the end: a long one loses its first folders.

    >>> short_path("run/model.nemo"), short_path("/tmp/" + "long/" * 9 + "toward/run/model.nemo")
    ('run/model.nemo', '…/long/long/long/toward/run/model.nemo')
    """
    if len(path) <= _LONGEST:
        return path
    parts, end = PurePath(path).parts, ""
    for part in reversed(parts):
        if end and len(part) + len(end) + 1 > _LONGEST:
            break
        end = f"{part}/{end}" if end else part
    return f"…/{end}"
