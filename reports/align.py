"""Reference and hypothesis, aligned by the same edits that the error rate counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from reports.transcripts import marked

MOST = 400
"""Words (or characters) of one utterance that are aligned on a page."""

_UNSPACED_FROM = 8


def alignment(reference: str | None, hypothesis: str | None, lang: str | None = None) -> Markup:
    """One line of text: what was missed struck out, what was added underlined, in reading order.

    Text without spaces (Chinese, Japanese, Thai) is aligned by characters.
    """
    if reference is None or hypothesis is None:
        return Markup('<span class="none">no {}</span>').format(
            "reference" if reference is None else "hypothesis"
        )
    by_character = _unspaced(reference) and _unspaced(hypothesis)
    ours, theirs = (
        (list(text.strip()) if by_character else text.split()) for text in (reference, hypothesis)
    )
    glue = Markup("") if by_character else Markup(" ")
    pieces = [
        _piece(
            chunk,
            glue.join(ours[chunk.ref_start_idx : chunk.ref_end_idx]),
            glue.join(theirs[chunk.hyp_start_idx : chunk.hyp_end_idx]),
            lang,
        )
        for chunk in _chunks(ours[:MOST], theirs[:MOST])
    ]
    if max(len(ours), len(theirs)) > MOST:
        pieces.append(Markup('<span class="none">… and more, not aligned here</span>'))
    return glue.join(pieces) or Markup('<span class="none">nothing said or heard</span>')


def _unspaced(text: str) -> bool:
    return len(text) >= _UNSPACED_FROM and not text.isascii() and len(text.split()) == 1


def _chunks(reference: Sequence[str], hypothesis: Sequence[str]) -> Sequence[Any]:
    """The edits that jiwer counts; units go in as plain codes, which it cannot split anew."""
    from jiwer import process_words

    codes: dict[str, str] = {}

    def coded(units: Sequence[str]) -> str:
        return " ".join(codes.setdefault(unit, f"w{len(codes)}") for unit in units)

    chunks: Sequence[Any] = process_words(coded(reference), coded(hypothesis)).alignments[0]
    return chunks


def _piece(chunk: Any, ours: str, theirs: str, lang: str | None) -> Markup:
    missed, added = Markup("<del>{}</del>"), Markup("<ins>{}</ins>")
    match chunk.type:
        case "equal":
            return marked(ours, lang)
        case "delete":
            return missed.format(marked(ours, lang))
        case "insert":
            return added.format(marked(theirs, lang))
        case _:
            swap = Markup('<span class="swap">{} {}</span>')
            return swap.format(
                missed.format(marked(ours, lang)), added.format(marked(theirs, lang))
            )
