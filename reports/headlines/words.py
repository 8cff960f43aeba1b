"""The headline of counted words: how many there are, and what does not belong."""

from __future__ import annotations

from curate.artifacts.words import WordCounts
from reports.format import count, percent, plural, share
from reports.headlines.declare import Alert, Headline, line, made

_MANY_UNKNOWN = 0.001
"""Share of characters without a piece from which on training suffers: one in a thousand."""


def words_headline(words: WordCounts) -> Headline:
    """Size of the vocabulary; alerts on letters of other scripts and on what a tokenizer lacks."""
    known = words.vocabulary
    alerts = [Alert("warning", text) for text in words.warnings]
    strange = sum(each.outside_characters for each in words.languages)
    if strange:
        what = f"{plural(strange, 'letter')} of scripts that the language is not written in."
        alerts.append(Alert("note", what))
    if words.tokenizer and words.tokenizer.characters:
        lacking, total = (
            words.tokenizer.characters,
            sum(each.characters for each in words.languages),
        )
        rate = share(lacking, total) or 0.0
        what = (
            f"{plural(lacking, 'character')} without a piece in the tokenizer ({percent(rate, 2)})."
        )
        alerts.append(Alert("warning" if rate >= _MANY_UNKNOWN else "note", what))
    sentence = line(
        "<b>{}</b> in {} and {}; {} occur once.",
        plural(known.words, "word"),
        plural(known.tokens, "token"),
        plural(len(words.languages), "language"),
        count(known.once),
    )
    return made(sentence, alerts, "Every letter is of a script that its language is written in.")
