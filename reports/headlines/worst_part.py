"""Where the errors of an evaluation are: the part with the most above the mean."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from reports.format import count, percent, plural, share
from reports.headlines.declare import line
from train.artifacts.wer import Slice, Wer

COLUMNS = {"lang": "language", "speaker": "speaker", "tag": "tag"}
"""The columns that a reader can act on, with their names."""
_Z = 3.0
"""Standard errors above the mean from which on a part without an interval stands out."""
_SMALLEST = 0.02
"""Share of all errors below which what a part has above the mean changes nothing."""


class WorstPart(NamedTuple):
    """A part of the rows, its rate, and how many errors it has beyond what its size predicts."""

    column: str
    part: Slice
    rate: float
    excess: float


def worst_part_sentence(wer: Wer) -> Markup | None:
    """Where errors are worst, else that none stands out; None where there are no parts."""
    whole, units = wer.overall.named[0], _units(wer, None)
    columns = [column for column in COLUMNS if len(_parts(wer, column)) > 1]
    if not whole or not units or not columns:
        return None
    worst = max(_candidates(wer, columns), key=lambda each: each.excess, default=None)
    if worst is None or worst.excess < _SMALLEST * whole * units:
        of = " or ".join(plural(len(_parts(wer, each)), COLUMNS[each]) for each in columns)
        return line("Errors are spread evenly: none of {} is measurably above the mean.", of)
    words = _units(wer, worst.part)
    unit = "words" if wer.overall.primary == "wer" else "characters"
    text = "Errors are worst in {} <b>{}</b>: {} {} over {} {}, {} of all errors at {} of the {}."
    return line(
        text,
        *(COLUMNS[worst.column], worst.part.value or "", wer.overall.primary.upper()),
        *(percent(worst.rate), count(words), unit),
        percent(share(worst.rate * words, whole * units), 0),
        *(percent(share(words, units), 0), unit),
    )


def _candidates(wer: Wer, columns: list[str]) -> Iterator[WorstPart]:
    """Parts whose rate is above the mean by more than chance makes likely."""
    whole = wer.overall.named[0] or 0.0
    for column in columns:
        for part in _parts(wer, column):
            of_wer = wer.overall.primary == "wer"
            rate, low = (part.wer, part.wer_low) if of_wer else (part.cer, part.cer_low)
            size = _units(wer, part)
            if rate is None or not size:
                continue
            least = rate - _Z * math.sqrt(max(rate, whole) / size) if low is None else low
            if least > whole:
                yield WorstPart(column, part, rate, (rate - whole) * size)


def _parts(wer: Wer, column: str) -> list[Slice]:
    return [part for part in wer.by.get(column, ()) if part.value is not None]


def _units(wer: Wer, part: Slice | None) -> int:
    """Reference words, or characters where CER is the rate to name, of a part or of everything."""
    rates = wer.overall if part is None else part
    return rates.ref_words if wer.overall.primary == "wer" else rates.ref_chars
