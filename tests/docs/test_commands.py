"""The figures of whole commands: as recorded in commands.json, in README, its picture, results."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import polars as pl
import pytest

from benchmarks import peers
from benchmarks.command_figures import (
    PROFILE,
    Figure,
    Figures,
    State,
    draw_picture,
    format_seconds,
    read_figures,
    readme_lines,
    result_lines,
)
from benchmarks.corpus import make
from benchmarks.processes import measure
from tests.profiling import write_profile

SECONDS: Mapping[str, float] = {PROFILE: 2.04, "curate head": 0.351, "pandas": 12.4, "slow": 141.7}
"""Commands of an invented run; the last two are peers."""
STATES: tuple[State, ...] = ("first", "cold", "warm")


@pytest.fixture(scope="module")
def figures() -> Figures:
    """An invented run on two sizes, of which the larger has no `slow`."""
    return Figures(
        processors=2, machine="Linux", load=0.1, resident_share=0.0, versions={"polars": "2.1"},
        figures=tuple(
            Figure(
                command=name, peer=name in {"pandas", "slow"}, rows=rows, state=state, runs=3,
                clock_s=seconds, processor_s=2 * seconds, anonymous_mib=100.0,
            )
            for rows, state, (name, seconds) in product((100, 1_000_000), STATES, SECONDS.items())
            if rows == 100 or name != "slow"
        ),
    )  # fmt: skip


def test_the_recorded_figures_are_those_of_readme_and_results(root: Path) -> None:
    recorded = read_figures()
    if recorded is None:
        pytest.skip("nothing is recorded: python -m benchmarks.commands --write")
    for name, lines in (
        ("README.md", readme_lines(recorded)),
        ("benchmarks/results.md", result_lines(recorded)),
    ):
        assert "\n".join(lines) in (root / name).read_text(encoding="utf-8"), name
    picture = root / "docs" / "images" / "commands.svg"
    assert picture.read_text(encoding="utf-8") == draw_picture(recorded)
    assert PROFILE in recorded.commands(peers=False)
    assert len(recorded.commands(peers=True)) >= 5


def test_readme_shows_seconds_and_an_empty_cell_for_what_was_not_run(figures: Figures) -> None:
    lines = list(readme_lines(figures))
    assert lines[0].endswith("(docs/images/commands.svg)")
    assert f"| {PROFILE} | 2.0 | 2.0 |" in lines
    assert "| slow | 142 |  |" in lines


def test_the_results_have_a_table_for_each_size_and_one_of_first_runs(figures: Figures) -> None:
    text = "\n".join(result_lines(figures))
    assert re.findall("^### (.*)$", text, re.MULTILINE) == [
        "100 rows",
        "1,000,000 rows",
        "First runs, the fewest rows",
    ]
    assert "| curate head | 0.35 | 0.70 | 0.35 | 0.70 | 100 |" in text


def test_the_picture_stands_alone_and_has_a_bar_for_each_command(figures: Figures) -> None:
    text = draw_picture(figures)
    tree = ET.fromstring(text)
    words = [element.text for element in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert [words.count(name) for name in SECONDS] == [2, 1, 1, 0]
    assert words.count(format_seconds(SECONDS["pandas"])) == 1
    assert "prefers-color-scheme:dark" in text
    assert "href" not in text


def test_a_bar_of_many_times_the_others_is_broken(figures: Figures) -> None:
    small = figures.model_copy(
        update={"figures": tuple(each for each in figures.figures if each.rows == 100)}
    )
    assert "s-paper" in draw_picture(small).partition("</style>")[2]
    assert "s-paper" not in draw_picture(figures).partition("</style>")[2]


CHILD = "import time; pages = bytearray(64 << 20); sum(range(3_000_000)); time.sleep(0.3)"


def test_a_command_costs_what_its_children_cost() -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{CHILD}'])"
    cost = measure([sys.executable, "-c", code])
    assert cost.anonymous_mib > 64
    assert cost.clock_s > 0.3
    assert cost.processor_s > 0.03


def test_a_command_that_fails_ends_the_bench_with_its_last_words() -> None:
    with pytest.raises(SystemExit, match=r"(?s)exit 3: .*\nwhy"):
        measure([sys.executable, "-c", "print('why'); raise SystemExit(3)"])


@pytest.mark.parametrize(
    ("script", "file", "metrics"),
    [
        (peers.polars_script, "polars", ["char_rate", "word_len", "repetitions"]),
        (peers.polars_function_script, "polars_function", ["char_rate", "word_len", "repetitions"]),
        (peers.duckdb_script, "duckdb", ["char_rate", "word_len"]),
    ],
)
def test_a_script_by_hand_computes_what_a_profile_has(
    script: peers.Script, file: str, metrics: list[str], tmp_path: Path
) -> None:
    manifest = make(tmp_path / "m.jsonl", 600)
    (tmp_path / "profile").mkdir()
    write_profile([str(manifest)], tmp_path / "profile")
    script(manifest, tmp_path)
    records = pl.read_parquet(tmp_path / "profile" / "records.parquet").sort("line")
    by_hand = pl.read_parquet(tmp_path / f"{file}.parquet")
    for metric in metrics:
        assert records[metric].to_list() == by_hand[metric].to_list()


def test_the_bench_runs(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.commands", "--rows", "100", "--repeat", "1"]
    done = subprocess.run(
        [*command, "--states", "warm", "--only", "head", "pandas"],
        cwd=root, env={"TMPDIR": str(tmp_path), "PATH": ""}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "| curate head (one run) |" in done.stdout
    assert "| pandas |" in done.stdout
