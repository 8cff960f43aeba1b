"""Stored tables of characters are those that the code computes, for every Python that has them."""

from __future__ import annotations

import inspect
import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.text import forms, scripts, stored, unicode

MODULES = (unicode, forms, scripts)
VERSIONS = {"14.0.0", "15.0.0", "15.1.0"}
"""Of Python 3.11, 3.12 and 3.13."""
HINT = "write them again: PYTHONPATH=. python docs/unicode_tables.py, with each Python"


def names(folder: Path, version: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob(f"*-{version}.npy")}


def test_the_files_are_what_the_code_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = unicodedata.unidata_version
    shipped = names(stored.FOLDER, version)
    monkeypatch.setattr(stored, "FOLDER", tmp_path / "tables")
    for module in MODULES:
        module.store()
    computed = names(tmp_path / "tables", version)
    assert len(computed) == len(MODULES)
    # A Python of another Unicode has none stored: it computes them, as the last test holds.
    assert shipped == (computed if version in VERSIONS else {}), HINT


def test_every_version_has_all_of_them() -> None:
    files = [re.fullmatch(r"(\w+)-([\d.]+)\.npy", path.name) for path in stored.FOLDER.iterdir()]
    pairs = {(match[1], match[2]) for match in files if match}
    versions = {version for _, version in pairs}
    assert versions == VERSIONS
    assert len(pairs) == len(files) == len(MODULES) * len(versions)


def test_a_python_of_another_unicode_computes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = unicode.tables(), forms.forms(), scripts.script_table()
    monkeypatch.setattr(stored, "FOLDER", tmp_path / "none")
    made = (inspect.unwrap(each) for each in (unicode.tables, forms.forms))
    computed = (*(make() for make in made), scripts.script_table.__wrapped__())
    pairs: list[tuple[stored.Array, stored.Array]] = [
        (getattr(one, field), getattr(other, field))
        for one, other, fields in (
            (read[0], computed[0], unicode.Tables._fields),
            (read[1], computed[1], forms.Forms._fields),
        )
        for field in fields
    ]
    pairs.append((read[2], computed[2]))
    for one, other in pairs:
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
        assert one.flags.c_contiguous


@given(st.lists(st.integers(0, 3), min_size=1))
def test_runs_read_back(values: list[int]) -> None:
    table = np.array(values, np.uint32)
    assert stored.of_runs(*stored.runs_of(table)).tolist() == values
    shifts = stored.shifts_of(table)
    assert (shifts + np.arange(table.size, dtype=np.uint32)).tolist() == values


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3) | st.integers(2046, 2050))))
def test_long_runs_read_back(runs: list[tuple[int, int]]) -> None:
    values = [value for value, length in [(1, 1), *runs] for _ in range(length)]
    table = np.array(values, np.uint16)
    again = stored.of_runs(*stored.runs_of(table))
    assert again.dtype == table.dtype
    assert again.tolist() == values
