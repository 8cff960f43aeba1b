"""Audacity's labels: a line of start, end and label, separated by tabs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

from curate.manifest.captions.format import caption_format, first_lines
from curate.manifest.captions.lines import Block, Line
from curate.manifest.captions.segment import block_of, seconds_of, segment
from curate.manifest.sniff import Look
from curate.manifest.strict import Malformed, Record

_LABEL = re.compile(r"\d+([.,]\d+)?\t\d+([.,]\d+)?(\t|$)")
_FREQUENCIES = "\\\t"
"""Begins a line that gives the frequencies of the label above it."""


def parse_labels(lines: Iterable[Line]) -> Iterator[Block]:
    """The labels of a track; lines of frequencies hold none."""
    for line in lines:
        if not line.text.strip() or line.text.startswith(_FREQUENCIES):
            yield Block((line,), None)
        else:
            yield block_of((line,), partial(_label, line.text))


def _label(line: str) -> Record:
    cells = line.split("\t", 2)
    if len(cells) < 2:
        raise Malformed("a label has a start and an end, separated by a tab")
    text = cells[2].strip() if len(cells) > 2 else ""
    return segment(seconds_of(cells[0].strip()), seconds_of(cells[1].strip()), text)


def _is_labels(look: Look) -> bool:
    lines = [line for line in first_lines(look) if not line.startswith(_FREQUENCIES)]
    matching = sum(_LABEL.match(line) is not None for line in lines)
    return bool(lines) and matching >= max(1, 0.8 * len(lines))


LABELS = caption_format(
    "audacity_labels",
    "an Audacity label track (start, end and label between tabs)",
    _is_labels,
    parse_labels,
)
