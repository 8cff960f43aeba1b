"""Texts about one thing each, such as a file, that are equal or alike but for its name."""

from __future__ import annotations

import re
from pathlib import PurePath

_NUMBER = re.compile(r"[0-9][0-9.,]*")


def without_name(text: str, name: str) -> str:
    """The text without a file's name and its stem: equal for texts that differ in nothing else.

    >>> same = without_name("put b.wav beside b.srt", "b.srt")
    >>> same == without_name("put a.wav beside a.srt", "a.srt")
    True
    """
    stem = re.escape(PurePath(name).name.partition(".")[0])
    whole = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "\0", text) if name else text
    return re.sub(rf"(?<!\w){stem}(?=\.)", "\0", whole) if stem else whole


def without_numbers(text: str) -> str:
    """The text without its numbers: equal for texts that differ in amounts only.

    >>> without_numbers("2 of 1,100 end 1.5 s late") == without_numbers("9 of 8 end 3 s late")
    True
    """
    return _NUMBER.sub("0", text)
