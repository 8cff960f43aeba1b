"""Reference and hypothesis, aligned by the same edits that the error rate counts."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from curate.formatting.alignment import Edit, align, units_of
from reports.transcripts import isolated, unhidden

MOST = 400
"""Words (or characters) of one utterance that are aligned on a page."""

_RUN = 24
"""Units that were missed or added in one go and are still shown whole; loops run to hundreds."""
_HEAD = 12


def alignment(
    reference: str | None,
    hypothesis: str | None,
    lang: str | None = None,
    *,
    exact: bool = True,
    by_characters: bool = False,
) -> Markup:
    """One line of text: what was missed struck out, what was added underlined, in reading order.

    Unless `exact`, case and punctuation around a word make no difference. `by_characters` compares
    each character, blanks too, whatever the script.
    """
    if reference is None or hypothesis is None:
        return Markup('<span class="none">no {}</span>').format(
            "reference" if reference is None else "hypothesis"
        )
    units, others, between = units_of(reference, hypothesis)
    if by_characters:
        units, others, between = [*reference], [*hypothesis], ""
    line = escape(between).join(
        _piece(edit, between) for edit in align(units[:MOST], others[:MOST], exact=exact)
    )
    if not line:
        return Markup('<span class="none">empty reference, empty hypothesis</span>')
    more = max(len(units), len(others)) > MOST
    rest = Markup(' <span class="none">… and more, not aligned here</span>') if more else Markup()
    return isolated(line, lang) + rest


def _run(units: Sequence[str], between: str, *, whole: bool) -> Markup:
    """The units of one edit; of a long run its beginning, and how many follow."""
    if whole or len(units) <= _RUN:
        return unhidden(between.join(units))
    rest = Markup(' <span class="none">\u2026 {:,} more</span>').format(len(units) - _HEAD)
    return unhidden(between.join(units[:_HEAD])) + rest


def _piece(edit: Edit, between: str) -> Markup:
    reference, hypothesis = (
        _run(units, between, whole=edit.what == "equal") for units in (edit.text, edit.other)
    )
    missed, added = (
        Markup("<del>{}</del>").format(reference),
        Markup("<ins>{}</ins>").format(hypothesis),
    )
    match edit.what:
        case "equal":
            return reference
        case "delete":
            return missed
        case "insert":
            return added
        case _:
            return Markup('<span class="swap">{} {}</span>').format(missed, added)
