"""A batch of records, and all that its metrics are computed from.

Each property is computed once, when the first metric reads it: a group that is not measured costs
nothing. Arrays have one value a row.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Bytes, Int64s
from curate.artifacts.alike import alike
from curate.artifacts.columns import LANG
from curate.artifacts.frames import Clips, Languages
from curate.environment.cached import cached_property
from curate.metrics.compute.language import language
from curate.metrics.compute.near_duplicates import near_keys
from curate.metrics.compute.phrases import phrase_metrics, remark_metrics
from curate.metrics.compute.tokens import tokens
from curate.metrics.declare import INTEGER, Counts, share
from curate.text import byte_sets, kernel, ngrams, remarks
from curate.text.damage import damaged_chars
from curate.text.markup import markup_chars
from curate.text.numerals import writing
from curate.text.scripts import SCRIPTS, expected_scripts
from curate.text.words import count_codes

if TYPE_CHECKING:
    from curate.metrics.measure import Settings

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

_SCRIPTS: Final = pl.Series(SCRIPTS, dtype=pl.String)


Column = TypeVar("Column")


class TextCounts(NamedTuple, Generic[Column]):
    """What the text kernel counts of each text, in its order; -1 is not applicable."""

    chars: Column
    chars_nospace: Column
    letters: Column
    words: Column
    longest_token: Column
    second_token: Column
    word_len: Column
    word_run: Column
    phrase_run: Column
    repetitions: Column
    loop_tokens: Column
    char_run: Column
    distinct: Column
    digits: Column
    uppers: Column
    cased: Column
    has_punctuation: Column
    hidden_chars: Column
    script: Column
    foreign: Column


assert len(TextCounts._fields) == kernel.N_COUNTS


@dataclass(frozen=True)
class Batch:
    """Records and the settings they are measured by."""

    clips: Clips
    settings: Settings

    @property
    def duration_s(self) -> pl.Series:
        """Seconds; null for malformed rows."""
        return self.clips.frame["duration_s"]

    @property
    def lang(self) -> pl.Series:
        """The declared language; null where none is."""
        return self.clips.frame[LANG.name]

    @cached_property
    def languages(self) -> Languages:
        """The declared languages of the rows."""
        return self.clips.languages or Languages.declared(self.lang)

    @cached_property
    def _scanned(self) -> tuple[Counts, Keys]:
        texts, languages = self.clips.texts, self.languages
        expected = languages.values(expected_scripts, np.uint64)
        digits = languages.values(writing, np.uint8)
        counts, keys = kernel.measure_spans(texts.data, texts.start, texts.length, expected, digits)
        return counts, keys

    @cached_property
    def counts(self) -> TextCounts[Counts]:
        """The counts of the text kernel."""
        return TextCounts._make(self._scanned[0])

    @cached_property
    def columns(self) -> TextCounts[pl.Series]:
        """The same as columns, all of one array: each by itself would take ten times as long."""
        counts = self._scanned[0]
        rows, whole = counts.shape[1], pl.Series(counts.reshape(-1))
        return TextCounts._make(whole.slice(at * rows, rows) for at in range(len(counts)))

    @property
    def text_key(self) -> Keys:
        """Hash of each verbatim text."""
        hashes: Keys = self._scanned[1][kernel.TEXT_HASH]
        return hashes

    @property
    def normal_key(self) -> Keys:
        """Hash of each normalised text."""
        hashes: Keys = self._scanned[1][kernel.NORMAL_HASH]
        return hashes

    @property
    def script(self) -> pl.Series:
        """The script of most of the letters."""
        script = self.counts.script
        if script.size and (script == script[0]).all():
            return alike(SCRIPTS[script[0]], script.size, pl.String())
        return _SCRIPTS[script]

    @cached_property
    def spaceless(self) -> Rows:
        """Whether the text is in a script that writes no spaces between words."""
        rows: Rows = self.counts.word_len == kernel.NOT_APPLICABLE
        return rows

    @cached_property
    def _has_spaceless(self) -> bool:
        return bool(self.spaceless.any())

    @property
    def tokens(self) -> Counts:
        """Tokens that loops are counted in: words, characters where no spaces are written."""
        words = self.counts.words
        if not self._has_spaceless:
            return words
        return np.where(self.spaceless, self.counts.chars_nospace, words)

    @property
    def word_len(self) -> pl.Series:
        """Characters of the longest word; null for scripts without spaces."""
        lengths = self.columns.word_len
        return lengths.set(pl.Series(self.spaceless), None) if self._has_spaceless else lengths

    @property
    def second_longest_ratio(self) -> pl.Series:
        """(longest token - second longest) / second longest."""
        longest, second = self.counts.longest_token, self.counts.second_token
        if self._has_spaceless:
            second = np.where(self.spaceless, 0, second)
        return share(longest - second, second)

    def per_second(self, counts: pl.Series) -> pl.Series:
        """Counts over duration."""
        return counts / self.duration_s

    def flags(self, rows: Rows | None) -> pl.Series:
        """1 for these rows, else 0; None is no row."""
        return self._zeros if rows is None else pl.Series(rows.astype(np.int32))

    @property
    def _zeros(self) -> pl.Series:
        return alike(0, self.clips.frame.height, INTEGER)

    def _placed(self, rows: Places, counts: Counts) -> pl.Series:
        """The counts of these rows, and 0 for the others."""
        if not counts.any():
            return self._zeros
        placed = np.zeros(self.clips.frame.height, np.int32)
        placed[rows] = counts
        return pl.Series(placed)

    @cached_property
    def _byte_sets(self) -> tuple[Places, Bytes]:
        """The texts that have a byte of any set, and of which."""
        texts = self.clips.texts
        sets = byte_sets.byte_sets(texts.data, texts.start, texts.length)
        rows = np.flatnonzero(sets != 0)
        return rows, sets[rows]

    def _with_bytes(self, of: int) -> tuple[Places, Int64s, Int64s]:
        """The texts that have a byte of a set, and where they begin and how long they are."""
        texts, (rows, sets) = self.clips.texts, self._byte_sets
        rows = rows[(sets & of) != 0]
        return rows, texts.start[rows], texts.length[rows]

    @cached_property
    def _marked_up(self) -> tuple[Places, Counts]:
        """Texts that may have markup, and how many characters of it."""
        rows, start, length = self._with_bytes(byte_sets.MARKUP)
        return rows, markup_chars(self.clips.texts.data, start, length)

    @property
    def markup(self) -> pl.Series:
        """Characters of markup."""
        return self._placed(*self._marked_up)

    @property
    def damaged(self) -> pl.Series:
        """Characters that a wrong encoding left."""
        rows, start, length = self._with_bytes(byte_sets.DAMAGE)
        return self._placed(rows, damaged_chars(self.clips.texts.data, start, length))

    @cached_property
    def remarks(self) -> Mapping[str, pl.Series]:
        """The metrics of remarks, by name."""
        rows, start, length = self._with_bytes(byte_sets.REMARKS)
        enclosed = rows[remarks.rows(self.clips.texts.data, start, length)]
        # Brackets around all letters are more than they are.
        marked_up, chars = self._marked_up
        mostly = marked_up[chars > self.counts.letters[marked_up]]
        rows = np.union1d(enclosed, mostly) if mostly.size else enclosed
        return remark_metrics(self.clips.texts, rows, self.settings.phrases)

    @cached_property
    def phrases(self) -> Mapping[str, pl.Series]:
        """The metrics of known phrases, by name."""
        return phrase_metrics(self.clips.texts, self.normal_key, self.settings.phrases)

    @cached_property
    def agreement(self) -> Mapping[str, pl.Series]:
        """The metrics of predictions, by name; none where no row has a prediction."""
        clips, counts = self.clips, self.counts
        if clips.predicted is None:
            return {}
        from curate.metrics.compute.agreement import agreement

        normaliser = self.settings.normaliser
        return agreement(
            clips.texts, clips.predicted, counts.words, counts.chars, normaliser, self.lang
        )

    @cached_property
    def consensus(self) -> Mapping[str, pl.Series]:
        """The metrics of a second prediction, by name; none where no row has one."""
        clips, second = self.clips, self.clips.predicted_2
        if second is None:
            return {}
        from curate.metrics.compute.consensus import consensus

        return consensus(clips.texts, clips.predicted, second, self.settings.normaliser, self.lang)

    def score(self, name: str) -> pl.Series | None:
        """A number that a model gave each row; None where it gave none to any."""
        if self.clips.scores is None:
            return None
        return pl.Series(self.clips.scores[name], nan_to_null=True)

    @property
    def translation_ratio(self) -> pl.Series | None:
        """Characters of the longer of source and target over the shorter's; None without both."""
        other, translated = self.clips.other_side, self.clips.translation
        if other is None or translated is None:
            return None
        other_chars = count_codes(other.data, other.start, other.length)
        other_chars[~translated] = 0
        chars = self.counts.chars
        return share(np.maximum(chars, other_chars), np.minimum(chars, other_chars))

    @property
    def compression_ratio(self) -> pl.Series:
        """Bytes over compressed bytes, as Whisper computes it; null for empty texts."""
        texts = self.clips.texts
        whole = texts.data.data
        places = zip(texts.start.tolist(), texts.length.tolist(), strict=True)
        ratios = [
            length / len(zlib.compress(whole[start : start + length])) if length else None
            for start, length in places
        ]
        return pl.Series(ratios, dtype=pl.Float64)

    @cached_property
    def ngrams(self) -> Mapping[int, pl.Series]:
        """By length in words: the share of characters that the most repeated phrase covers."""
        texts = self.clips.texts
        chars = np.where(self.spaceless, 0, self.counts.chars_nospace)
        covered = ngrams.covered(texts.data, texts.start, texts.length)
        return {
            size: share(np.where(counts >= 0, np.minimum(counts, chars), counts), chars)
            for size, counts in zip(ngrams.SIZES, covered, strict=True)
        }

    @cached_property
    def token_counts(self) -> Mapping[str, pl.Series]:
        """The metrics of tokens, by name; none without a tokenizer."""
        tokenizer = self.settings.tokenizer
        if tokenizer is None:
            return {}
        return tokens(self.clips.texts, self.lang, self.duration_s, tokenizer)

    @cached_property
    def language(self) -> Mapping[str, pl.Series]:
        """The language metrics and the detected language, by name."""
        return language(self.clips.texts, self.counts.letters, self.lang)

    @property
    def near_keys(self) -> pl.Series:
        """The bands of each text's MinHash."""
        return near_keys(self.clips.texts, self.spaceless)
