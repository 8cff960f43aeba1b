"""Characters and words, as `curate words` shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table

from curate.artifacts.words import CharacterCount, WordCounts, WordErrors
from curate.cli.render.terminal import cell, plain_table
from curate.formatting.units import percent, plural

_LETTER = "lang|letter|code|name|count|example"


def tables(counted: WordCounts) -> Sequence[Table]:
    """Alphabets, letters that do not belong, the vocabulary, and its errors."""
    outside = {each.lang: each.outside for each in counted.languages}
    unknown = {each.lang: each.unknown for each in counted.languages}
    return [
        _alphabets(counted),
        _characters("letters of other scripts", outside.items()),
        _characters("characters that the tokenizer has no piece for", unknown.items()),
        _vocabulary(counted),
        *_errors(counted),
        *_compared(counted),
    ]


def _alphabets(counted: WordCounts) -> Table:
    table = plain_table("alphabets", "lang|script|characters|different|outside|frequent|rarest")
    for each in counted.languages:
        samples = ["".join(one.character for one in few) for few in (each.frequent, each.rarest)]
        amounts = (each.characters, each.different, each.outside_characters)
        texts = (each.lang or "-", each.script, *(f"{amount:,}" for amount in amounts), *samples)
        table.add_row(*map(cell, texts))
    return table


def _characters(
    title: str, languages: Iterable[tuple[str | None, Sequence[CharacterCount]]]
) -> Table:
    table = plain_table(title, _LETTER)
    for lang, characters in languages:
        for each in characters:
            values = (each.character, each.code, each.name, each.count, each.example)
            table.add_row(*map(cell, (lang or "-", *values)))
    return table


def _vocabulary(counted: WordCounts) -> Table:
    known = counted.vocabulary
    title = f"{plural(known.words, 'word')}, {known.once:,} of them once, {known.tokens:,} tokens"
    words = plain_table(title, "frequent|count|longest|count")
    for one, two in zip(known.frequent, known.longest, strict=True):
        words.add_row(*map(cell, (one.word, one.count, two.word, two.count)))
    return words


def _errors(counted: WordCounts) -> Iterator[Table]:
    errors = counted.errors
    if errors is None:
        return
    share = percent(errors.wrong / errors.words if errors.words else None)
    title = f"pred_text: {errors.wrong:,} of {plural(errors.words, 'word')} wrong ({share})"
    yield _wrong(f"{title}; most often", errors.most)
    yield _wrong(
        f"highest share, of words that occur at least {errors.at_least} times", errors.worst
    )


def _compared(counted: WordCounts) -> Iterator[Table]:
    compared = counted.compared
    if compared is None:
        return
    for title, pairs in (
        ("wrong more often than in", compared.worse),
        ("wrong less often than in", compared.better),
    ):
        table = plain_table(f"{title} {compared.other}", "word|wrong|of|there wrong|of")
        for each in pairs:
            other = each.other_wrong, each.other_count
            table.add_row(*map(cell, (each.word, each.wrong, each.count, *other)))
        yield table


def _wrong(title: str, words: Sequence[WordErrors]) -> Table:
    table = plain_table(title, "word|count|wrong|share")
    for each in words:
        table.add_row(*map(cell, (each.word, each.count, each.wrong, percent(each.share))))
    return table
