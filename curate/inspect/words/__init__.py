"""`curate words`: the characters and words of a profile's texts, language by language.

A second reading of the manifests, on request: characters are counted by a compiled pass over the
bytes, words by Polars, errors by the alignment that the error rate is counted with.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

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
from curate.manifest import read_manifest
from curate.manifest.lines import fingerprint
from curate.metrics.compute.tokens import Tokenizer
from curate.profiles.named import LIBRARIES
from curate.profiles.opened import RECORDS, open_profile, origin_of
from curate.text.normaliser import DEFAULT, Normaliser

LANGUAGES = 32
"""Languages counted apart, the largest by hours; all others count as one."""


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
    for at, entry in enumerate(profile.inputs):
        read = read_manifest(origin_of(entry), partial(counters.add, source=at))
        digests = [part.digest for piece in read for part in piece.parts]
        if fingerprint(digests) != entry.fingerprint:
            what = "has changed since it was profiled"
            raise InputError.of(entry.source, what, "profile it again")
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


class _Counters:
    """All that is counted in one reading."""

    def __init__(self, profile: Profile) -> None:
        self.characters = Characters([each.value for each in profile.strata["lang"]][:LANGUAGES])
        self.tokens = Tokens()
        steps = profile.agreement.normaliser.steps if profile.agreement else DEFAULT
        self.errors = Errors(Normaliser(tuple(steps)))

    def add(self, clips: Clips, source: int) -> pl.DataFrame:
        """Count a batch; called from several threads, and the order of calls changes nothing."""
        self.characters.add(clips, source)
        self.tokens.add(clips.texts)
        self.errors.add(clips)
        return clips.frame.select(LINE.name)
