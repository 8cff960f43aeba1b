"""Remarks in place of words: tags, and known remarks in parentheses, asterisks or notes."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from curate.arrays import Bools, Bytes, Int64s
from curate.files.presets import presets_folder
from curate.native import kernel
from curate.text.markup import TAGS
from curate.text.normal import normalise

LONGEST: Final = 2_000
"""Characters of a text in which remarks are looked for."""
_NOTES: Final = "♩♪♫♬🎵🎶"
_NO_NOTES: Final = dict.fromkeys(map(ord, _NOTES), " ")
_ENCLOSED: Final = (
    r"\(([^()]*)\)|（([^（）]*)）|【([^【】]*)】|\*+([^*]+)\*+|[♩♪♫♬🎵🎶]+([^♩♪♫♬🎵🎶]*)[♩♪♫♬🎵🎶]*"
)
_WEB: Final = r"https?://|&[#\w]+;"


@dataclass(frozen=True)
class Remarks:
    """Known remarks: whole ones, and beginnings before any words (`speaking *`)."""

    texts: tuple[str, ...] = ()
    _seen: dict[str, bool] = field(default_factory=dict, compare=False)

    @cached_property
    def _whole(self) -> frozenset[str]:
        return frozenset(normalise(text) for text in self.texts if not text.endswith("*"))

    @cached_property
    def _before(self) -> tuple[str, ...]:
        begin = {normalise(text[:-1]) for text in self.texts if text.endswith("*")}
        return tuple(f"{text} " for text in sorted(begin))

    def knows(self, text: str) -> bool:
        """Whether the text is a remark; one of no letter at all is (`(...)`)."""
        if text not in self._seen:
            normal = normalise(text)
            known = not normal or normal in self._whole or normal.startswith(self._before)
            self._seen[text] = known
        return self._seen[text]

    def measure(self, text: str) -> tuple[int, bool]:
        """(Characters of known remarks outside of tags and square brackets, whether all letters and
        digits stand in remarks or tags, and there are some).
        """
        text = text[:LONGEST]
        inside = [False] * len(text)
        for match in _tags(text):
            inside[match[0] : match[1]] = [True] * (match[1] - match[0])
        chars = sum(char in _NOTES for char in text)
        for enclosed in re.finditer(_ENCLOSED, text):
            if self.knows(_inside(enclosed)):
                first, end = enclosed.span()
                chars += sum(char not in _NOTES for char in enclosed[0])
                inside[first:end] = [True] * (end - first)
        letters = [at for at, char in enumerate(text) if char.isalnum()]
        return chars, bool(letters) and all(inside[at] for at in letters)

    def removed(self, text: str) -> str:
        """The text with a blank for each known remark and each note; words between notes stay.

        >>> Remarks(("laughter",)).removed("well (laughter) yes (you know)")
        'well   yes (you know)'
        """
        head, rest = text[:LONGEST], text[LONGEST:]
        bare = re.sub(
            _ENCLOSED, lambda match: " " if self.knows(_inside(match)) else match[0], head
        )
        return bare.translate(_NO_NOTES) + rest


@functools.cache
def known_remarks() -> Remarks:
    """Those of rules/remarks.txt."""
    lines = (presets_folder() / "remarks.txt").read_text(encoding="utf-8").split("\n")
    texts = {line.partition("\t")[0].strip() for line in lines if not line.startswith("#")}
    return Remarks(tuple(sorted(texts - {""})))


def _inside(enclosed: re.Match[str]) -> str:
    """What stands between the marks of a match of _ENCLOSED."""
    return next(group for group in enclosed.groups() if group is not None)


def _tags(text: str) -> list[tuple[int, int]]:
    """Where tags, braces and brackets stand, as TAGS finds them; no addresses, no entities."""
    return [
        (match.start(), match.end())
        for match in re.finditer(_MARKS, text)
        if not re.match(_WEB, match[0])
    ]


_MARKS: Final = TAGS.decode()


def rows(data: Bytes, start: Int64s, length: Int64s) -> npt.NDArray[np.intp]:
    """The texts that hold a mark which can enclose a remark, or a note."""
    may_hold = np.zeros(start.size, np.bool_)
    _find(data, start, length, may_hold)
    return np.flatnonzero(may_hold)


@kernel("remarks")
def _find(data: Bytes, start: Int64s, length: Int64s, may_hold: Bools) -> None:
    raise NotImplementedError
