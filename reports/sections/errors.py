"""Error rates: over everything, and where they come from."""

from __future__ import annotations

import math

from markupsafe import Markup

from reports import drawn
from reports.contracts import Wer
from reports.contracts.training import Slice
from reports.drawn import Figure, Part
from reports.format import count, percent, share
from reports.sections.declare import joined, titled
from reports.tables import Column, Table

_TITLES = {
    "manifest": "Manifest",
    "verdict": "Verdict of the reference",
    "tag": "Tag of the reference",
    "lang": "Language",
    "duration": "Duration",
    "speaker": "Speaker",
}
_Z = 1.96
_FAR = 1.5


def overall(wer: Wer) -> Markup | None:
    """The rates, and of which edits the word errors consist."""
    it = wer.overall
    edits = {"substituted": it.substitutions, "deleted": it.deletions, "inserted": it.insertions}
    figures = drawn.figures(
        (
            Figure("WER", percent(it.wer), f"± {percent(_margin(it.wer, it.ref_words))} at least"),
            Figure("CER", percent(it.cer)),
            Figure("reference words", count(it.ref_words)),
            *(
                Figure(f"words {name}", count(edit), percent(share(edit, it.ref_words)))
                for name, edit in edits.items()
            ),
        )
    )
    parts = [Part(name, float(edit or 0), count(edit)) for name, edit in edits.items()]
    return joined(figures, drawn.scale(parts, magnify=False))


def _margin(wer: float | None, words: int | None) -> float | None:
    """Half the 95 % interval, were errors independent: a lower bound for the true one."""
    return None if wer is None or not words else _Z * math.sqrt(max(0.0, wer) / words)


def slices(wer: Wer) -> Markup | None:
    """A table per way of slicing, known ways first, in a fixed order."""
    names = [
        *(name for name in _TITLES if name in wer.by),
        *(name for name in wer.by if name not in _TITLES),
    ]
    return joined(
        *(
            titled(_TITLES.get(name, name), _table(name, wer.by[name], wer.overall.wer))
            for name in dict.fromkeys(names)
            if wer.by[name]
        )
    )


def _table(name: str, parts: tuple[Slice, ...], whole: float | None) -> Markup:
    top = min(_FAR, max([part.wer or 0.0 for part in parts] + [1.2 * (whole or 0.0)]))
    columns = (
        Column(name, "verdict" if name == "verdict" else "text"),
        Column("WER", "percent"),
        Column("±", "percent"),
        Column(f"0 to {percent(top)}", "drawn"),
        Column("CER", "percent"),
        Column("words", "count"),
        Column("utterances", "count"),
    )
    rows = [
        (
            "(none)" if part.value is None else part.value,
            *(part.wer, _margin(part.wer, part.ref_words), drawn.bar(part.wer, top, whole)),
            *(part.cer, part.ref_words, part.rows),
        )
        for part in parts
    ]
    return Table(_TITLES.get(name, name), columns, rows, limit=60, elsewhere="wer.json").render()
