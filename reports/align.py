"""Reference and hypothesis, aligned by the same edits that the error rate counts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from reports.transcripts import isolated, unhidden

MOST = 400
"""Words (or characters) of one utterance that are aligned on a page."""

_UNSPACED_FROM = 8
_RUN = 24
"""Units that were missed or added in one go and are still shown whole; loops run to hundreds."""
_HEAD = 12


def alignment(reference: str | None, hypothesis: str | None, lang: str | None = None) -> Markup:
    """One line of text: what was missed struck out, what was added underlined, in reading order.

    Text without spaces (Chinese, Japanese, Thai) is aligned by characters.
    """
    if reference is None or hypothesis is None:
        return Markup('<span class="none">no {}</span>').format(
            "reference" if reference is None else "hypothesis"
        )
    by_character = _unspaced(reference) and _unspaced(hypothesis)
    words, other_words = (
        _characters(text.strip()) if by_character else text.split()
        for text in (reference, hypothesis)
    )
    between = "" if by_character else " "
    line = escape(between).join(
        _piece(
            chunk.type,
            *(
                _run(units[slice(*span)], between, whole=chunk.type == "equal")
                for units, span in (
                    (words, (chunk.ref_start_idx, chunk.ref_end_idx)),
                    (other_words, (chunk.hyp_start_idx, chunk.hyp_end_idx)),
                )
            ),
        )
        for chunk in _chunks(words[:MOST], other_words[:MOST])
    )
    if not line:
        return Markup('<span class="none">empty reference, empty hypothesis</span>')
    more = max(len(words), len(other_words)) > MOST
    rest = Markup(' <span class="none">… and more, not aligned here</span>') if more else Markup()
    return isolated(line, lang) + rest


def _run(units: Sequence[str], between: str, *, whole: bool) -> Markup:
    """The units of one edit; of a long run its beginning, and how many follow."""
    if whole or len(units) <= _RUN:
        return unhidden(between.join(units))
    rest = Markup(' <span class="none">\u2026 {:,} more</span>').format(len(units) - _HEAD)
    return unhidden(between.join(units[:_HEAD])) + rest


def _characters(text: str) -> list[str]:
    """Characters with the marks that belong to them."""
    units: list[str] = []
    for character in text:
        if units and unicodedata.category(character).startswith("M"):
            units[-1] += character
        else:
            units.append(character)
    return units


def _unspaced(text: str) -> bool:
    return len(text) >= _UNSPACED_FROM and not text.isascii() and len(text.split()) == 1


def _chunks(reference: Sequence[str], hypothesis: Sequence[str]) -> Sequence[Any]:
    """The edits that jiwer counts; units go in as plain codes, which it cannot split again."""
    from jiwer import process_words

    codes: dict[str, str] = {}

    def coded(units: Sequence[str]) -> str:
        return " ".join(codes.setdefault(unit, f"w{len(codes)}") for unit in units)

    chunks: Sequence[Any] = process_words(coded(reference), coded(hypothesis)).alignments[0]
    return chunks


def _piece(edit: str, reference: Markup, hypothesis: Markup) -> Markup:
    missed, added = (
        Markup("<del>{}</del>").format(reference),
        Markup("<ins>{}</ins>").format(hypothesis),
    )
    match edit:
        case "equal":
            return reference
        case "delete":
            return missed
        case "insert":
            return added
        case _:
            return Markup('<span class="swap">{} {}</span>').format(missed, added)
