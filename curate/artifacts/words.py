"""words.json: the characters and words of a profile's texts, as `curate words` counts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, Normaliser, OptionalKey, SchemaId
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import percent, plural


class CharacterCount(Model):
    """A character, how often it occurs, and the id of the first record that holds it."""

    character: str
    code: str
    name: str
    count: int
    example: str


class ScriptCount(Model):
    """How many letters are of a script (ISO 15924)."""

    script: str
    letters: int


class Alphabet(Model):
    """The characters of a language's texts, null being no language; `script` is that of most of
    its letters, `scripts` has all. `outside` are letters of scripts that the language is not
    written in (of other scripts than `script`, where the language is not known); `unknown` are
    characters that the tokenizer has no piece for.
    """

    lang: str | None
    characters: int
    different: int
    script: str
    scripts: tuple[ScriptCount, ...]
    frequent: tuple[CharacterCount, ...]
    rarest: tuple[CharacterCount, ...]
    outside: tuple[CharacterCount, ...]
    outside_characters: int
    unknown: tuple[CharacterCount, ...]
    unknown_characters: int


class WordFrequency(Model):
    """A word without case and outer punctuation, and how often it occurs."""

    word: str
    count: int


class Coverage(Model):
    """So many of the commonest words make up this share of all tokens."""

    share: float
    words: int


class Vocabulary(Model):
    """The words of all texts: `tokens` in all, different `words`, those that occur `once`, and
    of these at most 200 `hapaxes` at even distances in the order of their letters.
    """

    tokens: int
    words: int
    once: int
    covering: tuple[Coverage, ...]
    frequent: tuple[WordFrequency, ...]
    longest: tuple[WordFrequency, ...]
    hapaxes: tuple[str, ...] = ()


class WordErrors(Model):
    """A word after the normaliser, how often it occurs in texts that have a `pred_text`, and how
    often `pred_text` misses or replaces it.
    """

    word: str
    count: int
    wrong: int

    @property
    def share(self) -> float:
        """Wrong ones of all."""
        return self.wrong / self.count


class WordErrorTotals(Model):
    """Words that `pred_text` has wrong: `most` by number, `worst` by share, of words that occur
    `at_least` so often. Words that `pred_text` adds are not counted.
    """

    normaliser: Normaliser
    rows: int
    words: int
    wrong: int
    at_least: int
    most: tuple[WordErrors, ...]
    worst: tuple[WordErrors, ...]


class WordErrorPair(Model):
    """A word that two models were to recognise: how often each has it wrong."""

    word: str
    count: int
    wrong: int
    other_count: int
    other_wrong: int

    @property
    def shares(self) -> tuple[float, float]:
        """Wrong ones of all, of both."""
        return self.wrong / self.count, self.other_wrong / self.other_count


class WordErrorsCompared(Model):
    """Words of these predictions beside those of `other`, which occur `at_least` so often in both:
    `worse` are wrong more often here, `better` less often, by how many more or fewer.
    """

    other: str
    other_words: int
    other_wrong: int
    at_least: int
    compared: int
    worse: tuple[WordErrorPair, ...]
    better: tuple[WordErrorPair, ...]


class UnknownToTokenizer(Model):
    """What a tokenizer has no piece for: characters, and tokens between blanks that hold one.

    `name` is a digest of the tokenizer, `served` the languages that it has a model for.
    """

    name: str
    served: tuple[str | None, ...]
    characters: int
    tokens: int
    words: tuple[WordFrequency, ...]


class WordCounts(CommandArtifact):
    """words.json: alphabets by language, and the vocabulary. `errors` is null where no row has a
    `pred_text`; `tokenizer` is there where one was named, `compared` where other predictions were.
    """

    file: ClassVar[str] = "words.json"
    made_by: ClassVar[str] = "curate words"

    schema_id: SchemaId[Literal["curate.words/2"]] = "curate.words/2"
    profile: str
    languages: tuple[Alphabet, ...]
    vocabulary: Vocabulary
    errors: WordErrorTotals | None
    tokenizer: OptionalKey[UnknownToTokenizer] = None
    compared: OptionalKey[WordErrorsCompared] = None

    def headline(self) -> str:
        """How many words and languages there are."""
        words = self.vocabulary
        size = f"{plural(words.words, 'word')}, {plural(words.tokens, 'token')}"
        return f"WordCounts: {size}, {plural(len(self.languages), 'language')}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """The alphabets, the most frequent words, and those that predictions have wrong."""
        head = ("lang", "script", "characters", "different", "outside", "frequent")
        yield HtmlTable(head, [_alphabet_row(each) for each in self.languages])
        words = [(each.word, f"{each.count:,}") for each in self.vocabulary.frequent]
        yield HtmlTable(("word", "count"), words, "Frequent words")
        wrong = [
            (each.word, f"{each.count:,}", f"{each.wrong:,}", percent(each.share))
            for each in (self.errors.most if self.errors else ())
        ]
        yield HtmlTable(("word", "count", "wrong", "share"), wrong, "Words most often wrong")


def _alphabet_row(each: Alphabet) -> tuple[str, ...]:
    amounts = (each.characters, each.different, each.outside_characters)
    frequent = "".join(letter.character for letter in each.frequent)
    return (each.lang or "-", each.script, *(f"{amount:,}" for amount in amounts), frequent)
