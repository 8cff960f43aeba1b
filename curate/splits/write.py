"""Copy each line to the file of its split: byte for byte, unless a change of it is requested, or
NeMo would misread it as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from curate.arrays import Bytes, Int16s, Int64s
from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    LINE,
    REASON,
    SOURCE,
    TAGS,
    VERDICT,
    record_id,
)
from curate.artifacts.profile import Input
from curate.manifest.lines import is_plain, lines_at, unchanged_portions
from curate.manifest.origin import Portion
from curate.manifest.origins import COPIED
from curate.native import kernel
from curate.profiles.opened import origin_of
from curate.splits.codes import CODED, numbered
from curate.splits.line_edits import (
    AS_THEY_ARE,
    FIX_NAMES,
    MARKED,
    NEEDED,
    LineMarks,
    changes,
    filled,
    spliced,
    trimmed,
    unrated,
)
from curate.splits.records import StoredRecords

_FEW: Final = 8
"""Lines are looked up one by one where they are fewer than one in so many of their source."""
_LOOKED_UP: Final = 1 << 14
"""Lines that are looked up at a time."""


_OUTPUT: Final = "_output"
"""A row's output, by its number; -1 where it has none."""


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines as stretches of `data`, and the JSON members that each gets: stretches of `added`, one
    behind the other.
    """

    data: Bytes
    starts: Int64s
    lengths: Int64s
    added: Bytes
    added_lengths: Int64s

    @classmethod
    def of(cls, data: bytes, starts: Int64s, lengths: Int64s) -> _Lines:
        """Lines that get nothing."""
        nothing = np.zeros(starts.size, np.int64)
        return cls(
            np.frombuffer(data, np.uint8),
            starts.astype(np.int64),
            lengths.astype(np.int64),
            np.empty(0, np.uint8),
            nothing,
        )


def write_lines(
    rows: pl.DataFrame,
    outputs: Sequence[str],
    inputs: Mapping[str, Input],
    folder: Path,
    marks: LineMarks = AS_THEY_ARE,
) -> None:
    """Write `OUTPUT.jsonl` for each output: its rows' lines in input order, as `read_lines` has
    them.
    """
    with ExitStack() as stack:
        files = [stack.enter_context((folder / f"{name}.jsonl").open("wb")) for name in outputs]
        for parts in read_lines(rows, outputs, inputs, marks):
            for file, lines in zip(files, parts, strict=True):
                file.write(lines)


def read_lines(
    rows: pl.DataFrame,
    outputs: Sequence[str],
    inputs: Mapping[str, Input],
    marks: LineMarks = AS_THEY_ARE,
) -> Iterator[list[memoryview]]:
    """The lines of each output in input order, a few MB of the inputs at a time.

    They are the original lines where those are NeMo's, else the records as NeMo lines; with what
    `marks` add, corrected texts where `rows` has them, and without a sampling rate beside an offset
    (see `curate.splits.line_edits`). `rows` has source, byte_offset, byte_length and split, those
    of a source in the order of their places; rows of other splits are passed over. `inputs` are
    profile.json's by source. Every line ends in a newline. Raises InputError where a source is no
    longer what was profiled; of one that few lines are requested of, only these are read.
    """
    output_of = pl.Series(_OUTPUT, _numbers_of(rows["split"], outputs))
    rows = rows.select(*(name for name in NEEDED if name in rows.columns), output_of)
    count, first = len(outputs), 0
    for height, source in rows[SOURCE.name].rle().struct.unnest().iter_rows():
        part, entry = rows[first : first + height], inputs[str(source)]
        chosen = (part[_OUTPUT] >= 0).arg_true()
        is_few = _FEW * chosen.len() < height and entry.copied == COPIED
        if is_few and is_plain(origin_of(entry)):
            yield from _look_up(part[chosen], entry, count, marks)
        else:
            yield from _pass_by(part, entry, count, marks)
        first += height


def _numbers_of(split: pl.Series, outputs: Sequence[str]) -> Int16s:
    """The number of each row's output; -1 where it is none of them."""
    split = split.cast(CODED)
    values, numbers = split.unique(), numbered(split)
    of_number = np.full(int(numbers.max(initial=0)) + 1, -1, np.int16)
    for value, number in zip(values, numbered(values), strict=True):
        if value in outputs:
            of_number[number] = outputs.index(value)
    return of_number[numbers]


def _pass_by(
    rows: pl.DataFrame, entry: Input, count: int, marks: LineMarks
) -> Iterator[list[memoryview]]:
    """The lines of a source while all of it is read: InputError where it is another by now."""
    offsets = rows[BYTE_OFFSET.name].to_numpy()
    at = 0
    for portion in unchanged_portions(origin_of(entry), entry.fingerprint):
        upto = int(np.searchsorted(offsets, _end(portion)))
        part = rows[at:upto]
        chosen = (part[_OUTPUT] >= 0).arg_true()
        if chosen.len() < part.height:
            part = part[chosen]
        yield _route(_lines_of(portion, part), part, count, marks)
        at = upto


def _look_up(
    rows: pl.DataFrame, entry: Input, count: int, marks: LineMarks
) -> Iterator[list[memoryview]]:
    """The lines of a plain source, read at their places."""
    for part in rows.iter_slices(_LOOKED_UP):
        lengths = part[BYTE_LENGTH.name].to_numpy().astype(np.int64)
        offsets = part[BYTE_OFFSET.name].to_numpy().astype(np.int64)
        data, starts = lines_at(origin_of(entry), offsets, lengths)
        lines = _Lines.of(data, starts, lengths)
        yield _route(lines, part, count, marks)


