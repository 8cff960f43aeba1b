"""A transcript without audio among others that have audio, as a format of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from curate.manifest.captions.audio import NO_FILE
from curate.manifest.captions.lines import Place, Span, span_portions
from curate.manifest.chunks import read_whole
from curate.manifest.origin import UNPAIRED_FORMAT, Origin, Portion
from curate.manifest.sniff import Format, Look, one_file
from curate.manifest.together import REASON


def _find(look: Look) -> list[Origin]:
    return [replace(one_file(look, UNPAIRED_FORMAT), beside={REASON: (NO_FILE,)})]


def _read(origin: Origin) -> Iterator[Portion]:
    data = read_whole(origin.name)
    end = Place(len(data), 1 + data.count(b"\n"))
    yield from span_portions(origin, data, [Span(Place(0, 1), end, origin.beside[REASON][0])])


UNPAIRED = Format(
    UNPAIRED_FORMAT,
    "a transcript without audio among others that have audio: one malformed row",
    lambda look: False,  # only where others are named beside it
    _find,
    _read,
)
