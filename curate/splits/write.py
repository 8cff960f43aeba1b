"""Copy each line to the file of its split: byte for byte, unless a change of it is requested, or
NeMo would misread it as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    REASON,
    SOURCE,
    TAGS,
    VERDICT,
    record_id,
)
from curate.artifacts.profile import Input
from curate.manifest.lines import unchanged_portions
from curate.manifest.origin import Origin, Portion
from curate.profiles.opened import origin_of
from curate.splits.line_edits import (
    AS_THEY_ARE,
    LineMarks,
    changes,
    filled,
    is_unmarked,
    spliced,
    unrated,
)

Offsets = npt.NDArray[np.int64]


def write_lines(
    rows: pl.DataFrame,
    outputs: Sequence[str],
    inputs: Mapping[str, Input],
    folder: Path,
    marks: LineMarks = AS_THEY_ARE,
) -> None:
    """Write `OUTPUT.jsonl` for each output: its rows' lines in input order.

    They are the original lines where those are NeMo's, else the records as NeMo lines; with what
    `marks` add, corrected texts where `rows` has them, and without a sampling rate beside an offset
    (see `curate.splits.line_edits`). `rows` has
    source, byte_offset, byte_length and split; `inputs` are profile.json's by source. Every line
    ends in a newline. Raises InputError where a source is no longer what was profiled.
    """
    with ExitStack() as stack:
        files = [stack.enter_context((folder / f"{name}.jsonl").open("wb")) for name in outputs]
        numbers = {name: number for number, name in enumerate(outputs)}
        for (source,), part in rows.group_by(SOURCE.name, maintain_order=True):
            to = part["split"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy()
            entry = inputs[str(source)]
            _route_source(origin_of(entry), entry.fingerprint, part, to, marks, files)


def _route_source(
    origin: Origin,
    expected: str,
    rows: pl.DataFrame,
    to: Offsets,
    marks: LineMarks,
    files: Sequence[IO[bytes]],
) -> None:
    places = rows.select(BYTE_OFFSET.name, BYTE_LENGTH.name).to_numpy()
    at = 0
    for portion in unchanged_portions(origin, expected):
        upto = int(np.searchsorted(places[:, 0], _end(portion)))
        data, starts, lengths = _lines_of(portion, places[at:upto])
        changed = changes(rows[at:upto], marks)
        if changed is None:
            _copy(data, starts, lengths, to[at:upto], files)
        else:
            _write_changed(data, starts, lengths, to[at:upto], changed, files)
        at = upto


def _copy(
    data: bytes, starts: Offsets, lengths: Offsets, to: Offsets, files: Sequence[IO[bytes]]
) -> None:
    for first, last, number in _runs(starts, lengths, to):
        end = int(starts[last] + lengths[last])
        file = files[number]
        file.write(data[int(starts[first]) : end])
        file.write(b"\n")


def _write_changed(
    data: bytes,
    starts: Offsets,
    lengths: Offsets,
    to: Offsets,
    changed: pl.DataFrame,
    files: Sequence[IO[bytes]],
) -> None:
    ends = (starts + lengths).tolist()
    parts: list[list[bytes]] = [[] for _ in files]
    simple = is_unmarked(data)
    for start, end, number, (ending, text, slots, loses_rate) in zip(
        starts.tolist(), ends, to.tolist(), changed.iter_rows(), strict=True
    ):
        plain = text is None and slots is None and not loses_rate
        if simple and ending is not None and plain:
            # As `spliced` has it, without a call for each of millions of lines.
            brace = data.rindex(b"}", start, end)
            parts[number] += (data[start:brace], b", ", ending.encode(), data[brace:end], b"\n")
            continue
        line = unrated(data[start:end]) if loses_rate else data[start:end]
        if ending is not None or text is not None:
            line = spliced(line, ending, text)
        if slots is not None:
            line = filled(line, slots or None)
        parts[number].append(line + b"\n")
    for file, lines in zip(files, parts, strict=True):
        file.write(b"".join(lines))


def _end(portion: Portion) -> int:
    """The byte offset behind the portion's last record."""
    if portion.copied is not None:
        return portion.copied.byte_offset + len(portion.copied.data)
    assert portion.places is not None
    last = portion.places.byte_offset[-1:]
    return int(last[0]) + 1 if last.size else 0


def _lines_of(portion: Portion, places: Offsets) -> tuple[bytes, Offsets, Offsets]:
    """Bytes that hold the lines to write for records at these places, and where they begin."""
    if portion.copied is not None:
        return portion.copied.data, places[:, 0] - portion.copied.byte_offset, places[:, 1]
    known = portion.places
    assert known is not None
    rows = np.searchsorted(known.byte_offset, places[:, 0])
    return portion.chunk.data, known.start[rows], known.length[rows]


def _runs(starts: Offsets, lengths: Offsets, to: Offsets) -> list[tuple[int, int, int]]:
    """(first row, last row, output) of neighbouring lines that go to the same output."""
    if not starts.size:
        return []
    adjacent = starts[1:] == starts[:-1] + lengths[:-1] + 1
    breaks = np.flatnonzero(~adjacent | (to[1:] != to[:-1]))
    firsts = np.concatenate([[0], breaks + 1])
    lasts = np.concatenate([breaks, [starts.size - 1]])
    return list(zip(firsts.tolist(), lasts.tolist(), to[firsts].tolist(), strict=True))


def write_reasons(rows: pl.DataFrame, reasons: pl.Series, name: str, folder: Path) -> None:
    """`NAME.reasons.jsonl`, line for line with NAME.jsonl: id, verdict, tags, reason.

    `reasons` stand row for row with `rows`.
    """
    row_numbers = (rows["split"] == name).arg_true()
    chosen = rows.select(record_id(), VERDICT.expr.cast(pl.String), TAGS.expr)[row_numbers]
    with (folder / f"{name}.reasons.jsonl").open("w", encoding="utf-8") as file:
        for row, reason in zip(
            chosen.iter_rows(named=True), reasons.gather(row_numbers), strict=True
        ):
            file.write(json.dumps({**row, REASON.name: reason}, ensure_ascii=False) + "\n")
