"""What `curate words --json` answers: the characters and words of a profile's texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from curate.artifacts.base import Artifact, Model, SchemaId
from curate.formatting.notebook import HtmlTable


class CharacterCount(Model):
    """A character, how often it occurs, and the id of the first record that holds it."""

    character: str
    code: str
    name: str
    count: int
    example: str


class Alphabet(Model):
    """The characters of a language's texts, null being no language; `script` is that of most of
    its letters, and `outside` are letters of other scripts.
    """

    lang: str | None
    characters: int
    different: int
    script: str
    frequent: tuple[CharacterCount, ...]
    rarest: tuple[CharacterCount, ...]
    outside: tuple[CharacterCount, ...]
    outside_characters: int


class WordFrequency(Model):
    """A word without case and outer punctuation, and how often it occurs."""

    word: str
    count: int


class Vocabulary(Model):
    """The words of all texts: `tokens` in all, different `words`, those that occur `once`."""

    tokens: int
    words: int
    once: int
    frequent: tuple[WordFrequency, ...]
    longest: tuple[WordFrequency, ...]


class WordCounts(Artifact):
    """Alphabets by language, and the vocabulary."""

    made_by: ClassVar[str] = "curate words"

    schema_id: SchemaId[Literal["curate.words/1"]] = "curate.words/1"
    languages: tuple[Alphabet, ...]
    vocabulary: Vocabulary

    def headline(self) -> str:
        """How many words and languages there are."""
        words = self.vocabulary
        size = f"{words.words:,} words, {words.tokens:,} tokens"
        return f"WordCounts: {size}, {len(self.languages)} languages"

    def html_tables(self) -> Iterator[HtmlTable]:
        """The alphabets, and the most frequent words."""
        head = ("lang", "script", "characters", "different", "outside", "frequent")
        yield HtmlTable(head, [_alphabet_row(each) for each in self.languages])
        words = [(each.word, f"{each.count:,}") for each in self.vocabulary.frequent]
        yield HtmlTable(("word", "count"), words, "Frequent words")


def _alphabet_row(each: Alphabet) -> tuple[str, ...]:
    amounts = (each.characters, each.different, each.outside_characters)
    frequent = "".join(letter.character for letter in each.frequent)
    return (each.lang or "-", each.script, *(f"{amount:,}" for amount in amounts), frequent)
