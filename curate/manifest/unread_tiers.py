"""A warning about tiers of TextGrids and ELAN documents that are not read."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from curate.errors import InputError, parameter
from curate.formatting.units import plural
from curate.manifest.captions import elan, textgrid
from curate.manifest.captions.format import tier_of
from curate.manifest.captions.tiers import TierNames
from curate.manifest.chunks import read_whole
from curate.manifest.folders.tree import walk
from curate.manifest.mapping import fields_of
from curate.manifest.origin import FOLDER_FORMAT, Origin

TRANSCRIPTS = 20
"""Transcripts that are searched for tiers, of all inputs together."""
NAMES = 10_000
"""Names of a folder among which transcripts are looked for."""
SHOWN = 5
_TIERS: Mapping[str, Callable[[bytes], TierNames]] = {
    ".textgrid": textgrid.tiers_of,
    ".eaf": elan.tiers_of,
}
_FORMATS = {"textgrid": ".textgrid", "elan": ".eaf"}


def tier_warnings(origins: Iterable[Origin]) -> list[str]:
    """The warning about tiers with labels that are not read, and how to read one of them; none
    where there are none, or the tier to read is named.
    """
    labels, files, first = Counter[str](), 0, ""
    for name, suffix in islice(_transcripts(origins), TRANSCRIPTS):
        try:
            others = _TIERS[suffix](read_whole(name)).others
        except InputError:  # its row says that it cannot be read
            continue
        labels.update(others)
        files += bool(others)
        first = first or (name if others else "")
    if not labels:
        return []
    tiers = [f"{name} ({count:,})" for name, count in labels.most_common(SHOWN)]
    left = len(labels) - len(tiers)
    named = ", ".join(tiers) + (f" and {left:,} more" if left else "")
    more = f" and {plural(files - 1, 'more transcript')}" if files > 1 else ""
    example = f"{parameter('fields')} 'text={labels.most_common(1)[0][0]}'"
    return [f"{first}{more}: tiers not read, by labels: {named}; {example} reads that one instead"]


def _transcripts(origins: Iterable[Origin]) -> Iterator[tuple[str, str]]:
    """The transcripts with tiers, each with its suffix, of inputs that name no tier."""
    for origin in origins:
        if origin.format in _FORMATS and tier_of(origin) is None:
            yield origin.name, _FORMATS[origin.format]
        if origin.format == FOLDER_FORMAT and "text" not in fields_of(origin):
            for name in islice(walk(origin.name), NAMES):
                suffix = name[name.rfind(".") :].lower()
                if suffix in _TIERS:
                    yield os.path.join(origin.name, name), suffix  # noqa: PTH118 - as written