def _route(lines: _Lines, rows: pl.DataFrame, count: int, marks: LineMarks) -> list[memoryview]:
    """The lines of each of `count` outputs; `rows` are those of the lines."""
    outputs = rows[_OUTPUT].to_numpy()
    changed = changes(rows, marks)
    if changed is not None:
        lines = _changed(lines, changed)
    sizes = lines.lengths + 1 + np.where(lines.added_lengths > 0, lines.added_lengths + 2, 0)
    ends = np.cumsum(np.bincount(outputs, sizes, count)).astype(np.int64)
    first = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    out = np.empty(int(ends[-1]), np.uint8)
    _pack(
        lines.data, lines.starts, lines.lengths, outputs, lines.added, lines.added_lengths,
        first.copy(), out,
    )  # fmt: skip
    packed = memoryview(out)  # type: ignore[arg-type]
    return [packed[one:other] for one, other in zip(first, ends, strict=True)]


@kernel("routing")
def _pack(
    data: Bytes,
    starts: Int64s,
    lengths: Int64s,
    outputs: Int16s,
    added: Bytes,
    added_lengths: Int64s,
    places: Int64s,
    out: Bytes,
) -> None:
    """Copy each line, with what is added in front of its last brace, to the place where its
    output's next line goes.
    """
    raise NotImplementedError


@kernel("routing")
def _holds(data: Bytes, word: Bytes) -> bool:
    """Whether the data hold a word, of two bytes or more."""
    raise NotImplementedError


def _end(portion: Portion) -> int:
    """The byte offset behind the portion's last record."""
    if portion.copied is not None:
        return portion.copied.byte_offset + len(portion.copied.data)
    assert portion.places is not None
    last = portion.places.byte_offset[-1:]
    return int(last[0]) + 1 if last.size else 0


def _lines_of(portion: Portion, rows: pl.DataFrame) -> _Lines:
    """The lines to write for these rows of a portion."""
    offsets, lengths = rows[BYTE_OFFSET.name].to_numpy(), rows[BYTE_LENGTH.name].to_numpy()
    if portion.copied is not None:
        data = portion.copied.data
        starts = offsets - portion.copied.byte_offset
        inside = np.maximum(len(data) - starts, 0)  # a file that has shrunk is refused at its end
        return _Lines.of(data, starts, np.minimum(lengths, inside))
    known = portion.places
    assert known is not None
    at = np.searchsorted(known.byte_offset, offsets)
    return _Lines.of(portion.chunk.data, known.start[at], known.length[at])


def _changed(lines: _Lines, changed: pl.DataFrame) -> _Lines:
    """The lines with what `changes` has of them: endings to add, and lines to rewrite."""
    rewrite = pl.any_horizontal(pl.col(*FIX_NAMES, "slots").is_not_null()) | pl.col("unrated")
    if any(_holds(lines.data, np.frombuffer(name, np.uint8)) for name in MARKED):
        rewrite |= pl.col("ending").is_not_null()
    is_rewritten = changed.select(rewrite).to_series()
    endings = changed["ending"].fill_null("")
    if is_rewritten.any():
        endings = endings.zip_with(~is_rewritten, pl.Series([""]))
    added = np.frombuffer(endings.str.join("").cast(pl.Binary).item(), np.uint8)
    starts, lengths = lines.starts.copy(), lines.lengths.copy()
    rewritten = []
    end = lines.data.size
    for row in is_rewritten.arg_true():
        line = lines.data[starts[row] : starts[row] + lengths[row]].tobytes()
        rewritten.append(_rewritten(line, *changed.row(row)))
        starts[row], lengths[row] = end, len(rewritten[-1])
        end += len(rewritten[-1])
    sizes = endings.str.len_bytes().cast(pl.Int64).to_numpy()
    more = np.frombuffer(b"".join(rewritten), np.uint8)
    data = np.concatenate([lines.data, more]) if rewritten else lines.data
    return _Lines(data, starts, lengths, added, sizes)


def _rewritten(
    line: bytes,
    ending: str | None,
    text: str | None,
    offset_s: float | None,
    duration_s: float | None,
    slots: str | None,
    loses_rate: bool,
) -> bytes:
    if loses_rate:
        line = unrated(line)
    if offset_s is not None and duration_s is not None:
        line = trimmed(line, offset_s, duration_s)
    if ending is not None or text is not None:
        line = spliced(line, ending, text)
    return line if slots is None else filled(line, slots or None)


def write_reasons(split: pl.Series, stored: StoredRecords, name: str, folder: Path) -> None:
    """`NAME.reasons.jsonl`, line for line with NAME.jsonl: id, verdict, tags, reason.

    `split` is each record's, in the order of `stored`.
    """
    of_name = split == name
    names = (SOURCE.name, LINE.name, VERDICT.name, TAGS.name, REASON.name)
    with (folder / f"{name}.reasons.jsonl").open("w", encoding="utf-8") as file:
        for first, part in stored.parts(names, split.len()):
            chosen = part.filter(of_name.slice(first, part.height)).select(
                record_id(), VERDICT.expr.cast(pl.String), TAGS.expr, REASON.expr
            )
            file.writelines(
                json.dumps(row, ensure_ascii=False) + "\n" for row in chosen.iter_rows(named=True)
            )
