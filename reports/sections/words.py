"""The characters and words of texts, what a tokenizer lacks, and the words that are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from curate.artifacts.words import (
    CharacterCount,
    Vocabulary,
    WordCounts,
    WordErrorPair,
    WordErrors,
    WordFrequency,
)
from reports.charts import drawn
from reports.charts.drawn import Figure
from reports.format import count, percent, plural, share
from reports.sections.declare import joined, titled
from reports.tables import Column, Table, name
from reports.transcripts import marked

_UNDECLARED = "(none)"


def amounts(words: WordCounts) -> Markup | None:
    """How many words there are, how few of them make up most of the texts, and their errors."""
    return drawn.figures(list(_figures(words)))


def _figures(words: WordCounts) -> Iterator[Figure]:
    known, errors, lacking = words.vocabulary, words.errors, words.tokenizer
    yield Figure("tokens", count(known.tokens), "between blanks")
    yield Figure("words", count(known.words), "without case and outer punctuation")
    once = f"{percent(share(known.once, known.words))} of the words"
    yield Figure("words that occur once", count(known.once), once)
    for each in known.covering:
        yield Figure(f"words in {percent(each.share, 0)} of the tokens", count(each.words))
    if lacking:
        held = f"in {plural(lacking.tokens, 'token')}"
        yield Figure("characters without a piece", count(lacking.characters), held)
    if errors:
        over = f"of {plural(errors.words, 'word')}, additions aside"
        yield Figure(
            "words that pred_text has wrong", percent(share(errors.wrong, errors.words)), over
        )


def alphabets(words: WordCounts) -> Markup | None:
    """A row for each language."""
    columns = (
        *(Column("lang"), Column("characters", "count"), Column("different", "count")),
        *(Column("letters by script"), Column("of other scripts", "count")),
        *(Column("most frequent"), Column("rarest")),
    )
    rows = [
        (
            each.lang or _UNDECLARED,
            *(each.characters, each.different),
            ", ".join(f"{one.script} {count(one.letters)}" for one in each.scripts) or "none",
            each.outside_characters,
            *(_row_of(each.frequent), _row_of(each.rarest)),
        )
        for each in words.languages
    ]
    return Table("Alphabets", columns, rows).render() if rows else None


def _row_of(characters: Sequence[CharacterCount]) -> str:
    return " ".join(each.character for each in characters if each.character.strip())


def outside(words: WordCounts) -> Markup | None:
    """Letters of scripts that the language is not written in, each with a record."""
    return _characters("Letters", [(each.lang, each.outside) for each in words.languages])


def unknown(words: WordCounts) -> Markup | None:
    """Characters and tokens that the tokenizer turns into <unk>."""
    if words.tokenizer is None:
        return None
    lacking = [(each.lang, each.unknown) for each in words.languages]
    if not words.tokenizer.characters:
        return Markup('<p class="note">Every character has a piece.</p>')
    holding = titled("Tokens that hold one", _frequent("Tokens", words.tokenizer.words))
    return joined(_characters("Characters", lacking), holding)


def _characters(
    label: str, languages: Sequence[tuple[str | None, Sequence[CharacterCount]]]
) -> Markup | None:
    columns = (
        *(Column("lang"), Column("character"), Column("code point", "name"), Column("name")),
        *(Column("count", "count"), Column("first record", "name")),
    )
    rows = [
        (lang or _UNDECLARED, each.character, each.code, each.name, each.count, each.example)
        for lang, characters in languages
        for each in characters
    ]
    return Table(label, columns, rows).render() if rows else None


def frequent(words: WordCounts) -> Markup | None:
    """The commonest words, the longest, and of those that occur once."""
    known = words.vocabulary
    return joined(
        titled("Most frequent", _frequent("Words", known.frequent)),
        titled("Longest", _frequent("Longest words", known.longest)),
        titled(_once_title(known), _listed(known.hapaxes)),
    )


def _once_title(known: Vocabulary) -> str:
    some = f" ({count(len(known.hapaxes))} of {count(known.once)})"
    return f"Occur once{some if len(known.hapaxes) < known.once else ''}"


def _listed(words: Sequence[str]) -> Markup | None:
    """Words in one paragraph; a word may begin a new line, and what it hides is marked."""
    if not words:
        return None
    return Markup('<p class="listed">{}</p>').format(Markup(" · ").join(map(marked, words)))


def _frequent(label: str, words: Sequence[WordFrequency]) -> Markup | None:
    top = max((each.count for each in words), default=0)
    columns = (
        Column("word", "drawn"),
        Column("count", "count"),
        Column(f"0 to {count(top)}", "drawn"),
    )
    rows = [(marked(each.word), each.count, drawn.bar(each.count, top)) for each in words]
    return Table(label, columns, rows).render() if rows else None


def errors(words: WordCounts) -> Markup | None:
    """The words that `pred_text` misses or replaces: most often, and in the largest share."""
    if words.errors is None:
        return None
    least = (
        f"In the largest share, of words that occur at least {count(words.errors.at_least)} times"
    )
    return joined(
        titled("Most often", _wrong("Words most often wrong", words.errors.most)),
        titled(least, _wrong("Words wrong in the largest share", words.errors.worst)),
    )


def compared(words: WordCounts) -> Markup | None:
    """Words that two models have wrong, side by side."""
    both = words.compared
    if both is None or words.errors is None:
        return None
    shares = (
        share(words.errors.wrong, words.errors.words),
        share(both.other_wrong, both.other_words),
    )
    sentence = Markup("<p>A, these predictions, has {} of its words wrong; B, {}, has {}.</p>")
    here, there = map(percent, shares)
    return joined(
        sentence.format(here, name(both.other), there),
        titled("A has them wrong more often", _pairs("Worse in A", both.worse)),
        titled("B has them wrong more often", _pairs("Worse in B", both.better)),
    )


def _pairs(label: str, pairs: Sequence[WordErrorPair]) -> Markup | None:
    columns = (
        *(Column("word", "drawn"), Column("A wrong", "count"), Column("of", "count")),
        *(Column("A share", "percent"), Column("A, 0 to 100 %", "drawn")),
        *(Column("B wrong", "count"), Column("of", "count")),
        *(Column("B share", "percent"), Column("B, 0 to 100 %", "drawn")),
    )
    rows = [
        (
            *(marked(each.word), each.wrong, each.count, here, drawn.bar(here, 1.0)),
            *(each.other_wrong, each.other_count, there, drawn.bar(there, 1.0)),
        )
        for each in pairs
        for here, there in [each.shares]
    ]
    return Table(label, columns, rows).render() if rows else None


def _wrong(label: str, words: Sequence[WordErrors]) -> Markup | None:
    columns = (
        *(Column("word", "drawn"), Column("count", "count"), Column("wrong", "count")),
        *(Column("share", "percent"), Column("0 to 100 %", "drawn")),
    )
    rows = [
        (marked(each.word), each.count, each.wrong, each.share, drawn.bar(each.share, 1.0))
        for each in words
    ]
    return Table(label, columns, rows).render() if rows else None
