"""The library: light to import, and of one meaning with the command line."""

from __future__ import annotations

import doctest
import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
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
    heavy = "polars duckdb numpy pydantic typer"
    code = f"import curate, sys; dir(curate); print(set({heavy.split()}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_the_library_offers_is_there_and_nothing_else() -> None:
    for name in curate.__all__:
        assert callable(getattr(curate, name)), name
        assert find_spec(f"curate.{name}") is None, f"{name} is a module too"
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
    tagged = curate.apply_rules(curate.measure(pl.DataFrame(ROWS, strict=False)))
    assert_frame_equal(tagged.select(names), made.records().select(names).collect())
    assert made.totals.rows == tagged.height == 6
    assert {name: amount.rows for name, amount in made.verdicts.items()} == {
        "clean": 1, "borderline": 0, "unknown": 0, "bad": 2, "untranscribed": 1, "skipped": 0,
        "malformed": 2,
    }  # fmt: skip
    assert curate.read_profile(tmp_path / "out") == made
    assert curate.profile(str(path), out=tmp_path / "out", by=["lang"]) == made


FRAME = pl.DataFrame(
    {"id": [7, 8, 9], "duration": [1.0, 2.0, None], "text": ["x" * 40, "two words", "no time"]}
)
ADDED = ["verdict", "tags", "reason"]


def test_rules_add_columns_to_a_polars_frame() -> None:
    tagged = curate.apply_rules(FRAME)
    assert tagged.columns == [*FRAME.columns, *ADDED]
    assert_frame_equal(tagged.drop(ADDED), FRAME)
    assert tagged["verdict"].to_list() == ["bad", "clean", "malformed"]
    assert tagged["tags"][0].to_list()[0] == "bad:char_rate"
    assert_frame_equal(curate.apply_rules(FRAME.lazy()).collect(), tagged)
    assert_frame_equal(curate.apply_rules(FRAME.to_dict(as_series=False)), tagged)


def test_rules_add_columns_to_a_pandas_frame_and_keep_its_index() -> None:
    pytest.importorskip("pyarrow")
    pd = pytest.importorskip("pandas")
    frame = FRAME.to_pandas().set_index(pd.Index(["c", "a", "b"]))
    tagged = curate.apply_rules(frame)
    assert type(tagged) is pd.DataFrame
    assert list(tagged.columns) == [*FRAME.columns, *ADDED]
    assert list(tagged.index) == ["c", "a", "b"]
    assert list(tagged["verdict"]) == ["bad", "clean", "malformed"]
    assert list(tagged["tags"]["a"]) == []
    pd.testing.assert_frame_equal(tagged[FRAME.columns], frame)


def test_rules_add_columns_to_an_arrow_table() -> None:
    pa = pytest.importorskip("pyarrow")
    tagged = curate.apply_rules(FRAME.to_arrow())
    assert isinstance(tagged, pa.Table)
    verdicts = curate.apply_rules(FRAME)
    assert_frame_equal(pl.DataFrame(tagged).cast(verdicts.schema), verdicts)


def test_rules_take_metrics_that_were_measured() -> None:
    measured = curate.measure(FRAME).with_columns(char_rate=pl.lit(99.0))
    assert curate.apply_rules(measured)["verdict"].to_list() == ["bad", "bad", "malformed"]


@pytest.mark.parametrize("name", ADDED)
def test_rules_overwrite_no_column_of_the_caller(name: str) -> None:
    with pytest.raises(ConfigError, match=f"frame: has a column '{name}' already"):
        curate.apply_rules(FRAME.with_columns(pl.lit("mine").alias(name)))


def test_no_rows_is_no_fault() -> None:
    empty = FRAME.clear()
    assert curate.apply_rules(empty).schema == curate.apply_rules(FRAME).schema
    assert curate.measure(empty).schema == curate.measure(FRAME).schema


def test_faults_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'duration'(.|\n)*'text'"):
        curate.measure({"audio_filepath": ["a"]})
    with pytest.raises(ConfigError, match="is not a table"):
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
    made = curate.profile(folder / "m.jsonl", out=folder / "profile")
    assert str(made).startswith(f"Profile {folder / 'profile'}: 5 rows, 30 s (")
    shown = made._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "5 rows, 30 s" in shown
    assert "<td>char_rate</td><td>characters/s</td>" in shown
    assert "<td>words</td>" not in shown, "a metric that does not vary says nothing"
