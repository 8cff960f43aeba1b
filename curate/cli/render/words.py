"""Characters and words, as `curate words` shows them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from curate.artifacts.words import WordCounts
from curate.cli.render.terminal import cell, plain_table


def tables(counted: WordCounts) -> Sequence[Table]:
    """Alphabets, letters that do not belong, and the vocabulary."""
    alphabets = plain_table("alphabets", "lang|script|characters|different|outside|frequent|rarest")
    outside = plain_table("letters outside the main script", "lang|letter|code|name|count|example")
    for each in counted.languages:
        lang = each.lang or "-"
        samples = ["".join(one.character for one in few) for few in (each.frequent, each.rarest)]
        amounts = (each.characters, each.different, each.outside_characters)
        texts = (lang, each.script, *(f"{amount:,}" for amount in amounts), *samples)
        alphabets.add_row(*map(cell, texts))
        for letter in each.outside:
            values = (letter.character, letter.code, letter.name, letter.count, letter.example)
            outside.add_row(*map(cell, (lang, *values)))
    known = counted.vocabulary
    title = f"{known.words:,} words, {known.once:,} of them once, {known.tokens:,} tokens"
    words = plain_table(title, "frequent|count|longest|count")
    for one, two in zip(known.frequent, known.longest, strict=True):
        words.add_row(*map(cell, (one.word, one.count, two.word, two.count)))
    return [alphabets, outside, words]
