"""Where the errors of an evaluation are: the part with the most above the mean."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from reports.format import count, percent, plural, share
from reports.headlines.declare import line
from reports.headlines.edits import rate
from train.artifacts.wer import Slice, Wer

COLUMNS = {
    "lang": "language",
    "speaker": "speaker",
    "tag": "tag",
    "verdict": "verdict",
    "duration": "duration",
}
"""The groupings that are searched, with their names."""
_Z = 3.0
"""Standard errors above the mean from which on a part without an interval stands out."""
_SMALLEST = 0.02
"""Share of all errors below which what a part has above the mean changes nothing."""
_FEWEST = 50
"""Words from which on a rate can be named as the highest."""


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
        named = [plural(len(_parts(wer, each)), COLUMNS[each]) for each in columns]
        of = " or ".join((", ".join(named[:-1]), named[-1])) if named[1:] else named[0]
        return line("Errors are spread evenly: none of {} is measurably above the mean.", of)
    words = _units(wer, worst.part)
    unit = "words" if wer.overall.primary == "wer" else "characters"
    text = "Errors are worst in {} <b>{}</b>: {} {} over {} {}, {} of all errors at {} of the {}."
    sentence = line(
        text,
        *(COLUMNS[worst.column], worst.part.value or "", wer.overall.primary.upper()),
        *(rate(worst.rate), count(words), unit),
        percent(share(worst.rate * words, whole * units), 0),
        *(percent(share(words, units), 0), unit),
    )
    return sentence + _highest(wer, columns, worst)


def _highest(wer: Wer, columns: list[str], worst: WorstPart) -> Markup:
    """The part with the highest rate, where that is another one: fewer words, or chance."""
    parts = [(column, part) for column in columns for part in _parts(wer, column)]
    rated = [each for each in parts if (_units(wer, each[1]) or 0) >= _FEWEST]
    column, part = max(
        rated, key=lambda each: each[1].named[0] or 0.0, default=(worst.column, worst.part)
    )
    highest = part.named[0]
    if part is worst.part or highest is None or highest <= worst.rate:
        return Markup("")
    why = "" if _stands_out(wer, part) else ", which may be chance"
    text = " The highest rate is that of {} {}: {} over {}{}."
    return line(
        text,
        *(COLUMNS[column], part.value or "", rate(highest)),
        *(plural(_units(wer, part), "word" if wer.overall.primary == "wer" else "character"), why),
    )


def _candidates(wer: Wer, columns: list[str]) -> Iterator[WorstPart]:
    """Parts whose rate is above the mean by more than chance makes likely."""
    whole = wer.overall.named[0] or 0.0
    for column in columns:
        for part in _parts(wer, column):
            value = part.wer if wer.overall.primary == "wer" else part.cer
            if value is not None and _stands_out(wer, part):
                excess = (value - whole) * _units(wer, part)
                yield WorstPart(column, part, value, excess)


def _stands_out(wer: Wer, part: Slice) -> bool:
    """Whether the rate is above the mean by more than chance makes likely."""
    whole, of_wer = wer.overall.named[0] or 0.0, wer.overall.primary == "wer"
    value, low = (part.wer, part.wer_low) if of_wer else (part.cer, part.cer_low)
    size = _units(wer, part)
    if value is None or not size:
        return False
    least = value - _Z * math.sqrt(max(value, whole) / size) if low is None else low
    return least > whole


def _parts(wer: Wer, column: str) -> list[Slice]:
    return [part for part in wer.by.get(column, ()) if part.value is not None]


def _units(wer: Wer, part: Slice | None) -> int:
    """Reference words, or characters where CER is the rate to name, of a part or of everything."""
    rates = wer.overall if part is None else part
    return rates.ref_words if wer.overall.primary == "wer" else rates.ref_chars
