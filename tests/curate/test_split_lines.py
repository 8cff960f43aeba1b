"""Lines packed by output are those that a loop over the rows writes one by one."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.profile import Input
from curate.manifest.lines import fingerprint
from curate.manifest.nemo import chunk_digest
from curate.manifest.origins import COPIED
from curate.splits.line_edits import LineMarks, changes, spliced
from curate.splits.write import _holds, read_lines

LINES = st.sampled_from(
    ['{"text": "a"}', '{"text": "}", "x": {}}  ', '{"text": "ü"}\r', '{"_curate": 1, "text": "b"}']
)
ROWS = st.lists(
    st.tuples(
        LINES,
        st.sampled_from(["train", "eval", "elsewhere"]),
        st.sampled_from([None, "not a record"]),
        st.lists(st.sampled_from(["slow", '"'])),
    ),
    min_size=1,
    max_size=12,
)


def _frame(path: Path, rows: list[tuple[str, str, str | None, list[str]]]) -> pl.DataFrame:
    sizes = np.array([len(line.encode()) for line, *_ in rows], np.int64)
    return pl.DataFrame(
        {
            "source": [str(path)] * len(rows),
            "line": range(1, len(rows) + 1),
            "byte_offset": np.cumsum(sizes + 1) - sizes - 1,
            "byte_length": sizes,
            "split": [row[1] for row in rows],
            "malformed": [row[2] for row in rows],
            "tags": [row[3] for row in rows],
            "verdict": ["clean"] * len(rows),
            "lang": ["en"] * len(rows),
            "rate_beside_offset": [0] * len(rows),
        },
        schema_overrides={"malformed": pl.String, "tags": pl.List(pl.String)},
    )


def _input(path: Path) -> Input:
    data = path.read_bytes()
    return Input(
        source=str(path),
        folder=str(path.parent),
        format="nemo",
        beside={},
        added={},
        copied=COPIED,
        bytes=len(data),
        rows=data.count(b"\n"),
        blank_lines=0,
        fingerprint=fingerprint([chunk_digest(data)]),
    )


@given(ROWS, st.booleans())
@settings(deadline=None, max_examples=40)
def test_packed_lines_are_those_written_one_by_one(
    rows: list[tuple[str, str, str | None, list[str]]], tags: bool
) -> None:
    marks = LineMarks(tags=tags)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "m.jsonl"
        path.write_bytes(b"".join(line.encode() + b"\n" for line, *_ in rows))
        frame = _frame(path, rows)
        parts = list(read_lines(frame, ["eval", "train"], {str(path): _input(path)}, marks))
    packed = [b"".join(part[output] for part in parts) for output in (0, 1)]
    changed = changes(frame, marks)
    endings = [None] * len(rows) if changed is None else changed["ending"].to_list()
    expected = {"eval": b"", "train": b"", "elsewhere": b""}
    for (line, split, *_), ending in zip(rows, endings, strict=True):
        expected[split] += spliced(line.encode(), ending, None) if ending else line.encode()
        expected[split] += b"\n"
    assert packed == [expected["eval"], expected["train"]]


@pytest.mark.parametrize(
    "data",
    [b"", b"_", b'"', b'"_curate', b'"_curate"', b'x"_curate"', b'_curate"', b'__"_"_curate"y',
     b'"_curatf"_curate_"', b'"_skipme"'],
)  # fmt: skip
@pytest.mark.parametrize("word", [b'"_curate"', b'"_skipme"', b'"_'])
def test_a_word_is_held_as_python_says(data: bytes, word: bytes) -> None:
    held = _holds(np.frombuffer(data, np.uint8), np.frombuffer(word, np.uint8))
    assert held == (word in data)
