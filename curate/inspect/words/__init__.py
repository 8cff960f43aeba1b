"""`curate words`: the characters and words of a profile's texts, language by language.

A second reading of the manifests, on request: characters are counted by a compiled pass over the
bytes, words by Polars, errors by the alignment that the error rate is counted with.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

import polars as pl

from curate.artifacts.columns import LINE
from curate.artifacts.frames import Clips
from curate.artifacts.profile import Profile
from curate.artifacts.words import WordCounts
from curate.environment.versions import versions
from curate.errors import InputError
from curate.inspect.words.alphabets import Characters
from curate.inspect.words.tokenizer import lacking_of, unknown_tokens
from curate.inspect.words.vocabulary import Tokens, vocabulary, words_of
from curate.inspect.words.word_errors import Errors, totals
from curate.inspect.words.word_rows import WordRows
from curate.inspect.words.written import written_forms
from curate.manifest.lines import fingerprint
from curate.manifest.read import read_manifest
from curate.metrics.compute.tokens import Tokenizer
from curate.profiles.named import LIBRARIES
from curate.profiles.opened import RECORDS, open_profile, origin_of
from curate.text.normaliser import DEFAULT, Normaliser

LANGUAGES = 32
"""Languages counted apart, the largest by hours; all others count as one."""


class Add(Protocol):
    """Counts a batch of an input; called from several threads."""

    def __call__(self, clips: Clips, source: int) -> pl.DataFrame:
        """A row for each of the batch."""


class Counted(NamedTuple):
    """The artifact, and all words: `word` and `count`; `word`, `count` and `wrong` of predicted."""

    artifact: WordCounts
    words: pl.DataFrame
    word_errors: pl.DataFrame


def count_words(folder: Path, tokenizer: Tokenizer | None = None, command: str = "") -> Counted:
    """Alphabets by language with an example of each character, the vocabulary, and its errors.

    Raises InputError where a manifest is not the one that was profiled.
    """
    profile = open_profile(folder)
    counters = _Counters(profile)
    _read(profile, counters.add)
    tokens = counters.tokens.counted()
    words = words_of(tokens)
    sources = [entry.source for entry in profile.inputs]
    lacks = lacking_of(tokenizer)
    made = WordCounts(
        command=command,
        versions=versions(LIBRARIES),
        profile=str(folder),
        languages=tuple(counters.characters.alphabets(folder / RECORDS, sources, lacks)),
        vocabulary=vocabulary(words),
        errors=totals(counters.errors),
    )
    if tokenizer is not None:
        unknown = unknown_tokens(tokenizer, tokens, made.languages)
        made = made.model_copy(update={"tokenizer": unknown})
    return Counted(made, words, counters.errors.counted())


def tabulate_words(profile: Profile, on_read: Callable[[int], None]) -> pl.DataFrame:
    """Every word of a profile's texts: `word`, its `count`, the `rows` that hold it, and of texts
    that have a `pred_text` how often it is `predicted` and `wrong` (see `with_errors`).

    Counts are those of `count_words`; `predicted_2` and `wrong_2` are those of `pred_text_2`.
    `on_read` is called with the rows read so far; what it raises ends the reading. InputError where
    a manifest is not the one that was profiled.
    """
    normaliser = normaliser_of(profile)
    words, errors, second = WordRows(), Errors(normaliser), Errors(normaliser)
    rows, lock = 0, Lock()

    def add(clips: Clips, source: int) -> pl.DataFrame:
        nonlocal rows
        words.add(clips.texts)
        errors.add(clips, clips.predicted)
        second.add(clips, clips.predicted_2)
        with lock:
            rows += clips.frame.height
            on_read(rows)
        return clips.frame.select(LINE.name)

    _read(profile, add)
    return with_errors(words.counted(), errors, second)


def with_errors(words: pl.DataFrame, errors: Errors, second: Errors) -> pl.DataFrame:
    """Words with `count` and `rows`, and how often each is `predicted` and `wrong`, `predicted_2`
    and `wrong_2`: null of words that no text with such a prediction has.

    Words that only the normaliser writes so have no `count` and `rows`; `written` is what a text
    has for such a word most often, null where it makes one of several words, or several of one.
    """
    table = words
    for counted, suffix in ((errors, ""), (second, "_2")):
        wrong = counted.counted().rename({"count": f"predicted{suffix}", "wrong": f"wrong{suffix}"})
        table = table.join(wrong, on="word", how="full", coalesce=True)
    normalised = table.filter(pl.col("count").is_null())["word"]
    return table.join(written_forms(words, normalised, errors.normaliser), on="word", how="left")


def normaliser_of(profile: Profile) -> Normaliser:
    """The normaliser by which a profile counted errors, or the default one."""
    return Normaliser(tuple(profile.agreement.normaliser.steps if profile.agreement else DEFAULT))


def _read(profile: Profile, add: Add) -> None:
    """Call `add` with each batch and the number of its input, from several threads."""
    for at, entry in enumerate(profile.inputs):
        read = read_manifest(origin_of(entry), partial(add, source=at))
        digests = [part.digest for piece in read for part in piece.parts]
        if fingerprint(digests) != entry.fingerprint:
            what = "has changed since it was profiled"
            raise InputError.of(entry.source, what, "profile it again")


class _Counters:
    """All that is counted in one reading."""

    def __init__(self, profile: Profile) -> None:
        self.characters = Characters([each.value for each in profile.strata["lang"]][:LANGUAGES])
        self.tokens = Tokens()
        self.errors = Errors(normaliser_of(profile))

    def add(self, clips: Clips, source: int) -> pl.DataFrame:
        """Count a batch; called from several threads, and the order of calls changes nothing."""
        self.characters.add(clips, source)
        self.tokens.add(clips.texts)
        self.errors.add(clips, clips.predicted)
        return clips.frame.select(LINE.name)
