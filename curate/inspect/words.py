"""`curate words`: the characters and words of a profile's texts, language by language.

A second reading of the manifests, on request: characters are counted by a compiled pass
over the bytes, words by Polars.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import polars as pl

from curate.arrays import Bytes, Int64s, Int64Table
from curate.artifacts.columns import BYTE_OFFSET, LANG, LINE, SOURCE
from curate.artifacts.frames import Clips, Spans
from curate.artifacts.words import (
    Alphabet,
    CharacterCount,
    Vocabulary,
    WordCounts,
    WordFrequency,
)
from curate.errors import InputError
from curate.manifest import read_manifest
from curate.manifest.lines import fingerprint
from curate.native import kernel
from curate.profiles.opened import open_profile, origin_of

SHOWN = 20
LANGUAGES = 32
"""Languages counted apart, the largest by hours; all others count as one."""
_CODES: Final = 0x110000
_PUNCTUATION = "".join(
    char for char in map(chr, range(0x3100)) if unicodedata.category(char)[0] in "PS"
)


def count_words(folder: Path) -> WordCounts:
    """Alphabets by language with an example of each character, and the vocabulary.

    Raises InputError where a manifest is not the one that was profiled.
    """
    profile = open_profile(folder)
    languages = [each.value for each in profile.strata["lang"]][:LANGUAGES]
    counted = _Counted(languages)
    for at, entry in enumerate(profile.inputs):
        count = partial(counted.add, source=at)
        read = read_manifest(origin_of(entry), count)
        digests = [part.digest for piece in read for part in piece.parts]
        if fingerprint(digests) != entry.fingerprint:
            raise InputError.of(
                entry.source, "has changed since it was profiled", "profile it again"
            )
    sources = [entry.source for entry in profile.inputs]
    return WordCounts(
        languages=tuple(counted.alphabets(_Places(folder / "records.parquet", sources))),
        vocabulary=_vocabulary(counted.vocabulary()),
    )


class _Counted:
    """Counts per language and code point, where each first stood, and tokens."""

    def __init__(self, languages: Sequence[str | None]) -> None:
        self.languages = [*languages, "(other)"]
        self.counts: Int64s = np.zeros((len(self.languages), _CODES), np.int64)
        self.first: Int64s = np.zeros_like(self.counts)
        self.tokens: list[pl.DataFrame] = []
        self.lock = Lock()

    def add(self, clips: Clips, source: int) -> pl.DataFrame:
        """Count a batch; called from several threads, and the order of calls changes nothing."""
        known = {name: at for at, name in enumerate(self.languages)}
        other = len(self.languages) - 1
        codes = [known.get(name, other) for name in clips.frame[LANG.name].to_list()]
        places = (clips.frame[BYTE_OFFSET.name].to_numpy() + 1) | (source << 44)
        texts = clips.texts
        tokens = _tokens(texts)
        with self.lock:
            _count(
                texts.data, texts.start, texts.length, np.array(codes, np.int64), places,
                self.counts, self.first,
            )  # fmt: skip
            self.tokens.append(tokens)
            if len(self.tokens) >= LANGUAGES:
                self.tokens = [_added(self.tokens)]
        return clips.frame.select(LINE.name)

    def vocabulary(self) -> pl.DataFrame:
        """Words without case and outer punctuation, commonest first."""
        bare = pl.col("token").str.to_lowercase().str.strip_chars(_PUNCTUATION).alias("token")
        words = _added([_added(self.tokens).with_columns(bare)]).filter(pl.col("token") != "")
        return words.sort(["count", "token"], descending=[True, False])

    def alphabets(self, places: _Places) -> list[Alphabet]:
        """One entry per language that has characters."""
        return [
            _alphabet(name, self.counts[at], self.first[at], places)
            for at, name in enumerate(self.languages)
            if self.counts[at].any()
        ]


def _tokens(texts: Spans) -> pl.DataFrame:
    decoded = pl.Series("token", [texts.decode(row) for row in range(texts.start.size)], pl.String)
    split = decoded.str.extract_all(r"\S+").explode(empty_as_null=False).to_frame()
    return split.group_by("token").agg(pl.len().cast(pl.Int64).alias("count"))


def _added(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    empty = pl.DataFrame(schema={"token": pl.String, "count": pl.Int64})
    return pl.concat([empty, *parts]).group_by("token").agg(pl.col("count").sum())


@kernel("vocabulary")
def _count(
    data: Bytes,
    start: Int64s,
    length: Int64s,
    language: Int64s,
    place: Int64s,
    counts: Int64Table,
    first: Int64Table,
) -> None:
    """Count code points of valid UTF-8, and keep the smallest place of each."""
    raise NotImplementedError


class _Places:
    """From where a character first stood to the id of its record."""

    def __init__(self, records: Path, sources: Sequence[str]) -> None:
        self.records, self.sources = records, sources

    def ids(self, packed: Sequence[int]) -> Mapping[int, str]:
        """Ids by packed place."""
        unpacked = [(self.sources[each >> 44], (each & ((1 << 44) - 1)) - 1) for each in packed]
        keys = pl.DataFrame(
            {
                SOURCE.name: [one for one, _ in unpacked],
                BYTE_OFFSET.name: [two for _, two in unpacked],
            },
            schema={SOURCE.name: pl.String, BYTE_OFFSET.name: pl.Int64},
        )
        lines = (
            pl.scan_parquet(self.records)
            .select(SOURCE.name, BYTE_OFFSET.name, LINE.name)
            .join(keys.unique().lazy(), on=[SOURCE.name, BYTE_OFFSET.name], how="semi")
            .collect()
        )
        id_of = {(source, at): f"{source}:{line}" for source, at, line in lines.rows()}
        return {each: id_of[key] for each, key in zip(packed, unpacked, strict=True)}


def _alphabet(name: str | None, counts: Int64s, first: Int64s, places: _Places) -> Alphabet:
    codes = np.flatnonzero(counts)
    ordered = codes[np.lexsort((codes, -counts[codes]))].tolist()
    main = _main_script(ordered, counts)
    outside = [code for code in ordered if _script(code) not in {main, ""}]
    rarest = ordered[::-1][:SHOWN]
    shown = {*ordered[:SHOWN], *rarest, *outside[:SHOWN]}
    ids = places.ids([int(first[code]) for code in shown])

    def count_of(code: int) -> CharacterCount:
        return CharacterCount(
            character=chr(code),
            code=f"U+{code:04X}",
            name=unicodedata.name(chr(code), ""),
            count=int(counts[code]),
            example=ids[int(first[code])],
        )

    return Alphabet(
        lang=name,
        characters=int(counts.sum()),
        different=len(ordered),
        script=main,
        frequent=tuple(map(count_of, ordered[:SHOWN])),
        rarest=tuple(map(count_of, rarest)),
        outside=tuple(map(count_of, outside[:SHOWN])),
        outside_characters=int(counts[outside].sum()),
    )


def _script(code: int) -> str:
    """The script of a letter, by the first word of its Unicode name; empty for what is no letter.

    >>> _script(ord("a")), _script(ord("б")), _script(ord("!"))
    ('LATIN', 'CYRILLIC', '')
    """
    char = chr(code)
    if unicodedata.category(char)[0] != "L":
        return ""
    return unicodedata.name(char, "").split(" ")[0].split("-")[0]


def _main_script(codes: Sequence[int], counts: Int64s) -> str:
    scripts: Counter[str] = Counter()
    for code in codes:
        if script := _script(code):
            scripts[script] += int(counts[code])
    return min(scripts, key=lambda name: (-scripts[name], name), default="")


def _vocabulary(words: pl.DataFrame) -> Vocabulary:
    longest = words.sort(pl.col("token").str.len_chars(), "token", descending=[True, False]).head(
        SHOWN
    )
    return Vocabulary(
        tokens=int(words["count"].sum()),
        words=words.height,
        once=int((words["count"] == 1).sum()),
        frequent=_frequencies(words.head(SHOWN)),
        longest=_frequencies(longest),
    )


def _frequencies(words: pl.DataFrame) -> tuple[WordFrequency, ...]:
    return tuple(WordFrequency(word=word, count=count) for word, count in words.rows())
