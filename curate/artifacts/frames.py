"""The types that flow along the arrows of docs/adr/0001: thin, frozen, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import RECORD, Column
from curate.artifacts.text_codes import text_codes


@dataclass(frozen=True, slots=True)
class Spans:
    """Texts as pieces of one byte buffer: text i is data[start[i] : start[i] + length[i]].

    All of it valid UTF-8. No Python string is made until one is requested.
    """

    data: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        assert self.start.size == self.length.size

    @classmethod
    def of(cls, texts: Sequence[str]) -> Spans:
        """The spans of a few Python strings."""
        encoded = [text.encode() for text in texts]
        length = np.array([len(text) for text in encoded], np.int64)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum(length) - length, length)

    def decode(self, row: int) -> str:
        """Text `row` as a Python string."""
        first = int(self.start[row])
        return self.data[first : first + int(self.length[row])].tobytes().decode()


@dataclass(frozen=True, slots=True)
class Clips:
    """A batch of input lines: the RECORD columns (and fields requested), and their texts.

    A malformed row has a reason in MALFORMED, an empty text span and null fields. `predicted` is
    the hypothesis of a recogniser (length -1: nothing is known of that row), `translation` whether
    the text is in another language than the speech, `other_side` what such a text translates or is
    translated into (length 0: not known), `offset_fault` whether the offset is negative or no
    number, `rate_beside_offset` whether the row gives an offset and a sampling rate, `scores` the
    numbers that a model gave the row, by name (NaN where it gave none), `predicted_2` a second
    recogniser's hypothesis; None where no row says such a thing. `languages` are those of the
    frame's rows, where the reader has numbered them.
    """

    frame: pl.DataFrame
    texts: Spans
    predicted: Spans | None = None
    translation: npt.NDArray[np.bool_] | None = None
    other_side: Spans | None = None
    offset_fault: npt.NDArray[np.bool_] | None = None
    rate_beside_offset: npt.NDArray[np.bool_] | None = None
    scores: Mapping[str, npt.NDArray[np.float64]] | None = None
    predicted_2: Spans | None = None
    languages: Languages | None = None

    def __post_init__(self) -> None:
        assert self.frame.height == self.texts.start.size
        assert self.frame.columns[: len(RECORD)] == [column.name for column in RECORD]


Number = TypeVar("Number", bound=np.generic)


class Languages(NamedTuple):
    """The languages that rows declare: each one's name once, None last, and whose each row is."""

    names: Sequence[str | None]
    of: npt.NDArray[np.int64]

    @classmethod
    def declared(cls, lang: pl.Series) -> Languages:
        """Of a column of names."""
        names, codes = text_codes(lang)
        return cls([*names, None], codes)

    def values(
        self, value: Callable[[str | None], int], dtype: type[Number]
    ) -> npt.NDArray[Number]:
        """`value` of each row's language, computed once per language."""
        row_values: npt.NDArray[Number] = np.array([*map(value, self.names)], dtype).take(self.of)
        return row_values


def check_columns(frame: pl.LazyFrame, columns: Sequence[Column]) -> None:
    """Assert, without reading a row, that the frame has these columns with their types."""
    schema = frame.collect_schema()
    for column in columns:
        assert schema.get(column.name) == column.dtype, (
            f"{column.name}: {schema.get(column.name)} where {column.dtype} is due"
        )
