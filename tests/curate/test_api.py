"""The library: light to import, and of one meaning with the command line."""

from __future__ import annotations

import doctest
import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import curate
from curate.errors import ConfigError, InputError
from curate.metrics import chosen

ROWS: dict[str, list[object]] = {
    "audio_filepath": ["a.wav", "b.wav", "c.wav", "", "e.wav", "f.wav"],
    "duration": [2.0, 0.5, float("nan"), 1.0, 3.0, 1.0],
    "text": ["two words", "x" * 40, "no time", "no file", None, "na " * 20],
    "lang": ["en", None, "de", "de", "de", "zh"],
}


def test_every_doctest_holds(root: Path) -> None:
    files = [file for file in (root / "curate").rglob("*.py") if ">>>" in file.read_text()]
    assert len(files) >= 4
    for file in files:
        name = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        done = doctest.testmod(importlib.import_module(name))
        assert (done.failed, done.attempted > 0) == (0, True), name


def test_import_is_light() -> None:
    heavy = "polars duckdb numba numpy pydantic typer"
    code = f"import curate, sys; dir(curate); print(set({heavy.split()}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_profile_is_callable_whatever_was_imported_first() -> None:
    importlib.import_module("curate.profiles.summary")
    assert callable(curate.profile)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        curate.nonsense  # noqa: B018


def test_a_frame_is_measured_as_its_manifest(tmp_path: Path, manifest: Callable[..., Path]) -> None:
    keys, columns = list(ROWS), list(ROWS.values())
    rows = [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]
    path = manifest(*(json.dumps(row).replace("NaN", "null") for row in rows))
    made = curate.profile([path], out=tmp_path / "out", by=["lang"])
    names = [
        *(metric.name for metric in chosen()),
        "malformed",
        "lang",
        "verdict",
        "tags",
        "reason",
    ]
    judged = curate.judge(pl.DataFrame(ROWS, strict=False))
    assert_frame_equal(judged.select(names), made.records().select(names).collect())
    assert made.totals.rows == judged.height == 6
    assert {name: amount.rows for name, amount in made.verdicts.items()} == {
        "clean": 1, "borderline": 0, "unknown": 0, "bad": 2, "skipped": 0, "malformed": 3,
    }  # fmt: skip
    assert curate.read_profile(tmp_path / "out") == made
    assert curate.profile(str(path), out=tmp_path / "out", by=["lang"]) == made


@pytest.mark.parametrize("kind", ["pandas", "pyarrow", "lazy", "measured"])
def test_tables_of_all_kinds(kind: str) -> None:
    frame = pl.DataFrame({"duration": [1, 2], "text": ["one", "two words"]})
    if kind in {"pandas", "pyarrow"}:
        pytest.importorskip("pyarrow")
        pytest.importorskip(kind)
    given = {
        "pandas": lambda: frame.to_pandas(),  # type: ignore[no-untyped-call]
        "pyarrow": lambda: frame.to_arrow(),
        "lazy": lambda: frame.lazy(),
        "measured": lambda: curate.measure(frame),
    }[kind]()
    assert_frame_equal(curate.judge(given), curate.judge(frame))
    assert curate.judge(given)["words"].to_list() == [1, 2]


def test_no_rows_is_no_fault() -> None:
    empty: dict[str, list[object]] = {"duration": [], "text": []}
    assert curate.judge(empty).schema == curate.judge({"duration": [1.0], "text": ["x"]}).schema


def test_faults_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'duration'(.|\n)*'text'"):
        curate.measure({"audio_filepath": ["a"]})
    with pytest.raises(ConfigError, match="is no table"):
        curate.measure(3)
    with pytest.raises(InputError, match=r"holds no records|there is no"):
        curate.read_profile(tmp_path)


def test_a_notebook_shows_a_profile_and_runs_nothing_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "<script>alert(1)"
    folder.mkdir()
    lines = [
        f'{{"audio_filepath": "{n}.wav", "duration": {n + 4}, "text": "so it was"}}'
        for n in range(5)
    ]
    (folder / "m.jsonl").write_text("\n".join(lines))
    shown = curate.profile(folder / "m.jsonl", out=folder / "profile")._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "5 rows, 30 s" in shown
    assert "<td>char_rate</td><td>characters/s</td>" in shown
    assert "<td>words</td>" not in shown, "a metric that does not vary says nothing"
