"""The characters of each language: how often each occurs, where it first stood, whether it fits."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import polars as pl

from curate.arrays import Bytes, Int64s, Int64Table
from curate.artifacts.columns import BYTE_OFFSET, LANG, LINE, SOURCE
from curate.artifacts.frames import Clips
from curate.artifacts.words import Alphabet, CharacterCount, ScriptCount
from curate.native import kernel
from curate.text.scripts import SCRIPTS, expected_scripts, script_table

SHOWN = 20
OTHER = "(other)"
"""Stands for the languages beyond the largest."""
Lacks = Callable[[str | None, str], bool]
"""Whether a tokenizer has no piece for a character of a language."""
_CODES: Final = 0x110000


class Characters:
    """Counts by language and code point, and where each first stood; added batch by batch, by any
    thread.
    """

    def __init__(self, languages: Sequence[str | None]) -> None:
        self.languages = [*languages, OTHER]
        self._known = {name: at for at, name in enumerate(languages)}
        self._counts: Int64s = np.zeros((len(self.languages), _CODES), np.int64)
        self._first: Int64s = np.zeros_like(self._counts)
        self._lock = Lock()

    def add(self, clips: Clips, source: int) -> None:
        """Count a batch of a source; the order of calls changes nothing."""
        other = len(self.languages) - 1
        codes = [self._known.get(name, other) for name in clips.frame[LANG.name].to_list()]
        places = (clips.frame[BYTE_OFFSET.name].to_numpy() + 1) | (source << 44)
        texts = clips.texts
        with self._lock:
            _count(
                texts.data, texts.start, texts.length, np.array(codes, np.int64), places,
                self._counts, self._first,
            )  # fmt: skip

    def alphabets(self, records: Path, sources: Sequence[str], lacks: Lacks) -> list[Alphabet]:
        """One entry per language that has characters, with ids out of a profile's records."""
        places = _Places(records, sources)
        return [
            _alphabet(name, self._counts[at], self._first[at], places, lacks)
            for at, name in enumerate(self.languages)
            if self._counts[at].any()
        ]


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


def _alphabet(
    name: str | None, counts: Int64s, first: Int64s, places: _Places, lacks: Lacks
) -> Alphabet:
    codes = np.flatnonzero(counts)
    ordered = codes[np.lexsort((codes, -counts[codes]))].tolist()
    scripts = _scripts(ordered, counts)
    main = next(iter(scripts), "")
    own = expected_scripts(name) if name != OTHER else 0
    expected = {code for number, code in enumerate(SCRIPTS) if own >> number & 1} or {main}
    outside = [code for code in ordered if _script(code) not in {*expected, ""}]
    unknown = [code for code in ordered if lacks(name, chr(code))]
    rarest = ordered[::-1][:SHOWN]
    shown = {*ordered[:SHOWN], *rarest, *outside[:SHOWN], *unknown[:SHOWN]}
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
        scripts=tuple(ScriptCount(script=each, letters=count) for each, count in scripts.items()),
        frequent=tuple(map(count_of, ordered[:SHOWN])),
        rarest=tuple(map(count_of, rarest)),
        outside=tuple(map(count_of, outside[:SHOWN])),
        outside_characters=int(counts[outside].sum()),
        unknown=tuple(map(count_of, unknown[:SHOWN])),
        unknown_characters=int(counts[unknown].sum()),
    )


def _script(code: int) -> str:
    """The script of a letter by its ISO 15924 code; empty for what is no letter, or of none.

    >>> _script(ord("a")), _script(ord("\u0431")), _script(ord("!"))
    ('Latn', 'Cyrl', '')
    """
    number = int(script_table()[code])
    return SCRIPTS[number] if number else ""


def _scripts(codes: Sequence[int], counts: Int64s) -> Mapping[str, int]:
    """Letters by script, the largest first."""
    letters: Counter[str] = Counter()
    for code in codes:
        if script := _script(code):
            letters[script] += int(counts[code])
    return dict(sorted(letters.items(), key=lambda item: (-item[1], item[0])))
